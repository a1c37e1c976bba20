#include "dataplane/tsc_clock.h"

#include <rte_cycles.h>

#include <algorithm>

namespace jvpn {

TscClock::TscClock()
    : set_every_(rte_get_tsc_hz() / 10),
      nanos_per_tick_((std::uint64_t{1'000'000'000} << 32) / rte_get_tsc_hz()) {
  Set(rte_rdtsc());
}

Instant TscClock::Now() {
  const std::uint64_t tsc = rte_rdtsc();
  std::uint64_t ticks = tsc - set_at_;
  if (ticks >= set_every_) [[unlikely]] {
    Set(tsc);
    ticks = 0;
  }
  // A tenth of a second of ticks times 2^32 nanoseconds stays within 64 bits.
  last_ =
      std::max(last_, base_ + Duration(static_cast<std::int64_t>(ticks * nanos_per_tick_ >> 32)));
  return last_;
}

void TscClock::Set(std::uint64_t tsc) {
  set_at_ = tsc;
  base_ = boot_.Now();
}

}  // namespace jvpn
