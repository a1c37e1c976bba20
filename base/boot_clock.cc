#include "base/boot_clock.h"

#include <time.h>

#include "base/check.h"

namespace jvpn {

Instant BootClock::Now() const {
  timespec ts{};
  CHECK(clock_gettime(CLOCK_BOOTTIME, &ts) == 0);
  return Instant(std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec));
}

}  // namespace jvpn
