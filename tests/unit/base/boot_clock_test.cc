#include "base/boot_clock.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

TEST(BootClock, NeverGoesBack) {
  const BootClock clock;
  Instant last = clock.Now();
  EXPECT_GT(last, Instant{});
  for (int i = 0; i < 1000; ++i) {
    const Instant now = clock.Now();
    EXPECT_GE(now, last);
    last = now;
  }
}

TEST(FloorMs, RoundsDownOnBothSidesOfZero) {
  EXPECT_EQ(FloorMs(Instant(Duration(1'999'999))), InstantMs(Millis(1)));
  EXPECT_EQ(FloorMs(Instant(Duration(2'000'000))), InstantMs(Millis(2)));
  EXPECT_EQ(FloorMs(Instant(Duration(-1))), InstantMs(Millis(-1)));
}

}  // namespace
}  // namespace jvpn
