// SkewedClock: what one end's clock shows at a point of the simulation's own time. Ends agree on
// nothing: neither on the hour nor on the length of a second.
#pragma once

#include "base/time.h"

namespace jvpn::sim {

struct SkewedClock {
  Duration offset{};
  std::int64_t drift_ppm = 0;

  Instant At(Duration t) const { return Instant(offset + t + Drift(t)); }

  // The first point at which the clock shows `shown` or later; Duration::max() for what lies far
  // beyond any run.
  Duration When(Instant shown) const {
    if (shown <= At(Duration{0})) return Duration{0};
    if (shown >= Instant(offset + kFar)) return Duration::max();
    const Duration passed = shown.time_since_epoch() - offset;
    Duration guess = passed;
    for (int i = 0; i < 3; ++i) guess = passed - Drift(guess);
    while (At(guess) < shown) ++guess;
    while (At(guess - Duration{1}) >= shown) --guess;
    return guess;
  }

 private:
  static constexpr Duration kFar = std::chrono::seconds(4000);
  Duration Drift(Duration t) const { return Duration{t.count() * drift_ppm / 1'000'000}; }
};

}  // namespace jvpn::sim
