#include "control/transport_life.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

using Life = HealthSignal::Life;

Instant At(std::int64_t ms) { return Instant(Millis(ms)); }

const Policy kPolicy = Policy::Reference();
const Instant kNow = At(100'000);

HealthSignal Signal(Life life, std::int64_t heard_ms) {
  HealthSignal signal;
  signal.kind = HealthSignal::Kind::kTransport;
  signal.life = life;
  signal.last_heard = At(heard_ms);
  return signal;
}

TEST(TransportLife, FreshSinceItWasFirstHeard) {
  TransportLife health;
  EXPECT_FALSE(health.Facts(true, kNow, kPolicy).fresh);
  health.Observe(Signal(Life::kFresh, 100), At(101));
  health.Observe(Signal(Life::kFresh, 900), At(901));
  EXPECT_TRUE(health.Facts(true, kNow, kPolicy).fresh);
  EXPECT_EQ(health.Facts(true, kNow, kPolicy).clean_since, InstantMs(Millis(101)));
}

TEST(TransportLife, DiesOnceWhenTheSilenceExceedsTheLimit) {
  TransportLife health;
  health.Observe(Signal(Life::kFresh, 100), At(100));
  health.Observe(Signal(Life::kSilent, 100), At(2100));
  EXPECT_FALSE(health.FallsSilent(At(2100), Millis(2000)));
  EXPECT_EQ(health.NextCheck(At(2100), Policy::Reference()), InstantMs(Millis(2101)));
  EXPECT_TRUE(health.FallsSilent(At(2101), Millis(2000)));
  EXPECT_FALSE(health.FallsSilent(At(2102), Millis(2000)));
  EXPECT_TRUE(health.Facts(true, kNow, kPolicy).dead);
}

TEST(TransportLife, LivesAgainWhenHeardAfterItsDeath) {
  TransportLife health;
  health.Observe(Signal(Life::kFresh, 100), At(100));
  EXPECT_TRUE(health.Fail(At(200)));
  health.Observe(Signal(Life::kFresh, 150), At(201));
  EXPECT_TRUE(health.Facts(true, kNow, kPolicy).dead);
  health.Observe(Signal(Life::kFresh, 300), At(301));
  EXPECT_FALSE(health.Facts(true, kNow, kPolicy).dead);
  EXPECT_TRUE(health.Facts(true, kNow, kPolicy).failed_before);
  EXPECT_EQ(health.Facts(true, kNow, kPolicy).clean_since, InstantMs(Millis(301)));
}

TEST(TransportLife, AnAcceptedRequestGivesATransportOneMoreDeadTime) {
  TransportLife health;
  health.Observe(Signal(Life::kSilent, 100), At(5000));
  EXPECT_TRUE(health.FallsSilent(At(5000), Millis(2000)));
  health.HeardRequest(At(6000));
  EXPECT_FALSE(health.Facts(true, kNow, kPolicy).dead);
  EXPECT_FALSE(health.FallsSilent(At(8000), Millis(2000)));
  EXPECT_TRUE(health.FallsSilent(At(8001), Millis(2000)));
}

TEST(TransportLife, AValidRequestIsFreshForAWhile) {
  TransportLife health;
  health.Observe(Signal(Life::kSilent, 100), At(5000));
  health.FallsSilent(At(5000), Millis(2000));
  health.HeardRequest(At(6000));
  EXPECT_TRUE(health.Facts(true, At(6500), kPolicy).fresh);
  EXPECT_EQ(health.NextCheck(At(6500), kPolicy), InstantMs(Millis(6501)));
  EXPECT_FALSE(health.Facts(true, At(6501), kPolicy).fresh);
}

TEST(TransportLife, IsVolatileOnceASilence) {
  Policy policy;
  policy.heartbeat_volatile = Millis(750);
  policy.transport_dead = Millis(2000);
  TransportLife health;
  health.Observe(Signal(Life::kFresh, 100), At(100));
  EXPECT_FALSE(health.BecomesVolatile(At(5000), policy));
  health.Observe(Signal(Life::kStale, 100), At(600));
  EXPECT_FALSE(health.BecomesVolatile(At(850), policy));
  EXPECT_TRUE(health.BecomesVolatile(At(851), policy));
  EXPECT_FALSE(health.BecomesVolatile(At(852), policy));
  health.Observe(Signal(Life::kFresh, 900), At(900));
  health.Observe(Signal(Life::kStale, 900), At(1400));
  EXPECT_TRUE(health.BecomesVolatile(At(1651), policy));
}

TEST(TransportLife, IsNeverVolatileBySilenceWhereDeathComesNoLater) {
  Policy policy;
  policy.heartbeat_volatile = policy.transport_dead = Millis(750);
  TransportLife health;
  health.Observe(Signal(Life::kFresh, 100), At(100));
  health.Observe(Signal(Life::kStale, 100), At(600));
  EXPECT_FALSE(health.BecomesVolatile(At(851), policy));
}

TEST(TransportLife, IsStableOnceAfterAWholeWindow) {
  TransportLife health;
  health.Observe(Signal(Life::kFresh, 100), At(100));
  EXPECT_FALSE(health.BecomesStable(At(2099), Millis(2000)));
  EXPECT_TRUE(health.BecomesStable(At(2100), Millis(2000)));
  EXPECT_FALSE(health.BecomesStable(At(2101), Millis(2000)));
}

TEST(TransportLife, ASmallChangeOfLatencyIsNoNews) {
  TransportLife health;
  HealthSignal signal = Signal(Life::kFresh, 100);
  signal.rtt_us = 8000;
  health.Observe(signal, At(100));
  const TransportFacts before = health.Facts(true, kNow, kPolicy);
  signal.rtt_us = 8900;
  health.Observe(signal, At(101));
  EXPECT_EQ(health.Facts(true, kNow, kPolicy), before);
  signal.rtt_us = 10000;
  health.Observe(signal, At(102));
  EXPECT_EQ(health.Facts(true, kNow, kPolicy).latency_us, 10000U);
}

}  // namespace
}  // namespace jvpn
