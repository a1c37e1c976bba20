#include "control/session_registry.h"

#include <algorithm>

#include "base/check.h"

namespace jvpn {

SessionRegistry::SessionRegistry(std::size_t workers, std::uint32_t slots_per_worker,
                                 std::uint32_t transports_per_session)
    : slots_per_worker_(slots_per_worker),
      transports_per_session_(transports_per_session),
      table_slots_(FlowTableSlots(slots_per_worker, transports_per_session)),
      workers_(workers) {
  // Slot bits of a flow index; at least half of the positions stay free.
  CHECK(table_slots_ <= (1U << 24));
  for (Worker& worker : workers_) {
    worker.slots.resize(slots_per_worker);
    worker.indices.resize(slots_per_worker);
    for (std::uint32_t slot = 0; slot < slots_per_worker; ++slot) {
      worker.free.push_back(static_cast<SessionSlot>(slot));
    }
    worker.positions.resize(table_slots_);
  }
}

FlowIndex SessionRegistry::DrawIndex(WorkerId owner, SessionSlot slot, TransportId transport,
                                     Random& random) {
  Worker& worker = workers_[Value(owner)];
  while (true) {
    const FlowIndex index = FlowIndex::Of(owner, random.U32());
    Position& position = worker.positions[FlowTablePosition(index, table_slots_)];
    if (index.value == 0 || position.index.value != 0) continue;
    position = {index, slot, transport};
    return index;
  }
}

std::optional<SessionRegistry::Place> SessionRegistry::Reserve(std::size_t transports,
                                                               Random& random) {
  const auto most_free = std::max_element(
      workers_.begin(), workers_.end(),
      [](const Worker& a, const Worker& b) { return a.free.size() < b.free.size(); });
  if (most_free->free.empty()) return std::nullopt;
  Place place;
  place.owner = static_cast<WorkerId>(most_free - workers_.begin());
  place.slot = most_free->free.front();
  most_free->free.pop_front();
  for (std::size_t i = 0; i < transports; ++i) {
    place.indices.push_back(
        DrawIndex(place.owner, place.slot, static_cast<TransportId>(i), random));
  }
  most_free->indices[Value(place.slot)] = place.indices;
  return place;
}

std::optional<SessionRegistry::Place> SessionRegistry::Reclaim(
    const std::vector<FlowIndex>& indices) {
  const WorkerId owner = indices.front().owner();
  if (Value(owner) >= workers_.size()) return std::nullopt;
  Worker& worker = workers_[Value(owner)];
  if (worker.free.empty() || indices.size() > transports_per_session_) return std::nullopt;
  std::vector<std::uint32_t> positions;
  for (const FlowIndex index : indices) {
    const std::uint32_t position = FlowTablePosition(index, table_slots_);
    const bool twice = std::find(positions.begin(), positions.end(), position) != positions.end();
    const bool free = worker.positions[position].index.value == 0;
    if (index.value == 0 || index.owner() != owner || twice || !free) return std::nullopt;
    positions.push_back(position);
  }
  Place place{.owner = owner, .slot = worker.free.front(), .indices = indices};
  worker.free.pop_front();
  for (std::size_t i = 0; i < indices.size(); ++i) {
    worker.positions[positions[i]] = {indices[i], place.slot, static_cast<TransportId>(i)};
  }
  worker.indices[Value(place.slot)] = indices;
  return place;
}

void SessionRegistry::Free(WorkerId owner, SessionSlot slot) {
  Worker& worker = workers_[Value(owner)];
  CHECK(worker.slots[Value(slot)] == nullptr);
  for (const FlowIndex index : worker.indices[Value(slot)]) {
    worker.positions[FlowTablePosition(index, table_slots_)] = Position{};
  }
  worker.indices[Value(slot)].clear();
  worker.free.push_back(slot);
}

SessionEntry& SessionRegistry::Insert(std::unique_ptr<SessionEntry> entry) {
  auto& place = workers_[Value(entry->owner)].slots[Value(entry->slot)];
  CHECK(place == nullptr);
  place = std::move(entry);
  CHECK(by_id_.emplace(place->id, place.get()).second);
  return *place;
}

std::unique_ptr<SessionEntry> SessionRegistry::Erase(SessionEntry& entry) {
  CHECK(by_id_.erase(entry.id) == 1);
  return std::move(workers_[Value(entry.owner)].slots[Value(entry.slot)]);
}

SessionEntry* SessionRegistry::Find(const SessionId& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::vector<const SessionEntry*> SessionRegistry::From(const SessionId& from,
                                                       std::size_t most) const {
  std::vector<const SessionEntry*> page;
  for (auto at = by_id_.lower_bound(from); at != by_id_.end() && page.size() < most; ++at) {
    page.push_back(at->second);
  }
  return page;
}

SessionEntry* SessionRegistry::At(WorkerId owner, SessionSlot slot) const {
  if (Value(owner) >= workers_.size() || Value(slot) >= slots_per_worker_) return nullptr;
  return workers_[Value(owner)].slots[Value(slot)].get();
}

std::pair<SessionEntry*, TransportId> SessionRegistry::Find(FlowIndex index) const {
  if (index.value == 0 || Value(index.owner()) >= workers_.size()) {
    return {nullptr, TransportId::kNone};
  }
  const Worker& worker = workers_[Value(index.owner())];
  const Position& position = worker.positions[FlowTablePosition(index, table_slots_)];
  if (position.index != index) return {nullptr, TransportId::kNone};
  return {worker.slots[Value(position.slot)].get(), position.transport};
}

SessionEntry* SessionRegistry::AtPlace(std::size_t place) const {
  return workers_[place / slots_per_worker_].slots[place % slots_per_worker_].get();
}

}  // namespace jvpn
