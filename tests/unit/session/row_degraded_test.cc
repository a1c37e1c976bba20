// Rows D1 to D10.
#include <gtest/gtest.h>

#include "tests/unit/session/situations.h"

namespace jvpn {
namespace {

TEST(RowD1, OpensAnAttempt) {
  Timeline t = InDegraded();
  t.Learns(kLater, kB);
  EXPECT_EQ(t.Take(), "10100 SSC D>R dead_transport_recovery v4; ReattachAttempt B");
}

TEST(RowD2, WaitsInSilence) {
  Timeline t = InDegraded();
  t.Learns(kLater, kB, Lossy(300));
  TransportFacts stale = Good();
  stale.fresh = false;
  t.Learns(kLater + 1, kB, stale);
  TransportFacts gap = Good();
  gap.verdict = Verdict::kUnknown;
  gap.probe_gap = true;
  t.Learns(kLater + 2, kB, gap);
  EXPECT_EQ(t.Take(), "");
  gap.probe_gap = false;
  t.Learns(kLater + 3, kB, gap);
  EXPECT_EQ(t.Take(), "10103 SSC D>R dead_transport_recovery v4; ReattachAttempt B");
}

// A commit at 10 000, and a cap of one a minute.
Timeline RateLimited() {
  Policy policy = Policy::Reference();
  policy.max_switches_per_min = 1;
  Timeline t = Timeline::Attached({kB}, policy);
  t.Feed(10'000, Valid(kB));
  t.Dies(20'000, kB);
  t.Take();
  return t;
}

TEST(RowD3, DeniesAgainAfterTheCooldownAndOpensWhenTheWindowSlides) {
  Timeline t = RateLimited();  // nothing eligible at 20 000: V2
  t.Learns(21'000, kC);
  t.Learns(22'000, kA);
  t.Run(70'000);
  EXPECT_EQ(t.Take(),
            "21000 TransportSwitchDenied switch_rate_limited\n"
            "22500 TransportSwitchDenied switch_rate_limited\n"
            "70000 SSC D>R dead_transport_recovery v7; ReattachAttempt A");
}

TEST(RowD3, ArmsTheCooldownForAuthenticatedRequestsToo) {
  Policy policy = Policy::Reference();
  policy.max_switches_per_min = 1;
  Timeline t = Timeline::Attached({kB, kC}, policy);
  t.Feed(10'000, Valid(kB));
  t.Dies(69'000, kB);  // V4: cooldown until 70 500, the window slides at 70 000
  t.Take();
  t.Feed(70'100, Valid(kC));
  t.Run(70'500);
  EXPECT_EQ(t.Take(),
            "70100 ReattachAttempt C; ReattachResult DENIED policy_denied(cooldown_active); "
            "TransportSwitchDenied cooldown_active\n"
            "70500 SSC D>R dead_transport_recovery v7; ReattachAttempt C");
}

TEST(RowD4, DeniesAnAuthenticatedRequestDuringTheCooldown) {
  Timeline t = InRecovering();
  t.Dies(10'050, kB);  // R6: cooldown until 11 550
  t.Take();
  t.Feed(kLater, Valid(kC));
  t.Run(11'550);
  EXPECT_EQ(t.Take(),
            "10100 ReattachAttempt C; ReattachResult DENIED policy_denied(cooldown_active); "
            "TransportSwitchDenied cooldown_active\n"
            "11550 SSC D>R dead_transport_recovery v5; ReattachAttempt C");
}

TEST(RowD5, DeniesWhatPolicyBarsOncePerCooldown) {
  Timeline t = InDegraded();
  TransportFacts barred = Good();
  barred.barred = true;
  for (std::int64_t ms = kLater; ms < 13'000; ms += 100) t.Learns(ms, kB, barred);
  EXPECT_EQ(t.Take(),
            "10100 TransportSwitchDenied policy_denied\n"
            "11600 TransportSwitchDenied policy_denied");
}

TEST(RowD6, StartsTheClock) {
  Timeline t = InDegradedBound();
  t.Dies(kLater, kA);
  EXPECT_EQ(t.Take(), "10100 TransportDead A socket_error");
  EXPECT_EQ(t.machine().state(), State::kDegraded);
  EXPECT_EQ(t.machine().TransportlessAge(At(kLater + 5)), Millis{5});
}

TEST(RowD6, WaitsForTheEndOfADenial) {
  Policy policy = Policy::Reference();
  policy.max_switches_per_min = 1;
  Timeline t = Timeline::Attached({kB, kC}, policy);
  t.Feed(10'000, Valid(kB));
  t.Loses(20'000, 35, 100);
  t.Take();
  t.Dies(20'100, kB);
  t.Run(21'500);
  EXPECT_EQ(t.Take(),
            "20100 TransportDead B socket_error\n"
            "21500 TransportSwitchDenied switch_rate_limited");
}

TEST(RowD7, UpdatesMetricsOnly) {
  Timeline t = InDegradedBound();
  t.Loses(kLater, 900, 1'000);
  TransportFacts unknown = Good();
  unknown.verdict = Verdict::kUnknown;
  t.Learns(kLater, kA, unknown);
  EXPECT_EQ(t.Take(), "");
}

TEST(RowD8, RevalidatesAHealedActiveInPlace) {
  Timeline t = InDegradedBound();
  t.Feed(kLater, ActiveStable{});
  t.Feed(kLater + 40, Valid(kA));
  EXPECT_EQ(t.Take(),
            "10100 SSC D>R loss_recovery v4; ReattachAttempt A\n"
            "10140 ReattachResult SUCCESS reattach_success; TransportRevalidated A; "
            "SSC R>A reattach_success v5");
}

TEST(RowD8, MayReturnToThePreviousPathThoughSwitchingIsOff) {
  Policy policy = Policy::Reference();
  policy.switching_enabled = false;
  Timeline t = InDegraded(policy);
  t.Learns(kLater, kA);
  EXPECT_EQ(t.Take(), "10100 SSC D>R dead_transport_recovery v4; ReattachAttempt A");
}

TEST(RowD8, WantsACleanStretchOfAPathThatDiedBefore) {
  Timeline t = Timeline::Attached({kB});
  t.Dies(1'000, kB);
  t.Loses(5'000, 35, 100);
  t.Run(9'001);
  t.Take();
  TransportFacts back = Good();  // its owner need not remember the death
  back.clean_since = At(10'000);
  t.Learns(10'000, kB, back);
  t.Run(12'000);
  EXPECT_EQ(t.Take(), "12000 SSC D>R loss_recovery v4; ReattachAttempt B");
}

TEST(RowD9, CommitsAValidRequestAtOnce) {
  Timeline t = InDegraded();
  t.Feed(kLater, Valid(kB));
  EXPECT_EQ(t.Take(),
            "10100 SSC D>R dead_transport_recovery v4; ReattachAttempt B; "
            "ReattachResult SUCCESS reattach_success; TransportSwitch A>B; "
            "SSC R>A reattach_success v5");
}

TEST(RowD10, Denies) {
  Timeline t = InDegraded();
  t.Feed(kLater, Replayed(kB));
  EXPECT_EQ(t.Take(),
            "10100 ReattachAttempt B; ReattachResult DENIED replay_detected; "
            "SecurityReplayDetected replay_detected");
}

}  // namespace
}  // namespace jvpn
