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
  health.Observe(Signal(Life::kFresh, 100), At(101), kPolicy);
  health.Observe(Signal(Life::kFresh, 900), At(901), kPolicy);
  EXPECT_TRUE(health.Facts(true, kNow, kPolicy).fresh);
  EXPECT_EQ(health.Facts(true, kNow, kPolicy).clean_since, InstantMs(Millis(101)));
}

TEST(TransportLife, DiesOnceWhenTheSilenceExceedsTheLimit) {
  TransportLife health;
  health.Observe(Signal(Life::kFresh, 100), At(100), kPolicy);
  health.Observe(Signal(Life::kSilent, 100), At(2100), kPolicy);
  EXPECT_FALSE(health.FallsSilent(At(2100), Millis(2000)));
  EXPECT_EQ(health.NextCheck(At(2100), Policy::Reference()), InstantMs(Millis(2101)));
  EXPECT_TRUE(health.FallsSilent(At(2101), Millis(2000)));
  EXPECT_FALSE(health.FallsSilent(At(2102), Millis(2000)));
  EXPECT_TRUE(health.Facts(true, kNow, kPolicy).dead);
}

TEST(TransportLife, LivesAgainWhenHeardAfterItsDeath) {
  TransportLife health;
  health.Observe(Signal(Life::kFresh, 100), At(100), kPolicy);
  EXPECT_TRUE(health.Fail(At(200)));
  health.Observe(Signal(Life::kFresh, 150), At(201), kPolicy);
  EXPECT_TRUE(health.Facts(true, kNow, kPolicy).dead);
  health.Observe(Signal(Life::kFresh, 300), At(301), kPolicy);
  EXPECT_FALSE(health.Facts(true, kNow, kPolicy).dead);
  EXPECT_TRUE(health.Facts(true, kNow, kPolicy).failed_before);
  EXPECT_EQ(health.Facts(true, kNow, kPolicy).clean_since, InstantMs(Millis(301)));
}

TEST(TransportLife, AnAcceptedRequestGivesATransportOneMoreDeadTime) {
  TransportLife health;
  health.Observe(Signal(Life::kSilent, 100), At(5000), kPolicy);
  EXPECT_TRUE(health.FallsSilent(At(5000), Millis(2000)));
  health.HeardRequest(At(6000));
  EXPECT_FALSE(health.Facts(true, kNow, kPolicy).dead);
  EXPECT_FALSE(health.FallsSilent(At(8000), Millis(2000)));
  EXPECT_TRUE(health.FallsSilent(At(8001), Millis(2000)));
}

TEST(TransportLife, AValidRequestIsFreshForAWhile) {
  TransportLife health;
  health.Observe(Signal(Life::kSilent, 100), At(5000), kPolicy);
  health.FallsSilent(At(5000), Millis(2000));
  health.HeardRequest(At(6000));
  EXPECT_TRUE(health.Facts(true, At(6500), kPolicy).fresh);
  EXPECT_EQ(health.NextCheck(At(6500), kPolicy), InstantMs(Millis(6501)));
  EXPECT_FALSE(health.Facts(true, At(6501), kPolicy).fresh);
}

std::optional<Reason> CauseOf(const TransportLife& life, std::int64_t ms, const Policy& policy) {
  const auto unstable = life.Unstable(At(ms), policy);
  return unstable ? std::optional(unstable->cause) : std::nullopt;
}

TEST(TransportLife, IsUnstableBySilenceWhereDeathComesLater) {
  Policy policy;
  policy.heartbeat_volatile = Millis(750);
  policy.transport_dead = Millis(2000);
  TransportLife health;
  health.Observe(Signal(Life::kFresh, 100), At(100), policy);
  EXPECT_EQ(CauseOf(health, 5000, policy), std::nullopt) << "no edge was signalled";
  health.Observe(Signal(Life::kStale, 100), At(600), policy);
  EXPECT_EQ(CauseOf(health, 850, policy), std::nullopt);
  EXPECT_EQ(health.NextCheck(At(850), policy), InstantMs(Millis(851)));
  EXPECT_EQ(CauseOf(health, 851, policy), Reason::kHeartbeatTimeout);
  health.Observe(Signal(Life::kFresh, 900), At(900), policy);
  EXPECT_EQ(CauseOf(health, 900, policy), std::nullopt);
  policy.transport_dead = Millis(750);
  health.Observe(Signal(Life::kStale, 900), At(1400), policy);
  EXPECT_EQ(CauseOf(health, 1651, policy), std::nullopt);
}

TEST(TransportLife, IsUnstableByLossWithTheCounts) {
  TransportLife health;
  HealthSignal signal = Signal(Life::kFresh, 100);
  signal.loss = {.verdict = Verdict::kOk, .worse = {.sent = 100, .lost = 20}, .gap = true};
  health.Observe(signal, At(100), kPolicy);
  EXPECT_EQ(CauseOf(health, 100, kPolicy), std::nullopt);
  signal.loss = {.verdict = Verdict::kLossy, .worse = {.sent = 100, .lost = 21}, .gap = true};
  health.Observe(signal, At(200), kPolicy);
  const auto unstable = health.Unstable(At(200), kPolicy);
  ASSERT_TRUE(unstable);
  EXPECT_EQ(unstable->cause, Reason::kLossThresholdExceeded);
  EXPECT_EQ(unstable->loss_lost, 21U);
  EXPECT_EQ(unstable->loss_sent, 100U);
  const TransportFacts facts = health.Facts(true, At(200), kPolicy);
  EXPECT_EQ(facts.verdict, Verdict::kLossy);
  EXPECT_EQ(facts.loss_permille, 210U);
}

TEST(TransportLife, IsUnstableWhileThePolicyBarsItsProtocol) {
  Policy policy;
  policy.allowed_protocols = {"quic"};
  TransportLife life;
  life.Observe(Signal(Life::kFresh, 100), At(100), policy);
  EXPECT_EQ(CauseOf(life, 100, policy), Reason::kPolicyDenied);
  EXPECT_EQ(CauseOf(life, 100, kPolicy), std::nullopt);
}

TEST(TransportLife, IsUnstableByMissingHeartbeats) {
  TransportLife health;
  HealthSignal signal = Signal(Life::kFresh, 100);
  signal.heartbeats_missed = true;
  health.Observe(signal, At(100), kPolicy);
  EXPECT_EQ(CauseOf(health, 100, kPolicy), Reason::kConsecutiveDropExceeded);
}

TEST(TransportLife, UnknownWithALossInTheWindowIsAGap) {
  TransportLife health;
  HealthSignal signal = Signal(Life::kFresh, 100);
  signal.loss = {.verdict = Verdict::kUnknown, .worse = {.sent = 2, .lost = 1}, .gap = true};
  health.Observe(signal, At(100), kPolicy);
  EXPECT_TRUE(health.Facts(true, At(100), kPolicy).probe_gap);
  EXPECT_EQ(CauseOf(health, 100, kPolicy), std::nullopt);  // N10
}

TEST(TransportLife, IsSteadySinceItsVerdictIsOkAndItsLossSmall) {
  TransportLife health;
  HealthSignal signal = Signal(Life::kFresh, 100);
  health.Observe(signal, At(100), kPolicy);
  EXPECT_FALSE(health.steady_since()) << "unknown";
  signal.loss = {.verdict = Verdict::kOk, .worse = {.sent = 100, .lost = 11}, .gap = true};
  health.Observe(signal, At(200), kPolicy);
  EXPECT_FALSE(health.steady_since());
  signal.loss.worse.lost = 10;
  health.Observe(signal, At(300), kPolicy);
  health.Observe(signal, At(400), kPolicy);
  EXPECT_EQ(health.steady_since(), InstantMs(Millis(300)));
  signal.loss.worse.lost = 11;
  health.Observe(signal, At(500), kPolicy);
  EXPECT_FALSE(health.steady_since());
}

TEST(TransportLife, IsCleanSinceItIsNotLossyAnyMore) {
  TransportLife health;
  HealthSignal signal = Signal(Life::kFresh, 100);
  health.Observe(signal, At(100), kPolicy);
  signal.loss.verdict = Verdict::kLossy;
  health.Observe(signal, At(200), kPolicy);
  signal.loss.verdict = Verdict::kOk;
  health.Observe(signal, At(300), kPolicy);
  EXPECT_EQ(health.Facts(true, kNow, kPolicy).clean_since, InstantMs(Millis(300)));
}

TEST(TransportLife, ASmallChangeOfLatencyIsNoNews) {
  TransportLife health;
  HealthSignal signal = Signal(Life::kFresh, 100);
  signal.p95_us = 8000;
  health.Observe(signal, At(100), kPolicy);
  const TransportFacts before = health.Facts(true, kNow, kPolicy);
  signal.p95_us = 8900;
  health.Observe(signal, At(101), kPolicy);
  EXPECT_EQ(health.Facts(true, kNow, kPolicy), before);
  signal.p95_us = 10000;
  health.Observe(signal, At(102), kPolicy);
  EXPECT_EQ(health.Facts(true, kNow, kPolicy).latency_us, 10000U);
}

}  // namespace
}  // namespace jvpn
