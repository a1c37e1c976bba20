#include "control/tombstones.h"

#include <utility>

namespace jvpn {
namespace {

constexpr Duration kKept = std::chrono::seconds(300);

}  // namespace

void Tombstones::Add(Tombstone tombstone) {
  if (by_age_.size() == capacity_) RemoveOldest();
  auto owned = std::make_unique<Tombstone>(std::move(tombstone));
  by_id_.emplace(owned->id, owned.get());
  for (std::size_t i = 0; i < owned->rx_indices.size(); ++i) {
    // An index that a later session had as well names the later one.
    by_index_[owned->rx_indices[i]] = Found{owned.get(), static_cast<TransportId>(i)};
  }
  by_age_.push_back(std::move(owned));
}

void Tombstones::RemoveOldest() {
  const Tombstone& oldest = *by_age_.front();
  by_id_.erase(oldest.id);
  for (const FlowIndex index : oldest.rx_indices) {
    const auto found = by_index_.find(index);
    if (found != by_index_.end() && found->second.tombstone == &oldest) by_index_.erase(found);
  }
  by_age_.pop_front();
}

void Tombstones::Expire(Instant now) {
  while (!by_age_.empty() && now - by_age_.front()->died_at > kKept) RemoveOldest();
}

Tombstones::Found Tombstones::Find(FlowIndex index) const {
  const auto found = by_index_.find(index);
  return found == by_index_.end() ? Found{} : found->second;
}

}  // namespace jvpn
