// Rows A1 to A7.
#include <gtest/gtest.h>

#include "tests/unit/session/situations.h"

namespace jvpn {
namespace {

TEST(RowA1, UnbindsStartsTheClockAndEvaluates) {
  Timeline t = Timeline::Attached({kB});
  const Effects effects = t.Feed(10'000, TransportDied{kA, Reason::kKeyExhausted});
  EXPECT_EQ(t.Take(),
            "10000 TransportDead A key_exhausted; SSC A>V transport_dead v2; "
            "SSC V>R dead_transport_recovery v3; ReattachAttempt B");
  EXPECT_EQ(All<Bind>(effects)[0].transport, TransportId::kNone);
  ASSERT_EQ(All<StartAttempt>(effects).size(), 1U);
  EXPECT_EQ(All<StartAttempt>(effects)[0].target, kB);
  EXPECT_EQ(All<StartAttempt>(effects)[0].cause, ReattachCause::kDead);
  EXPECT_EQ(t.machine().TransportlessAge(At(10'700)), Millis{700});
}

TEST(RowA1, SaysFromWhereAndToHowMany) {
  Timeline t = Timeline::Attached({kB, kC});
  t.Dies(10'000, kA);
  const Event& edge = t.events().at(1);
  EXPECT_EQ(edge.previous_transport, kA);
  EXPECT_EQ(edge.candidate_count, 2U);
}

TEST(RowA2, KeepsTheBindingAndNamesTheCause) {
  for (const Reason cause :
       {Reason::kLossThresholdExceeded, Reason::kConsecutiveDropExceeded, Reason::kHeartbeatTimeout,
        Reason::kLatencyThresholdExceeded, Reason::kPolicyDenied}) {
    Timeline t = Timeline::Attached({});
    EXPECT_TRUE(All<Bind>(t.Feed(10'000, Instability{cause})).empty());
    EXPECT_EQ(t.Take(), "10000 SSC A>V " + std::string(Name(cause)) +
                            " v2; TransportSwitchDenied no_valid_candidate");
    EXPECT_EQ(t.machine().active(), kA);
  }
}

TEST(RowA2, IsDegradationEvenIfTheCauseIsAHeartbeatTimeout) {
  Timeline t = Timeline::Attached({});
  t.Feed(10'000, Instability{Reason::kHeartbeatTimeout});
  EXPECT_EQ(t.events().front().failure_class, FailureClass::kDegradation);
  t.Dies(10'001, kA, Reason::kHeartbeatTimeout);
  EXPECT_EQ(t.events().at(2).failure_class, FailureClass::kTransport);
}

TEST(RowA3, UpdatesTablesAndNothingElse) {
  Timeline t = Timeline::Attached({});
  TransportFacts unknown = Good();
  unknown.verdict = Verdict::kUnknown;
  t.Learns(10'000, kA, unknown);
  t.Feed(10'000, ActiveStable{});
  t.Learns(10'000, kB, Lossy(500));
  EXPECT_EQ(t.Take(), "");
  EXPECT_EQ(t.machine().candidates().Get(kB).loss_permille, 500U);
  t.Dies(10'001, kB, Reason::kHeartbeatTimeout);
  EXPECT_EQ(t.Take(), "10001 TransportDead B heartbeat_timeout candidate");
  t.Dies(10'002, kB);  // is dead already
  EXPECT_EQ(t.Take(), "");
}

TEST(RowA4, DeniesWhatIsInvalidAndNamesOnlyAuthenticReplays) {
  Timeline t = Timeline::Attached({kB});
  t.Feed(10'000, Invalid(kB));
  EXPECT_EQ(t.Take(), "10000 ReattachAttempt B; ReattachResult DENIED invalid_state_for_reattach");
  t.Feed(10'001, Replayed(kB));
  EXPECT_EQ(t.Take(),
            "10001 ReattachAttempt B; ReattachResult DENIED invalid_state_for_reattach; "
            "SecurityReplayDetected replay_detected");
  EXPECT_EQ(t.machine().state(), State::kAttached);
}

TEST(RowA5, BelievesAClientThatSaysDead) {
  Timeline t = Timeline::Attached({});
  t.Feed(10'000, Valid(kB));  // a path that the gateway has not known
  EXPECT_EQ(t.Take(),
            "10000 TransportDead A peer_signal; SSC A>V transport_dead v2; "
            "SSC V>R dead_transport_recovery v3; ReattachAttempt B; "
            "ReattachResult SUCCESS reattach_success; TransportSwitch A>B; "
            "SSC R>A reattach_success v4");
}

TEST(RowA5, RevalidatesThePathThatTheClientSaysIsBackAlready) {
  Timeline t = Timeline::Attached({kB});
  t.Feed(10'000, Valid(kA));
  EXPECT_EQ(t.Take(),
            "10000 TransportDead A peer_signal; SSC A>V transport_dead v2; "
            "SSC V>R dead_transport_recovery v3; ReattachAttempt A; "
            "ReattachResult SUCCESS reattach_success; TransportRevalidated A; "
            "SSC R>A reattach_success v4");
}

TEST(RowA6, BelievesAClientThatComplainsOfQuality) {
  Timeline t = Timeline::Attached({kB});
  const Effects effects = t.Feed(10'000, Valid(kB, Reason::kConsecutiveDropExceeded));
  EXPECT_EQ(t.Take(),
            "10000 SSC A>V consecutive_drop_exceeded v2; SSC V>R loss_recovery v3; "
            "ReattachAttempt B; ReattachResult SUCCESS reattach_success; TransportSwitch A>B; "
            "SSC R>A reattach_success v4");
  EXPECT_EQ(All<Bind>(effects)[0].retired, kA);
}

TEST(RowA6, StaysVolatileWhenTheRequestedPathIsBarred) {
  Timeline t = Timeline::Attached({});
  TransportFacts barred = Good();
  barred.barred = true;
  t.Learns(9'000, kB, barred);
  t.Feed(10'000, Valid(kB, Reason::kLossThresholdExceeded));
  EXPECT_EQ(t.Take(),
            "10000 SSC A>V loss_threshold_exceeded v2; ReattachAttempt B; "
            "ReattachResult DENIED policy_denied; TransportSwitchDenied no_valid_candidate");
}

TEST(RowA7, RepeatsTheAckForACopyOnTheBoundPath) {
  Timeline t = Timeline::Attached({});
  Reattach copy = StaleEpoch(kA);
  copy.same_as_accepted = true;
  const Effects effects = t.Feed(10'000, copy);
  ASSERT_EQ(effects.size(), 1U);
  EXPECT_EQ(std::get<Answer>(effects[0]).kind, Answer::Kind::kCachedAck);
  EXPECT_EQ(std::get<Answer>(effects[0]).counter, copy.counter);
}

}  // namespace
}  // namespace jvpn
