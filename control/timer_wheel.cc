#include "control/timer_wheel.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace jvpn {

TimerWheel::TimerWheel(InstantMs start) : tick_(start.time_since_epoch().count()) {
  heads_.fill(kNil);
}

std::uint16_t TimerWheel::SlotOf(std::int64_t due) const {
  // A tick that has begun belongs to its own slot: Advance() looks at the present one first.
  const auto at = static_cast<std::uint64_t>(std::max(due, tick_));
  const auto now = static_cast<std::uint64_t>(tick_);
  for (unsigned level = 0; level < kLevels; ++level) {
    const unsigned shift = level * kSlotBits;
    // The level whose present turn still reaches the deadline.
    if ((at >> shift) - (now >> shift) < kSlots) {
      return static_cast<std::uint16_t>(level * kSlots + ((at >> shift) & (kSlots - 1)));
    }
  }
  const unsigned shift = (kLevels - 1) * kSlotBits;
  return static_cast<std::uint16_t>((kLevels - 1) * kSlots +
                                    (((now >> shift) + kSlots - 1) & (kSlots - 1)));
}

void TimerWheel::Link(std::uint32_t node) {
  Node& n = nodes_[node];
  n.slot = SlotOf(n.due);
  n.previous = kNil;
  n.next = heads_[n.slot];
  if (n.next != kNil) nodes_[n.next].previous = node;
  heads_[n.slot] = node;
  occupied_[n.slot / 64] |= std::uint64_t{1} << (n.slot % 64);
}

void TimerWheel::Unlink(std::uint32_t node) {
  const Node& n = nodes_[node];
  if (n.previous != kNil) {
    nodes_[n.previous].next = n.next;
  } else {
    heads_[n.slot] = n.next;
    if (n.next == kNil) occupied_[n.slot / 64] &= ~(std::uint64_t{1} << (n.slot % 64));
  }
  if (n.next != kNil) nodes_[n.next].previous = n.previous;
}

void TimerWheel::Release(std::uint32_t node) {
  nodes_[node].used = false;
  nodes_[node].next = free_;
  free_ = node;
}

TimerWheel::Handle TimerWheel::Set(InstantMs due, std::uint64_t payload) {
  std::uint32_t node = free_;
  if (node == kNil) {
    node = static_cast<std::uint32_t>(nodes_.size());
    nodes_.emplace_back();
  } else {
    free_ = nodes_[node].next;
  }
  nodes_[node].due = due.time_since_epoch().count();
  nodes_[node].payload = payload;
  nodes_[node].used = true;
  Link(node);
  return static_cast<Handle>(node);
}

void TimerWheel::Cancel(Handle handle) {
  const auto node = static_cast<std::uint32_t>(handle);
  CHECK(node < nodes_.size() && nodes_[node].used);
  Unlink(node);
  Release(node);
}

// Moves the timers of the slot that has just begun on `level` to the wheels below.
void TimerWheel::Cascade(unsigned level) {
  const auto now = static_cast<std::uint64_t>(tick_);
  const std::size_t slot = level * kSlots + ((now >> (level * kSlotBits)) & (kSlots - 1));
  std::uint32_t node = heads_[slot];
  heads_[slot] = kNil;
  occupied_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  while (node != kNil) {
    const std::uint32_t next = nodes_[node].next;
    Link(node);
    node = next;
  }
}

// The next tick at which a slot of the lowest wheel fires or a higher one must be taken apart.
std::int64_t TimerWheel::NextOccupied() const {
  std::int64_t best = std::numeric_limits<std::int64_t>::max();
  const auto now = static_cast<std::uint64_t>(tick_);
  for (unsigned level = 0; level < kLevels; ++level) {
    const unsigned shift = level * kSlotBits;
    const std::uint64_t turn = now >> shift;
    // The present slot of a higher wheel was taken apart when it began.
    for (std::uint64_t ahead = level == 0 ? 0 : 1; ahead < kSlots;) {
      const std::size_t slot = level * kSlots + ((turn + ahead) & (kSlots - 1));
      const std::uint64_t bits = occupied_[slot / 64] >> (slot % 64);
      if (bits == 0) {
        ahead += 64 - slot % 64;
        continue;
      }
      ahead += static_cast<std::uint64_t>(std::countr_zero(bits));
      if (ahead < kSlots) best = std::min(best, static_cast<std::int64_t>((turn + ahead) << shift));
      break;
    }
  }
  return best;
}

bool TimerWheel::Advance(InstantMs now, std::size_t limit, std::vector<std::uint64_t>& fired) {
  const std::int64_t until = now.time_since_epoch().count();
  std::size_t taken = 0;
  while (tick_ <= until) {
    const std::size_t slot = static_cast<std::uint64_t>(tick_) & (kSlots - 1);
    while (heads_[slot] != kNil) {
      if (taken == limit) return true;
      const std::uint32_t node = heads_[slot];
      fired.push_back(nodes_[node].payload);
      ++taken;
      Unlink(node);
      Release(node);
    }
    if (tick_ == until) break;
    tick_ = std::min(NextOccupied(), until);
    for (unsigned level = kLevels - 1; level > 0; --level) {
      // At the first tick of a slot of this wheel.
      if ((tick_ & ((std::int64_t{1} << (level * kSlotBits)) - 1)) == 0) Cascade(level);
    }
  }
  return false;
}

InstantMs TimerWheel::NextDeadline() const {
  const std::int64_t next = NextOccupied();
  return next == std::numeric_limits<std::int64_t>::max() ? InstantMs::max()
                                                          : InstantMs(Millis(next));
}

}  // namespace jvpn
