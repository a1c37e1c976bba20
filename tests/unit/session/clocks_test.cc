// The parts that measure time for the machine.
#include <gtest/gtest.h>

#include "session/denial_limiter.h"
#include "session/switch_gate.h"
#include "session/transportless_clock.h"

namespace jvpn {
namespace {

InstantMs At(std::int64_t ms) { return InstantMs{Millis{ms}}; }

TEST(TransportlessClock, RunsFromTheLossToTheCommit) {
  TransportlessClock clock;
  EXPECT_EQ(clock.Age(At(5)), Millis{0});
  clock.Start(At(100));
  clock.Start(At(200));  // still the same loss
  EXPECT_EQ(clock.Age(At(350)), Millis{250});
  EXPECT_EQ(clock.WhenOlderThan(Millis{15'000}), At(15'101));
  clock.Stop();
  EXPECT_EQ(clock.Age(At(400)), Millis{0});
}

TEST(TransportlessClock, StandsStillForAMinuteInSum) {
  TransportlessClock clock;
  clock.Start(At(0));
  clock.SetHold(At(1'000), true);
  EXPECT_EQ(clock.WhenOlderThan(Millis{15'000}), At(75'001));
  clock.SetHold(At(41'000), false);
  EXPECT_EQ(clock.Age(At(41'500)), Millis{1'500});
  EXPECT_EQ(clock.WhenOlderThan(Millis{15'000}), At(55'001));
  clock.SetHold(At(42'000), true);
  EXPECT_EQ(clock.Age(At(62'000)), Millis{2'000});
  EXPECT_EQ(clock.Age(At(62'001)), Millis{2'001});  // the minute is used up
  EXPECT_EQ(clock.WhenOlderThan(Millis{15'000}), At(75'001));
  EXPECT_EQ(clock.Age(At(75'001)), Millis{15'001});
  EXPECT_EQ(clock.WhenOlderThan(Millis{1'000}), At(41'001));  // over before this hold began
}

TEST(SwitchGate, CountsTheHalfOpenMinute) {
  Policy policy;
  policy.max_switches_per_min = 2;
  SwitchGate gate;
  gate.Commit(At(10'000));
  EXPECT_TRUE(gate.RateOk(At(10'000), policy));
  gate.Commit(At(20'000));
  EXPECT_FALSE(gate.RateOk(At(69'999), policy));
  EXPECT_EQ(gate.WhenRateOk(At(30'000), policy), At(70'000));
  EXPECT_TRUE(gate.RateOk(At(70'000), policy));
  policy.max_switches_per_min = 1;
  EXPECT_EQ(gate.WhenRateOk(At(30'000), policy), At(80'000));
  policy.max_switches_per_min = 0;
  EXPECT_EQ(gate.WhenRateOk(At(30'000), policy), std::nullopt);
}

TEST(SwitchGate, NeverShortensACooldown) {
  Policy policy;
  SwitchGate gate;
  EXPECT_TRUE(gate.CooldownOver(At(0)));
  gate.ArmCooldown(At(1'000), policy);
  policy.switch_cooldown = Millis{10};
  gate.ArmCooldown(At(1'100), policy);
  EXPECT_FALSE(gate.CooldownOver(At(2'499)));
  EXPECT_TRUE(gate.CooldownOver(At(2'500)));
}

TEST(DenialLimiter, LetsABurstThroughAndThenTheRate) {
  const Policy policy;  // 2 a second, bursts of 5
  DenialLimiter limiter;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(limiter.Take(At(1'000), policy));
  EXPECT_FALSE(limiter.Take(At(1'000), policy));
  EXPECT_FALSE(limiter.Take(At(1'499), policy));
  EXPECT_TRUE(limiter.Take(At(1'500), policy));
  EXPECT_FALSE(limiter.Take(At(1'501), policy));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(limiter.Take(At(1'000'000), policy));
  EXPECT_FALSE(limiter.Take(At(1'000'000), policy));
}

TEST(DenialLimiter, CountsWhatItHoldsBackByCode) {
  DenialLimiter limiter;
  EXPECT_EQ(limiter.SummaryDue(), std::nullopt);
  limiter.HoldBack(At(1'000), Reason::kBadProof);
  limiter.HoldBack(At(3'000), Reason::kStaleRequest);
  limiter.HoldBack(At(4'000), Reason::kBadProof);
  ASSERT_TRUE(limiter.SummaryDue());
  EXPECT_LE(*limiter.SummaryDue(), At(11'000));
  const auto held = limiter.TakeHeld();
  ASSERT_EQ(held.size(), 2U);
  EXPECT_EQ(held[0].code, Reason::kBadProof);
  EXPECT_EQ(held[0].count, 2U);
  EXPECT_EQ(held[1].count, 1U);
  EXPECT_EQ(limiter.SummaryDue(), std::nullopt);
  EXPECT_TRUE(limiter.TakeHeld().empty());
}

}  // namespace
}  // namespace jvpn
