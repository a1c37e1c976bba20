// TimerWheel: very many deadlines, each set and cancelled in constant time.
//
// Units      Ticks of 1 ms of the caller's clock; nothing fires early, and late only by how late
//            Advance() is called.
// Shape      Four wheels of 256 slots: a deadline beyond 2^32 ms waits in the last slot and is
// looked at
//            again. Entries of one slot form a doubly linked list through one pool of nodes.
// Ownership  One thread. Memory grows to the greatest number of timers ever set at once.
// Source     Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (1987), scheme 7.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/time.h"

namespace jvpn {

class TimerWheel {
 public:
  // Names a timer that is set; a handle dies when its timer fires or is cancelled.
  enum class Handle : std::uint32_t { kNone = std::numeric_limits<std::uint32_t>::max() };

  explicit TimerWheel(InstantMs start);

  // A deadline that has passed fires at the next Advance().
  Handle Set(InstantMs due, std::uint64_t payload);
  // CHECKs that the handle is set.
  void Cancel(Handle handle);
  // Appends the payloads of timers due at `now` to `fired`, at most `limit`, earliest tick first.
  // True when it stopped at the limit: call again with the same `now`.
  bool Advance(InstantMs now, std::size_t limit, std::vector<std::uint64_t>& fired);
  // No timer is due before this; InstantMs::max() when none is set. A lower bound: a far deadline
  // is known to its slot only.
  InstantMs NextDeadline() const;

 private:
  static constexpr unsigned kLevels = 4;
  static constexpr unsigned kSlotBits = 8;
  static constexpr unsigned kSlots = 1U << kSlotBits;
  static constexpr std::uint32_t kNil = std::numeric_limits<std::uint32_t>::max();

  struct Node {
    std::int64_t due = 0;  // tick
    std::uint64_t payload = 0;
    std::uint32_t next = kNil;
    std::uint32_t previous = kNil;
    std::uint16_t slot = 0;  // level * kSlots + position; meaningless while free
    bool used = false;
  };

  std::uint16_t SlotOf(std::int64_t due) const;
  void Link(std::uint32_t node);
  void Unlink(std::uint32_t node);
  void Release(std::uint32_t node);
  void Cascade(unsigned level);
  std::int64_t NextOccupied() const;

  std::int64_t tick_;  // all timers due at or before it have fired, unless stopped at a limit
  std::vector<Node> nodes_;
  std::uint32_t free_ = kNil;
  std::array<std::uint32_t, kLevels * kSlots> heads_;
  // One bit a slot, so that empty stretches are skipped 64 ticks at a time.
  std::array<std::uint64_t, kLevels * kSlots / 64> occupied_{};
};

}  // namespace jvpn
