// Rows R1 to R10.
#include <gtest/gtest.h>

#include "tests/unit/session/situations.h"

namespace jvpn {
namespace {

TEST(RowR1, MovesTheBindingWhateverTheMark) {
  Timeline t = InRecovering(Policy::Default());
  t.Feed(10'050, Invalid(kB));
  t.Take();
  const Effects effects = t.Feed(kLater, Valid(kB));
  EXPECT_EQ(t.Take(),
            "10100 ReattachResult SUCCESS reattach_success; TransportSwitch A>B; "
            "SSC R>A reattach_success v4");
  EXPECT_EQ(t.machine().active(), kB);
  EXPECT_EQ(t.machine().binding_epoch(), 2U);
  EXPECT_EQ(t.machine().SwitchesInWindow(At(kLater)), 1U);
  EXPECT_EQ(t.machine().SwitchesInWindow(At(kLater + 60'000)), 0U);
  EXPECT_EQ(All<Answer>(effects)[0].kind, Answer::Kind::kAck);
  EXPECT_EQ(All<Answer>(effects)[0].counter, 7U);
}

TEST(RowR1, LetsAValidRequestOnAnUnexpectedPathWin) {
  Timeline t = InRecovering(Policy::Reference(), {kC});
  t.Feed(kLater, Valid(kC));
  EXPECT_EQ(t.Take(),
            "10100 ReattachResult SUCCESS reattach_success; TransportSwitch A>C; "
            "SSC R>A reattach_success v4");
}

TEST(RowR1, TellsTheMeasuresOfTheNewPath) {
  Timeline t = InRecovering(Policy::Reference(), {kC});
  t.Feed(kLater, Valid(kB));
  const Event& commit = t.events().at(1);
  EXPECT_EQ(commit.type, EventType::kTransportSwitch);
  EXPECT_EQ(commit.latency_us, 20'000U);
  EXPECT_EQ(commit.loss_permille, 0U);
  EXPECT_EQ(commit.candidate_count, 1U);
}

TEST(RowR1, FollowsTheGatewayAtTheClient) {
  Timeline t = Timeline::Attached({kB}, Policy::Reference(), Role::kClient);
  t.Dies(10'000, kA);
  t.Take();
  const Effects effects = t.Feed(kLater, Valid(kB));
  EXPECT_EQ(t.machine().active(), kB);
  EXPECT_TRUE(All<Answer>(effects).empty());
}

TEST(RowR2, DegradesAtAnInvalidProofOnTheAttemptPathWhenStrict) {
  Timeline t = InRecovering();
  const Effects effects = t.Feed(kLater, Replayed(kB));
  EXPECT_EQ(t.Take(),
            "10100 ReattachResult DENIED replay_detected; SecurityReplayDetected replay_detected; "
            "TransportSwitchFailed reattach_validation_failed; "
            "SSC R>D reattach_validation_failed(replay_detected) v4");
  EXPECT_EQ(All<EndAttempt>(effects).size(), 1U);
  EXPECT_EQ(t.machine().attempt_target(), std::nullopt);
}

TEST(RowR2, ForgetsFailuresThatAreOneWindowOld) {
  Policy policy = Policy::Reference();
  policy.max_validation_failures = 1;
  policy.validation_failure_window = Millis{2'000};
  Timeline t = InRecovering(policy);
  t.Feed(10'040, Invalid(kB));
  t.Feed(12'040, Invalid(kB));  // the first is exactly 2000 ms old
  EXPECT_EQ(t.machine().state(), State::kDegraded);
}

TEST(RowR2m, KeepsTheFirstCauseAndTheAttempt) {
  Timeline t = InRecovering(Policy::Default());
  t.Feed(10'100, Invalid(kB, Reattach::Proof::kStaleRequest));
  t.Feed(10'200, Invalid(kB));
  t.Run(18'001);
  EXPECT_EQ(t.Take(),
            "10100 ReattachResult DENIED stale_request; SecurityValidationFailed stale_request\n"
            "10200 ReattachResult DENIED bad_proof; SecurityValidationFailed bad_proof\n"
            "18001 TransportSwitchFailed reattach_validation_failed; "
            "SSC R>D reattach_validation_failed(stale_request) v4");
}

TEST(RowR2m, LimitsWhatAFloodOfProofsCanLog) {
  Timeline t = InRecovering(Policy::Default());
  std::size_t answers = 0;
  for (int i = 0; i < 1'000; ++i) answers += All<Answer>(t.Feed(kLater, Invalid(kB))).size();
  EXPECT_EQ(answers, 5U);
  EXPECT_EQ(t.events().size(), 10U);
  t.Run(15'100);
  EXPECT_EQ(ToText(t.events().back()), "DenialSummary bad_proof count=995");
}

Policy NoFailureAllowed(Policy policy) {
  policy.max_validation_failures = 0;
  return policy;
}

TEST(RowR3, EndsOverTheLimit) {
  Timeline t = InRecovering(NoFailureAllowed(Policy::Reference()));
  t.Feed(kLater, Invalid(kB));
  EXPECT_EQ(t.Take(),
            "10100 ReattachResult DENIED bad_proof; SecurityValidationFailed bad_proof; "
            "SSC R>T security_failure(bad_proof) v4; "
            "SessionTerminated security_failure age=10100 tless=100");
}

TEST(RowR3m, EndsAMarkedAttemptOverTheLimit) {
  Timeline at_expiry = InRecovering(NoFailureAllowed(Policy::Default()));
  at_expiry.Feed(kLater, Invalid(kB));
  at_expiry.Take();
  at_expiry.Run(18'001);
  EXPECT_EQ(at_expiry.Take(),
            "18001 SSC R>T security_failure(bad_proof) v4; "
            "SessionTerminated security_failure age=18001 tless=8001");

  Timeline at_loss = InRecovering(NoFailureAllowed(Policy::Default()));
  at_loss.Feed(kLater, Invalid(kB));
  at_loss.Take();
  at_loss.Dies(kLater + 1, kB);
  EXPECT_EQ(at_loss.Take(),
            "10101 SSC R>T security_failure(bad_proof) v4; "
            "SessionTerminated security_failure age=10101 tless=101");
}

TEST(RowR3m, ComesBeforeTerminateOnExpiry) {
  Policy policy = NoFailureAllowed(Policy::Default());
  policy.recovery_expiry_action = ExpiryAction::kTerminate;
  Timeline t = InRecovering(policy);
  t.Feed(kLater, Invalid(kB));
  t.Run(18'001);
  EXPECT_EQ(t.events().back().reason, Reason::kSecurityFailure);
}

TEST(RowR4, DegradesWhenPolicyRefusesAValidRequest) {
  Timeline t = InRecovering();
  TransportFacts barred = Good();
  barred.barred = true;
  t.Learns(10'050, kC, barred);
  t.Feed(kLater, Valid(kC));
  EXPECT_EQ(t.Take(),
            "10100 ReattachResult DENIED policy_denied; TransportSwitchFailed policy_denied; "
            "SSC R>D policy_denied v4");
  t.Feed(11'640, Valid(kB));  // nothing was counted, and the cooldown is over
  EXPECT_EQ(t.machine().state(), State::kAttached);
}

TEST(RowR4, DegradesWhenTheRequestedPathIsUnusable) {
  Timeline t = InRecovering();
  Reattach unusable = Valid(kC);
  unusable.transport_usable = false;
  t.Feed(kLater, unusable);
  EXPECT_EQ(t.Take(),
            "10100 ReattachResult DENIED invalid_transport_candidate; "
            "TransportSwitchFailed policy_denied; "
            "SSC R>D policy_denied(invalid_transport_candidate) v4");
}

TEST(RowR4, KeepsTheCapEvenIfItWasLoweredDuringTheAttempt) {
  Timeline t = InRecovering();
  auto none = std::make_shared<Policy>(Policy::Reference());
  none->max_switches_per_min = 0;
  none->apply_mode = ApplyMode::kStrict;
  t.Feed(kLater, PolicyUpdate{none});
  t.Take();
  t.Feed(kLater + 1, Valid(kB));
  EXPECT_EQ(t.Take(),
            "10101 ReattachResult DENIED policy_denied(switch_rate_limited); "
            "TransportSwitchFailed policy_denied; SSC R>D policy_denied(switch_rate_limited) v4");
}

TEST(RowR5, RetargetsWithoutMovingTheDeadline) {
  Timeline t = InRecovering(Policy::Reference(), {kC});
  const Effects effects = t.Feed(12'000, TransportDied{kB});
  EXPECT_EQ(t.events().back().recovery_deadline_ms, 18'000);
  EXPECT_EQ(t.Take(), "12000 ReattachAttempt C");
  EXPECT_EQ(All<StartAttempt>(effects)[0].target, kC);
  t.Run(18'001);
  EXPECT_EQ(t.Take(),
            "18001 TransportSwitchFailed recovery_window_expired; "
            "SSC R>D recovery_window_expired v4");
}

TEST(RowR5, TriesNoTargetTwiceInAVisit) {
  Timeline t = InRecovering(Policy::Reference(), {kC});
  t.Dies(10'010, kB);
  t.Learns(10'020, kB);
  t.Take();
  t.Dies(10'030, kC);
  EXPECT_EQ(t.Take(),
            "10030 TransportSwitchFailed no_candidate_transports; "
            "SSC R>D no_candidate_transports v4");
}

TEST(RowR5, TriesNoLaterTargetTwiceEither) {
  constexpr TransportId kFourth{3};
  Timeline t = InRecovering(Policy::Reference(), {kC, kFourth});
  t.Dies(10'010, kB);
  t.Dies(10'020, kC);
  t.Learns(10'030, kC);
  t.Take();
  t.Dies(10'040, kFourth);
  EXPECT_EQ(t.Take(),
            "10040 TransportSwitchFailed no_candidate_transports; "
            "SSC R>D no_candidate_transports v4");
}

TEST(RowR6, DegradesWhenTheTargetBecomesLossy) {
  Timeline t = InRecovering();
  t.Learns(kLater, kB, Lossy(300));
  EXPECT_EQ(t.Take(),
            "10100 TransportSwitchFailed no_candidate_transports; "
            "SSC R>D no_candidate_transports v4");
}

TEST(RowR6m, CountsAMarkedAttemptWhoseTargetIsLost) {
  Timeline t = InRecovering(Policy::Default());
  t.Feed(kLater, Invalid(kB));
  t.Take();
  t.Dies(kLater + 1, kB);
  EXPECT_EQ(t.Take(),
            "10101 TransportSwitchFailed reattach_validation_failed; "
            "SSC R>D reattach_validation_failed(bad_proof) v4");
}

TEST(RowR7, DegradesOneMillisecondAfterTheDeadline) {
  Timeline t = InRecovering();
  t.Run(18'000);
  EXPECT_EQ(t.Take(), "");
  t.Run(18'001);
  EXPECT_EQ(t.Take(),
            "18001 TransportSwitchFailed recovery_window_expired; "
            "SSC R>D recovery_window_expired v4");
}

TEST(RowR7m, CountsAMarkedAttemptAtItsEnd) {
  Policy policy = Policy::Default();
  policy.max_validation_failures = 1;
  Timeline t = InRecovering(policy);
  t.Feed(kLater, Invalid(kB));
  t.Run(18'001);
  EXPECT_EQ(t.events().back().detail, Reason::kBadProof);
  t.Feed(20'000, Invalid(kB));
  t.Run(30'000);
  EXPECT_EQ(t.events().back().reason, Reason::kSecurityFailure);
}

TEST(RowR7t, EndsAtExpiryIfPolicySaysSo) {
  Policy policy = Policy::Reference();
  policy.recovery_expiry_action = ExpiryAction::kTerminate;
  Timeline t = InRecovering(policy);
  t.Run(18'001);
  EXPECT_EQ(t.Take(),
            "18001 TransportSwitchFailed recovery_window_expired; "
            "SSC R>T recovery_window_expired v4; "
            "SessionTerminated recovery_window_expired age=18001 tless=8001");
}

TEST(RowR8, KeepsAnAttemptOnAnotherPathGoing) {
  Timeline t = InRecoveringBound();
  t.Dies(kLater, kA);
  EXPECT_EQ(t.Take(), "10100 TransportDead A socket_error");
  EXPECT_EQ(t.machine().attempt_target(), kB);
  EXPECT_EQ(t.machine().TransportlessAge(At(kLater + 9)), Millis{9});
}

TEST(RowR8, TakesTheTargetFromAnInPlaceAttempt) {
  Timeline alone = InRecoveringInPlace();
  alone.Dies(kLater, kA);
  EXPECT_EQ(alone.Take(),
            "10100 TransportDead A socket_error; TransportSwitchFailed no_candidate_transports; "
            "SSC R>D no_candidate_transports v4");

  Timeline with_b = InRecoveringInPlace(Policy::Reference(), {kB});
  with_b.Dies(kLater, kA);
  EXPECT_EQ(with_b.Take(), "10100 TransportDead A socket_error; ReattachAttempt B");
}

TEST(RowR9, NeitherMarksNorCountsAProofFromElsewhere) {
  Timeline t = InRecovering(NoFailureAllowed(Policy::Reference()), {kC});
  t.Feed(kLater, Invalid(kC));
  t.Feed(kLater, Invalid(kX));
  EXPECT_EQ(t.Take(),
            "10100 ReattachAttempt C; ReattachResult DENIED bad_proof; "
            "SecurityValidationFailed bad_proof; ReattachAttempt X; "
            "ReattachResult DENIED bad_proof; SecurityValidationFailed bad_proof");
  t.Run(18'001);
  EXPECT_EQ(t.events().back().reason, Reason::kRecoveryWindowExpired);
}

TEST(RowR10, UpdatesMetricsWhileTheTargetHolds) {
  Timeline t = InRecoveringBound();
  t.Loses(kLater, 10, 100);
  t.Feed(kLater, ActiveStable{});
  t.Learns(kLater, kC);
  t.Dies(kLater, kC);
  TransportFacts unknown = Good();
  unknown.verdict = Verdict::kUnknown;
  t.Learns(kLater, kA, unknown);
  // B is not better than A by the factor any more; that is no reason to stop what was begun.
  TransportFacts better = Good();
  t.Learns(kLater, kA, better);
  t.Learns(kLater, kB);
  EXPECT_EQ(t.Take(), "10100 TransportDead C socket_error candidate");
  EXPECT_EQ(t.machine().attempt_target(), kB);
}

TEST(RowR10, LosesAnInPlaceTargetThatTurnsLossyAgain) {
  Timeline t = InRecoveringInPlace();
  t.Loses(kLater, 40, 100);
  EXPECT_EQ(t.Take(), "");
  t.Learns(kLater + 1, kA, Lossy(400));
  EXPECT_EQ(t.Take(),
            "10101 TransportSwitchFailed no_candidate_transports; "
            "SSC R>D no_candidate_transports v4");
  EXPECT_EQ(t.machine().active(), kA);
}

}  // namespace
}  // namespace jvpn
