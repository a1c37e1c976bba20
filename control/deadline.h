// Deadlines between the two resolutions of time; "never" stays never.
#pragma once

#include "base/time.h"

namespace jvpn {

constexpr Instant ToInstant(InstantMs at) {
  return at >= std::chrono::floor<Millis>(Instant::max()) ? Instant::max() : Instant(at);
}

}  // namespace jvpn
