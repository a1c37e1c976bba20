#include "control/neighbor_resolver.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace jvpn {
namespace {

constexpr Duration kFirstRetry = Millis(250);
constexpr Duration kLastRetry = Millis(8000);
constexpr Duration kRefresh = std::chrono::seconds(30);  // RFC 4861: REACHABLE_TIME
constexpr std::uint32_t kRefreshAttempts = 3;            // RFC 4861: MAX_UNICAST_SOLICIT
constexpr Duration kRefreshRetry = std::chrono::seconds(1);
// Whoever does not answer so often is not there; asked again when a packet wants it again.
constexpr std::uint32_t kAttemptsForNobody = 6;

Duration RetryAfter(std::uint32_t unanswered) {
  return std::min(kFirstRetry * (1 << std::min(unanswered, 5U)), kLastRetry);
}

}  // namespace

NeighborId NeighborResolver::Acquire(PortSide side, const IpAddress& address, Instant now) {
  const auto index = Place(side, address, now);
  if (!index) return NeighborId::kNone;
  ++entries_[*index].holders;
  return static_cast<NeighborId>(*index);
}

void NeighborResolver::Release(NeighborId id) {
  if (id == NeighborId::kNone) return;
  Entry& entry = entries_[static_cast<std::size_t>(id)];
  CHECK(entry.holders > 0);
  --entry.holders;
}

NeighborId NeighborResolver::Want(PortSide side, const IpAddress& address, Instant now) {
  const auto index = Place(side, address, now);
  return index ? static_cast<NeighborId>(*index) : NeighborId::kNone;
}

std::optional<std::size_t> NeighborResolver::Place(PortSide side, const IpAddress& address,
                                                   Instant now) {
  const auto found = by_address_.find(Key{side, address});
  if (found != by_address_.end()) {
    Entry& entry = entries_[found->second];
    entry.wanted_at = now;
    if (entry.ask_at == Instant::max()) {
      entry.unanswered = 0;
      entry.ask_at = now;
      next_deadline_ = std::min(next_deadline_, now);
    }
    return found->second;
  }
  const auto index = Room();
  if (!index) return std::nullopt;
  Entry& entry = entries_[*index];
  const bool changed = entry.changed;
  entry = Entry{.side = side, .address = address, .wanted_at = now, .ask_at = now};
  entry.changed = changed;
  by_address_.emplace(Key{side, address}, *index);
  next_deadline_ = std::min(next_deadline_, now);
  Change(*index);
  return index;
}

std::optional<std::size_t> NeighborResolver::Room() {
  if (entries_.size() < kMaxNeighbors) {
    entries_.emplace_back();
    return entries_.size() - 1;
  }
  // A client that scans the network must not push out those that are there.
  const auto worth = [this](std::size_t i) {
    return std::pair(!entries_[i].mac.is_zero(), entries_[i].wanted_at);
  };
  std::optional<std::size_t> least;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].holders == 0 && (!least || worth(i) < worth(*least))) least = i;
  }
  if (least) by_address_.erase(Key{entries_[*least].side, entries_[*least].address});
  return least;
}

void NeighborResolver::Heard(PortSide side, const IpAddress& address, const MacAddress& mac,
                             Instant now) {
  const auto found = by_address_.find(Key{side, address});
  // A group address or none at all is no neighbor's.
  if (found == by_address_.end() || (mac.bytes[0] & 1) != 0 || mac.is_zero()) return;
  Entry& entry = entries_[found->second];
  entry.unanswered = 0;
  entry.ask_at = now + kRefresh;
  if (entry.mac == mac) return;
  entry.mac = mac;
  Change(found->second);
}

MacAddress NeighborResolver::Find(NeighborId id) const {
  if (id == NeighborId::kNone) return {};
  return entries_[static_cast<std::size_t>(id)].mac;
}

void NeighborResolver::Ask(Entry& entry, Instant now, std::vector<NeighborRequest>& requests) {
  requests.push_back({entry.side, entry.address});
  entry.ask_at = now + (entry.mac.is_zero() ? RetryAfter(entry.unanswered) : kRefreshRetry);
  ++entry.unanswered;
}

void NeighborResolver::Turn(Instant now, std::vector<NeighborRequest>& requests) {
  if (now < next_deadline_) return;
  next_deadline_ = Instant::max();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (entry.ask_at <= now) {
      if (!entry.mac.is_zero() && entry.unanswered >= kRefreshAttempts) {
        entry.mac = MacAddress{};
        entry.unanswered = 0;
        Change(i);
      }
      if (entry.mac.is_zero() && entry.holders == 0 && entry.unanswered >= kAttemptsForNobody) {
        entry.ask_at = Instant::max();
      } else {
        Ask(entry, now, requests);
      }
    }
    next_deadline_ = std::min(next_deadline_, entry.ask_at);
  }
}

void NeighborResolver::Change(std::size_t index) {
  if (entries_[index].changed) return;
  entries_[index].changed = true;
  changed_.push_back(index);
}

std::vector<NeighborProgram> NeighborResolver::TakeChanges() {
  std::vector<NeighborProgram> programs;
  programs.reserve(changed_.size());
  for (const std::size_t index : changed_) {
    Entry& entry = entries_[index];
    entry.changed = false;
    programs.push_back({.id = static_cast<NeighborId>(index),
                        .side = entry.side,
                        .address = entry.address,
                        .mac = entry.mac});
  }
  changed_.clear();
  return programs;
}

}  // namespace jvpn
