#include "base/check.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

TEST(Check, PassesWhenTheExpectationHolds) {
  CHECK(1 + 1 == 2);
  DCHECK(1 + 1 == 2);
}

TEST(CheckDeathTest, EndsTheProcessWithFileAndExpectation) {
  EXPECT_DEATH(CHECK(1 + 1 == 3), "check_test.cc:[0-9]+: CHECK failed: 1 \\+ 1 == 3");
}

}  // namespace
}  // namespace jvpn
