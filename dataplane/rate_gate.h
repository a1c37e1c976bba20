// RateGate: at most so many in each window of time. One thread.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace jvpn {

class RateGate {
 public:
  RateGate(Millis window, std::uint32_t limit) : window_(window), limit_(limit) {}

  bool Pass(Instant now) {
    const InstantMs at = FloorMs(now);
    if (at - since_ >= window_) {
      since_ = at;
      passed_ = 0;
    }
    if (passed_ == limit_) return false;
    ++passed_;
    return true;
  }

 private:
  Millis window_;
  std::uint32_t limit_;
  InstantMs since_{};
  std::uint32_t passed_ = 0;
};

}  // namespace jvpn
