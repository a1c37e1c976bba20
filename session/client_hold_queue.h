// HoldQueue: inner packets that wait while no transport is bound: at most kHeldPackets, at most
// kHoldMs (requirements 2). What does not fit or waits too long is dropped and counted, never sent
// elsewhere.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/time.h"

namespace jvpn {

class HoldQueue {
 public:
  void Push(Instant now, ByteView packet) {
    Expire(now);
    if (held_.size() == kHeldPackets) {
      ++dropped_;
      return;
    }
    held_.push_back({now, Bytes(packet.begin(), packet.end())});
  }
  // What may still be sent, oldest first; the queue is empty then.
  std::vector<Bytes> TakeAll(Instant now) {
    Expire(now);
    std::vector<Bytes> packets;
    for (Held& held : held_) packets.push_back(std::move(held.packet));
    held_.clear();
    return packets;
  }
  void Clear() {
    dropped_ += held_.size();
    held_.clear();
  }
  std::size_t size() const { return held_.size(); }
  std::uint64_t dropped() const { return dropped_; }

 private:
  struct Held {
    Instant since;
    Bytes packet;
  };

  void Expire(Instant now) {
    while (!held_.empty() && now - held_.front().since > Millis(kHoldMs)) {
      held_.pop_front();
      ++dropped_;
    }
  }

  std::deque<Held> held_;
  std::uint64_t dropped_ = 0;
};

}  // namespace jvpn
