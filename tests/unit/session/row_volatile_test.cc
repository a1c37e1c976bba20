// Rows V1 to V12.
#include <gtest/gtest.h>

#include "tests/unit/session/situations.h"

namespace jvpn {
namespace {

TEST(RowV1, SolicitsTheTargetWithinItsWindow) {
  Timeline t = InVolatile();
  const Effects effects = t.Feed(kLater, CandidateUpdate{kB, Good()});
  EXPECT_EQ(t.events().back().recovery_deadline_ms, kLater + 8'000);
  EXPECT_EQ(t.Take(), "10100 SSC V>R loss_recovery v3; ReattachAttempt B");
  EXPECT_EQ(All<StartAttempt>(effects)[0].cause, ReattachCause::kQuality);
}

TEST(RowV1, SaysWhenAPolicyForcedIt) {
  Timeline t = Timeline::Attached({kB});
  t.Feed(10'000, Instability{Reason::kPolicyDenied});
  EXPECT_EQ(t.Take(),
            "10000 SSC A>V policy_denied v2; SSC V>R policy_forced_recovery v3; "
            "ReattachAttempt B");
}

TEST(RowV1, PrefersTheTransportThatTheGatewayNames) {
  Timeline t = Timeline::Attached({kB, kC}, Policy::Reference(), Role::kClient);
  t.Feed(10'000, TransportDied{kA, Reason::kPeerSignal, kC});
  EXPECT_EQ(t.machine().attempt_target(), kC);
}

TEST(RowV1, DoesNotPreferWhatIsNotEligible) {
  Timeline t = Timeline::Attached({kB}, Policy::Reference(), Role::kClient);
  t.Learns(9'000, kC, Lossy(400));
  t.Feed(10'000, TransportDied{kA, Reason::kPeerSignal, kC});
  EXPECT_EQ(t.machine().attempt_target(), kB);
}

TEST(RowV2, DegradesAtOnceWhenNothingIsLeft) {
  Timeline t = Timeline::Attached({});
  t.Learns(9'000, kB, Lossy(210));  // C-48: not even to a dead active
  t.Dies(10'000, kA);
  const Event denial = t.events().at(2);
  EXPECT_EQ(t.Take(),
            "10000 TransportDead A socket_error; SSC A>V transport_dead v2; "
            "TransportSwitchDenied no_valid_candidate; SSC V>D no_candidate_transports v3");
  EXPECT_EQ(denial.candidate_count, 1U);
  EXPECT_EQ(denial.switch_count_window, 0U);
  EXPECT_EQ(denial.retry_after_ms, 0);
}

TEST(RowV3, ReportsNoCandidateOncePerEpisode) {
  Timeline t = Timeline::Attached({});
  t.Loses(10'000, 35, 100);
  t.Learns(10'100, kB, Lossy(300));
  t.Learns(10'200, kB, Lossy(310));
  EXPECT_EQ(t.Take(),
            "10000 SSC A>V loss_threshold_exceeded v2; TransportSwitchDenied no_valid_candidate");
}

TEST(RowV3, TakesACandidateAsSoonAsItHasBeenCleanLongEnough) {
  Timeline t = InVolatile();
  TransportFacts healing = Good();
  healing.failed_before = true;
  healing.clean_since = At(9'500);
  t.Learns(kLater, kB, healing);
  EXPECT_EQ(t.Take(), "");
  t.Run(12'000);
  EXPECT_EQ(t.Take(), "11500 SSC V>R loss_recovery v3; ReattachAttempt B");
}

TEST(RowV4, DegradesAtTheCap) {
  Policy policy = Policy::Reference();
  policy.max_switches_per_min = 1;
  Timeline t = Timeline::Attached({kB, kC}, policy);
  t.Feed(10'000, Valid(kB));
  t.Take();
  t.Dies(20'000, kB);
  const Event denial = t.events().at(2);
  EXPECT_EQ(t.Take(),
            "20000 TransportDead B socket_error; SSC A>V transport_dead v5; "
            "TransportSwitchDenied switch_rate_limited; SSC V>D switch_rate_limited v6");
  EXPECT_EQ(denial.candidate_count, 1U);
  EXPECT_EQ(denial.switch_count_window, 1U);
  EXPECT_EQ(denial.retry_after_ms, 50'000);
}

TEST(RowV4, HoldsNoClockWhenTheCapIsZero) {
  Policy policy = Policy::Reference();
  policy.max_switches_per_min = 0;
  Timeline t = Timeline::Attached({kB}, policy);
  t.Dies(10'000, kA);
  t.Take();
  t.Run(25'001);
  EXPECT_EQ(t.Take(),
            "25001 SSC D>T transport_ttl_exceeded v4; "
            "SessionTerminated transport_ttl_exceeded age=25001 tless=15001");
}

TEST(RowV4, LetsTheClockStandStillWhileOnlyTheRateIsInTheWay) {
  Policy policy = Policy::Reference();
  policy.max_switches_per_min = 1;
  Timeline t = Timeline::Attached({kB, kC}, policy);
  t.Feed(10'000, Valid(kB));
  t.Dies(10'100, kB);
  t.Take();
  t.Run(69'999);
  EXPECT_EQ(t.Take(), "");
  EXPECT_EQ(t.machine().TransportlessAge(At(69'999)), Millis{0});
  t.Run(70'500);
  EXPECT_EQ(t.Take(), "70000 SSC D>R dead_transport_recovery v7; ReattachAttempt C");
  EXPECT_EQ(t.machine().TransportlessAge(At(70'500)), Millis{500});
}

TEST(RowV5, RetriesExactlyAtTheEndOfTheCooldown) {
  Timeline t = Timeline::Attached({kB, kC});
  t.Feed(10'000, Valid(kB));
  t.Take();
  t.Dies(10'500, kB);
  EXPECT_EQ(t.events().at(2).retry_after_ms, 1'000);
  EXPECT_EQ(t.Take(),
            "10500 TransportDead B socket_error; SSC A>V transport_dead v5; "
            "TransportSwitchDenied cooldown_active");
  TransportFacts slow = Good();
  slow.latency_us = 90'000;
  t.Learns(10'600, kA, slow);  // waits for the end, and is denied no second time
  EXPECT_EQ(t.Take(), "");
  t.Run(11'500);
  EXPECT_EQ(t.Take(), "11500 SSC V>R dead_transport_recovery v6; ReattachAttempt C");
}

TEST(RowV6, DegradesWhenAllCandidatesAreBarred) {
  Policy policy = Policy::Reference();
  policy.switching_enabled = false;
  Timeline t = Timeline::Attached({kB, kC}, policy);
  t.Dies(10'000, kA);
  EXPECT_EQ(t.events().at(2).retry_after_ms, 1'500);
  EXPECT_EQ(t.Take(),
            "10000 TransportDead A socket_error; SSC A>V transport_dead v2; "
            "TransportSwitchDenied policy_denied; SSC V>D policy_denied v3");
}

TEST(RowV6, ComesBeforeTheRateGate) {
  Policy policy = Policy::Reference();
  policy.switching_enabled = false;
  policy.max_switches_per_min = 0;
  Timeline t = Timeline::Attached({kB}, policy);
  t.Dies(10'000, kA);
  EXPECT_EQ(t.events().at(2).reason, Reason::kPolicyDenied);
}

TEST(RowV4, ComesBeforeTheCooldownGate) {
  Policy policy = Policy::Reference();
  policy.max_switches_per_min = 1;
  Timeline t = Timeline::Attached({kB, kC}, policy);
  t.Feed(10'000, Valid(kB));
  t.Take();
  t.Dies(10'100, kB);
  EXPECT_EQ(t.events().at(2).reason, Reason::kSwitchRateLimited);
}

TEST(RowV7, DegradesOneMillisecondAfterTheLimit) {
  Timeline t = InVolatile();
  t.Run(14'000);
  EXPECT_EQ(t.Take(), "");
  t.Run(14'001);
  EXPECT_EQ(t.Take(), "14001 SSC V>D volatile_persisted v3");
}

TEST(RowV8, EvaluatesAtOnceWhenTheActiveDies) {
  Timeline t = InVolatile();
  TransportFacts fifteen = Good();
  fifteen.loss_permille = 300;  // not better than 35 % by the factor, but better than nothing
  t.Learns(10'050, kB, fifteen);
  EXPECT_EQ(t.Take(), "");
  t.Dies(kLater, kA);
  EXPECT_EQ(t.Take(),
            "10100 TransportDead A socket_error; SSC V>R dead_transport_recovery v3; "
            "ReattachAttempt B");
}

TEST(RowV9, UpdatesMetricsOnly) {
  Timeline t = InVolatile();
  t.Loses(kLater, 500, 1'000);
  TransportFacts unknown = Good();
  unknown.verdict = Verdict::kUnknown;
  t.Learns(kLater + 1, kA, unknown);
  EXPECT_EQ(t.Take(), "");
  EXPECT_EQ(t.machine().state(), State::kVolatile);
}

TEST(RowV9, WaivesHysteresisOnceTheCauseIsNotLossAlone) {
  Timeline t = InVolatile();
  TransportFacts thirty = Good();
  thirty.loss_permille = 300;
  t.Learns(10'050, kB, thirty);
  EXPECT_EQ(t.Take(), "");
  t.Feed(10'060, Instability{Reason::kConsecutiveDropExceeded});
  t.Learns(10'070, kB, thirty);
  EXPECT_EQ(t.Take(), "10070 SSC V>R loss_recovery v3; ReattachAttempt B");
}

TEST(RowV10, EvaluatesAStableActiveInPlace) {
  Timeline t = InVolatile();
  t.Feed(kLater, ActiveStable{});
  EXPECT_EQ(t.Take(), "10100 SSC V>R loss_recovery v3; ReattachAttempt A");
}

TEST(RowV11, TakesTheRequestedPathThoughAnotherIsBetter) {
  Timeline t = InVolatile();
  TransportFacts slow = Good();
  slow.latency_us = 900'000;
  slow.loss_permille = 320;  // hysteresis is for our own choice
  t.Learns(kLater, kB, slow);
  EXPECT_EQ(t.Take(), "");
  t.Feed(kLater + 1, Valid(kB, Reason::kLossThresholdExceeded));
  EXPECT_EQ(t.Take(),
            "10101 SSC V>R loss_recovery v3; ReattachAttempt B; "
            "ReattachResult SUCCESS reattach_success; TransportSwitch A>B; "
            "SSC R>A reattach_success v4");
}

TEST(RowV11, DeniesABarredPathAndEvaluatesWithoutIt) {
  Timeline t = InVolatile();
  TransportFacts barred = Good();
  barred.barred = true;
  barred.fresh = false;  // the request itself makes it a candidate
  t.Learns(kLater, kB, barred);
  EXPECT_EQ(t.machine().state(), State::kVolatile);
  const Effects effects = t.Feed(10'200, Valid(kB));
  EXPECT_EQ(t.Take(), "10200 ReattachAttempt B; ReattachResult DENIED policy_denied");
  EXPECT_EQ(All<Answer>(effects)[0].kind, Answer::Kind::kDeny);
}

TEST(RowV11, NamesTheGateThatIsClosed) {
  Timeline t = Timeline::Attached({kB, kC});
  t.Feed(10'000, Valid(kB));
  t.Dies(10'500, kB);
  t.Take();
  t.Feed(10'600, Valid(kC));
  EXPECT_EQ(t.Take(),
            "10600 ReattachAttempt C; ReattachResult DENIED policy_denied(cooldown_active); "
            "TransportSwitchDenied cooldown_active");
}

TEST(RowV11, NeverBindsALossyOrUnusablePath) {
  Timeline t = InVolatile();
  t.Learns(kLater, kB, Lossy(250));
  t.Feed(kLater + 1, Valid(kB));
  Reattach unusable = Valid(kC);
  unusable.transport_usable = false;
  t.Feed(kLater + 2, unusable);
  t.Feed(kLater + 3, Valid(kX));
  EXPECT_EQ(t.Take(),
            "10101 ReattachAttempt B; ReattachResult DENIED invalid_transport_candidate\n"
            "10102 ReattachAttempt C; ReattachResult DENIED invalid_transport_candidate\n"
            "10103 ReattachAttempt X; ReattachResult DENIED invalid_transport_candidate");
}

TEST(RowV12, DeniesWithTheExactCode) {
  Timeline t = InVolatile();
  t.Feed(kLater, Invalid(kB));
  t.Feed(kLater, Replayed(kB));
  t.Feed(kLater, Invalid(kB, Reattach::Proof::kStaleRequest));
  t.Feed(kLater, Invalid(kB, Reattach::Proof::kKeyExpired));
  EXPECT_EQ(t.Take(),
            "10100 ReattachAttempt B; ReattachResult DENIED bad_proof; "
            "SecurityValidationFailed bad_proof; "
            "ReattachAttempt B; ReattachResult DENIED replay_detected; "
            "SecurityReplayDetected replay_detected; "
            "ReattachAttempt B; ReattachResult DENIED stale_request; "
            "SecurityValidationFailed stale_request; "
            "ReattachAttempt B; ReattachResult DENIED key_expired; "
            "SecurityValidationFailed key_expired");
  EXPECT_EQ(t.machine().state_version(), 2U);
}

}  // namespace
}  // namespace jvpn
