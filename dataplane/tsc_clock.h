// TscClock: the time-stamp counter as an Instant on CLOCK_BOOTTIME's line.
//
// A few cycles a reading. Every tenth of a second it is set by the boot clock again, so that drift
// and a suspended machine show; it never goes back. Ownership  One thread each.
#pragma once

#include <cstdint>

#include "base/boot_clock.h"
#include "base/time.h"

namespace jvpn {

class TscClock {
 public:
  TscClock();
  Instant Now();

 private:
  void Set(std::uint64_t tsc);

  BootClock boot_;
  std::uint64_t set_every_;       // TSC ticks
  std::uint64_t nanos_per_tick_;  // times 2^32
  std::uint64_t set_at_ = 0;
  Instant base_{};
  Instant last_{};
};

}  // namespace jvpn
