// RecentInstants: how often something happened lately. Windows are half-open, (now - window, now]:
// what is exactly one window old no longer counts (C-21).
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/time.h"

namespace jvpn {

class RecentInstants {
 public:
  // `now` never goes back. What is older than `keep` is forgotten.
  void Add(InstantMs now, Millis keep) {
    while (!instants_.empty() && instants_.front() <= now - keep) instants_.pop_front();
    instants_.push_back(now);
  }
  // Oldest first.
  std::vector<InstantMs> All() const { return {instants_.begin(), instants_.end()}; }
  // REQUIRES: oldest first.
  void Assign(const std::vector<InstantMs>& instants) {
    instants_.assign(instants.begin(), instants.end());
  }
  std::uint32_t Count(InstantMs now, Millis window) const {
    return static_cast<std::uint32_t>(instants_.end() - FirstAfter(now - window));
  }
  // The earliest instant at which fewer than `limit` count, nothing being added. REQUIRES: limit >
  // 0.
  InstantMs WhenBelow(std::uint32_t limit, InstantMs now, Millis window) const {
    const std::uint32_t count = Count(now, window);
    if (count < limit) return now;
    return *(FirstAfter(now - window) + (count - limit)) + window;
  }

 private:
  std::deque<InstantMs>::const_iterator FirstAfter(InstantMs instant) const {
    return std::upper_bound(instants_.begin(), instants_.end(), instant);
  }

  std::deque<InstantMs> instants_;
};

}  // namespace jvpn
