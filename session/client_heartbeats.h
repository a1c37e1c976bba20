// Heartbeats: how many heartbeats in a row the client has lost (requirements 2,
// consecutive_drop_exceeded). A probe is a heartbeat when an interval has passed since the last
// one, so that faster probing makes no more of them; it is lost when it is not answered within the
// time allowed (two intervals, or what the round trip takes), and stays so when an answer comes
// later.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/time.h"

namespace jvpn {

class Heartbeats {
 public:
  void OnProbe(Instant now, std::uint32_t sequence, Millis interval) {
    if (last_ && now - *last_ < interval) return;
    sent_.push_back({now, sequence, false});
    last_ = now;
  }
  void OnReply(std::uint32_t sequence) {
    for (Heartbeat& heartbeat : sent_) heartbeat.answered |= heartbeat.sequence == sequence;
  }
  void OnTime(Instant now, Millis allowed) {
    for (; !sent_.empty() && FloorMs(sent_.front().at) + allowed < FloorMs(now);
         sent_.pop_front()) {
      lost_in_a_row_ = sent_.front().answered ? 0 : lost_in_a_row_ + 1;
    }
  }
  // When the next one is lost, should nothing be answered.
  Instant NextDeadline(Millis allowed) const {
    for (const Heartbeat& heartbeat : sent_) {
      if (!heartbeat.answered) return FloorMs(heartbeat.at) + allowed + Millis(1);
    }
    return Instant::max();
  }
  std::uint32_t lost_in_a_row() const { return lost_in_a_row_; }
  void Restart() { *this = Heartbeats{}; }

 private:
  struct Heartbeat {
    Instant at;
    std::uint32_t sequence = 0;
    bool answered = false;
  };
  std::deque<Heartbeat> sent_;  // of the time allowed
  std::optional<Instant> last_;
  std::uint32_t lost_in_a_row_ = 0;
};

}  // namespace jvpn
