#include "control/path_validator.h"

#include <gtest/gtest.h>

#include "tests/support/seeded_random.h"

namespace jvpn {
namespace {

Instant At(std::int64_t ms) { return Instant(Millis(ms)); }
Endpoint From(const char* address) { return {*IpAddress::Parse(address), 1}; }

class PathValidatorTest : public testing::Test {
 protected:
  std::optional<std::uint64_t> Begin(const char* remote, std::int64_t ms) {
    return validator_.Begin(TransportId{1}, From(remote), local_, /*asked=*/false, At(ms), random_);
  }
  bool Answered(const char* remote, std::uint64_t value, std::int64_t ms,
                TransportId transport = TransportId{1}) {
    return validator_.Answered(transport, From(remote), value, At(ms)).has_value();
  }

  SeededRandom random_{1};
  PathValidator validator_;
  Endpoint local_ = From("192.0.2.1");
};

TEST_F(PathValidatorTest, AcceptsAnAnswerOnceAndOnlyFromTheAddressThatWasChallenged) {
  const auto value = Begin("198.51.100.1", 0);
  ASSERT_TRUE(value);
  EXPECT_FALSE(Answered("198.51.100.2", *value, 1));
  EXPECT_FALSE(Answered("198.51.100.1", *value + 1, 1));
  EXPECT_FALSE(Answered("198.51.100.1", *value, 1, TransportId{2}));
  EXPECT_TRUE(Answered("198.51.100.1", *value, 1));
  EXPECT_FALSE(Answered("198.51.100.1", *value, 2));
}

TEST_F(PathValidatorTest, GivesUpAfterThreeSeconds) {
  const auto value = Begin("198.51.100.1", 0);
  EXPECT_FALSE(Answered("198.51.100.1", *value, 3001));
}

TEST_F(PathValidatorTest, RepeatsTheSameValueButNotTooSoon) {
  const auto value = Begin("198.51.100.1", 0);
  EXPECT_FALSE(Begin("198.51.100.1", 99));
  EXPECT_EQ(Begin("198.51.100.1", 100), value);
  EXPECT_NE(Begin("198.51.100.1", 3001), value);
}

TEST_F(PathValidatorTest, KeepsSeveralAddressesApartAndIsBounded) {
  const auto first = Begin("198.51.100.1", 0);
  const auto second = Begin("198.51.100.2", 1);
  EXPECT_NE(first, second);
  for (int i = 0; i < 7; ++i) {
    Begin(("203.0.113." + std::to_string(i)).c_str(), 2);
  }
  EXPECT_FALSE(Answered("198.51.100.1", *first, 3));
  EXPECT_TRUE(Answered("198.51.100.2", *second, 3));
}

}  // namespace
}  // namespace jvpn
