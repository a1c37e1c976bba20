// TokenBucket: at most `rate` a second, with bursts of `burst`. Integers and the caller's time
// only.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace jvpn {

class TokenBucket {
 public:
  // Both at least 1; begins full.
  TokenBucket(std::uint32_t rate_per_s, std::uint32_t burst)
      : cost_(Duration(std::chrono::seconds(1)) / rate_per_s), span_(cost_ * burst) {}

  // True, and one token less, when there is one.
  bool Take(Instant now) {
    // The instant at which the bucket was, or would have been, empty: it never lies further back
    // than a whole burst.
    empty_at_ = started_ ? std::max(empty_at_, now - span_) : now - span_;
    started_ = true;
    if (empty_at_ + cost_ > now) return false;
    empty_at_ += cost_;
    return true;
  }

 private:
  Duration cost_;
  Duration span_;
  Instant empty_at_{};
  bool started_ = false;
};

}  // namespace jvpn
