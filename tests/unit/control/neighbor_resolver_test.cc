#include "control/neighbor_resolver.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

const MacAddress kMac{{2, 0, 0, 0, 0, 9}};
const MacAddress kOther{{2, 0, 0, 0, 0, 8}};

Instant At(std::int64_t ms) { return Instant(Millis(ms)); }
IpAddress Ip(const char* text) { return *IpAddress::Parse(text); }

// The milliseconds at which something was asked, while time runs from one to the other.
std::vector<std::int64_t> AskedBetween(NeighborResolver& resolver, std::int64_t from,
                                       std::int64_t to) {
  std::vector<std::int64_t> asked;
  for (std::int64_t ms = from; ms <= to; ++ms) {
    std::vector<NeighborRequest> requests;
    resolver.Turn(At(ms), requests);
    for (std::size_t i = 0; i < requests.size(); ++i) asked.push_back(ms);
  }
  return asked;
}

TEST(NeighborResolver, AsksAgainWithGrowingPausesUntilItIsAnswered) {
  NeighborResolver resolver;
  const NeighborId id = resolver.Acquire(PortSide::kWan, Ip("192.0.2.1"), At(0));
  EXPECT_EQ(AskedBetween(resolver, 0, 30'000),
            (std::vector<std::int64_t>{0, 250, 750, 1750, 3750, 7750, 15750, 23750}));
  resolver.Heard(PortSide::kWan, Ip("192.0.2.1"), kMac, At(30'001));
  EXPECT_EQ(resolver.Find(id), kMac);
  EXPECT_TRUE(AskedBetween(resolver, 30'001, 60'000).empty());
}

TEST(NeighborResolver, RefreshesAndForgetsWhatAnswersNoMore) {
  NeighborResolver resolver;
  const NeighborId id = resolver.Acquire(PortSide::kWan, Ip("192.0.2.1"), At(0));
  AskedBetween(resolver, 0, 0);
  resolver.Heard(PortSide::kWan, Ip("192.0.2.1"), kMac, At(10));
  EXPECT_EQ(AskedBetween(resolver, 11, 30'500), std::vector<std::int64_t>{30'010});
  resolver.Heard(PortSide::kWan, Ip("192.0.2.1"), kMac, At(30'500));
  EXPECT_EQ(AskedBetween(resolver, 30'501, 62'999),
            (std::vector<std::int64_t>{60'500, 61'500, 62'500}));
  EXPECT_EQ(resolver.Find(id), kMac);
  AskedBetween(resolver, 63'000, 63'500);
  EXPECT_TRUE(resolver.Find(id).is_zero());
}

TEST(NeighborResolver, ProgramsEachChangeOnce) {
  NeighborResolver resolver;
  resolver.Acquire(PortSide::kWan, Ip("192.0.2.1"), At(0));
  resolver.Acquire(PortSide::kWan, Ip("192.0.2.1"), At(0));
  EXPECT_EQ(resolver.TakeChanges().size(), 1U);
  resolver.Heard(PortSide::kWan, Ip("192.0.2.1"), kMac, At(1));
  resolver.Heard(PortSide::kWan, Ip("192.0.2.1"), kMac, At(2));
  const auto changes = resolver.TakeChanges();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].mac, kMac);
  resolver.Heard(PortSide::kWan, Ip("192.0.2.1"), kOther, At(3));
  EXPECT_EQ(resolver.TakeChanges().size(), 1U);
}

TEST(NeighborResolver, BelievesNothingThatItDidNotAsk) {
  NeighborResolver resolver;
  const NeighborId id = resolver.Acquire(PortSide::kWan, Ip("192.0.2.1"), At(0));
  resolver.TakeChanges();
  resolver.Heard(PortSide::kCore, Ip("192.0.2.1"), kMac, At(1));
  resolver.Heard(PortSide::kWan, Ip("192.0.2.2"), kMac, At(1));
  resolver.Heard(PortSide::kWan, Ip("192.0.2.1"), MacAddress{{1, 0, 0, 0, 0, 1}}, At(1));
  EXPECT_TRUE(resolver.TakeChanges().empty());
  EXPECT_TRUE(resolver.Find(id).is_zero());
}

TEST(NeighborResolver, GivesUpOnWhatNobodyHolds) {
  NeighborResolver resolver;
  resolver.Want(PortSide::kCore, Ip("192.0.2.1"), At(0));
  EXPECT_EQ(AskedBetween(resolver, 0, 100'000).size(), 6U);
  resolver.Want(PortSide::kCore, Ip("192.0.2.1"), At(100'001));
  EXPECT_EQ(AskedBetween(resolver, 100'001, 100'001).size(), 1U);
}

TEST(NeighborResolver, AScanPushesOutNobodyThatIsHeldOrThere) {
  NeighborResolver resolver;
  const NeighborId held = resolver.Acquire(PortSide::kWan, Ip("192.0.2.1"), At(0));
  const NeighborId there = resolver.Want(PortSide::kCore, Ip("10.0.0.1"), At(0));
  resolver.Heard(PortSide::kCore, Ip("10.0.0.1"), kMac, At(1));
  for (std::uint32_t i = 0; i < 5000; ++i) {
    std::array<std::uint8_t, 4> raw{10, 1, 0, 0};
    StoreBe32(raw.data(), 0x0a010000 + i);
    EXPECT_NE(resolver.Want(PortSide::kCore, IpAddress::V4(raw), At(2 + i)), NeighborId::kNone);
  }
  EXPECT_EQ(resolver.Acquire(PortSide::kWan, Ip("192.0.2.1"), At(9000)), held);
  EXPECT_EQ(resolver.Want(PortSide::kCore, Ip("10.0.0.1"), At(9000)), there);
  EXPECT_EQ(resolver.Find(there), kMac);
}

TEST(NeighborResolver, SaysNoWhenAllAreHeld) {
  NeighborResolver resolver;
  for (std::uint32_t i = 0; i < kMaxNeighbors; ++i) {
    std::array<std::uint8_t, 4> raw{};
    StoreBe32(raw.data(), 0x0a010000 + i);
    EXPECT_NE(resolver.Acquire(PortSide::kWan, IpAddress::V4(raw), At(0)), NeighborId::kNone);
  }
  EXPECT_EQ(resolver.Acquire(PortSide::kWan, Ip("192.0.2.1"), At(0)), NeighborId::kNone);
}

}  // namespace
}  // namespace jvpn
