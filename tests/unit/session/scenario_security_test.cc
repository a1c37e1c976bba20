// Acceptance scenarios: invalid proofs, replays, lifetimes and the operator (cases 4, 5 and 8).
#include <gtest/gtest.h>

#include "tests/unit/session/timeline.h"

namespace jvpn {
namespace {

constexpr auto kStale = Reattach::Proof::kStaleRequest;

Timeline AttemptOnB(Policy policy) {
  Timeline t = Timeline::Attached({kB}, std::move(policy));
  t.Dies(10'000, kA);
  t.Take();
  return t;
}

TEST(ScenarioS19, EndsTheAttemptAtABadProofWhenStrict) {
  Timeline t = AttemptOnB(Policy::Reference());
  t.Feed(10'040, Invalid(kB));
  t.Feed(11'580, Valid(kB));
  EXPECT_EQ(t.Take(),
            "10040 ReattachResult DENIED bad_proof; SecurityValidationFailed bad_proof; "
            "TransportSwitchFailed reattach_validation_failed; "
            "SSC R>D reattach_validation_failed(bad_proof) v4\n"
            "11540 SSC D>R dead_transport_recovery v5; ReattachAttempt B\n"
            "11580 ReattachResult SUCCESS reattach_success; TransportSwitch A>B; "
            "SSC R>A reattach_success v6");
}

TEST(ScenarioS19, OnlyMarksTheAttemptByDefault) {
  Timeline t = AttemptOnB(Policy::Default());
  t.Feed(10'040, Invalid(kB));
  t.Feed(10'090, Valid(kB));
  EXPECT_EQ(t.Take(),
            "10040 ReattachResult DENIED bad_proof; SecurityValidationFailed bad_proof\n"
            "10090 ReattachResult SUCCESS reattach_success; TransportSwitch A>B; "
            "SSC R>A reattach_success v4");
}

TEST(ScenarioS20, LogsAReplayWhileAttached) {
  Timeline t = Timeline::Attached({kB});
  t.Feed(20'000, Replayed(kX));
  EXPECT_EQ(t.Take(),
            "20000 ReattachAttempt X; ReattachResult DENIED invalid_state_for_reattach; "
            "SecurityReplayDetected replay_detected");
}

TEST(ScenarioS21, RefusesAnExpiredProofWhenStrict) {
  Timeline t = AttemptOnB(Policy::Reference());
  t.Feed(15'100, Invalid(kB, kStale));
  EXPECT_EQ(t.Take(),
            "15100 ReattachResult DENIED stale_request; SecurityValidationFailed stale_request; "
            "TransportSwitchFailed reattach_validation_failed; "
            "SSC R>D reattach_validation_failed(stale_request) v4");
}

TEST(ScenarioS21, CountsAnExpiredProofAtTheWindowEndByDefault) {
  Timeline t = AttemptOnB(Policy::Default());
  t.Feed(15'100, Invalid(kB, kStale));
  t.Run(18'001);
  EXPECT_EQ(t.Take(),
            "15100 ReattachResult DENIED stale_request; SecurityValidationFailed stale_request\n"
            "18001 TransportSwitchFailed reattach_validation_failed; "
            "SSC R>D reattach_validation_failed(stale_request) v4");
}

TEST(ScenarioS22, EndsAtTheFourthFailureWhenStrict) {
  Timeline t = AttemptOnB(Policy::Reference());
  for (const std::int64_t ms : {10'040, 11'580}) t.Feed(ms, Invalid(kB));
  t.Take();
  t.Feed(13'120, Invalid(kB));
  t.Feed(14'660, Invalid(kB));
  EXPECT_EQ(t.Take(),
            "13080 SSC D>R dead_transport_recovery v7; ReattachAttempt B\n"
            "13120 ReattachResult DENIED bad_proof; SecurityValidationFailed bad_proof; "
            "TransportSwitchFailed reattach_validation_failed; "
            "SSC R>D reattach_validation_failed(bad_proof) v8\n"
            "14620 SSC D>R dead_transport_recovery v9; ReattachAttempt B\n"
            "14660 ReattachResult DENIED bad_proof; SecurityValidationFailed bad_proof; "
            "SSC R>T security_failure(bad_proof) v10; "
            "SessionTerminated security_failure age=14660 tless=4660");
}

TEST(ScenarioS22, CountsOneFailurePerWindowByDefault) {
  Timeline t = AttemptOnB(Policy::Default());
  for (const std::int64_t ms : {10'040, 19'541, 29'042}) {
    t.Feed(ms, Invalid(kB));
    t.Feed(ms + 50, Invalid(kB));  // the second of a window changes nothing
  }
  t.Run(37'002);
  t.Take();
  t.Feed(38'543, Invalid(kB));
  t.Run(46'504);
  EXPECT_EQ(t.Take(),
            "37003 TransportSwitchFailed reattach_validation_failed; "
            "SSC R>D reattach_validation_failed(bad_proof) v8\n"
            "38503 SSC D>R dead_transport_recovery v9; ReattachAttempt B\n"
            "38543 ReattachResult DENIED bad_proof; SecurityValidationFailed bad_proof\n"
            "46504 SSC R>T security_failure(bad_proof) v10; "
            "SessionTerminated security_failure age=46504 tless=36504");
}

TEST(ScenarioS23, CountsWhatAnOutsiderSendsAndTakesTheClient) {
  Timeline t = Timeline::Attached({});
  t.Dies(10'000, kA);
  t.Take();
  std::uint32_t sent = 0;
  for (std::int64_t ms = 10'010; ms < 13'000; ms += 10, ++sent) t.Feed(ms, Invalid(kX));
  t.Learns(13'000, kB);
  t.Feed(13'040, Valid(kB));
  t.Run(24'000);
  std::uint32_t logged = 0;
  std::uint32_t summarised = 0;
  std::string edges;
  for (const Event& event : t.events()) {
    if (event.type == EventType::kReattachResult && event.success == false) ++logged;
    if (event.type == EventType::kDenialSummary) summarised += *event.count;
    if (event.type == EventType::kSessionStateChange) edges += ScenarioText(event) + '\n';
  }
  EXPECT_EQ(logged, 10U);  // a burst of 5, then 2 a second
  EXPECT_EQ(logged + summarised, sent);
  EXPECT_EQ(edges, "SSC D>R dead_transport_recovery v4\nSSC R>A reattach_success v5\n");
}

TEST(ScenarioS23, SummarisesBeforeTheEnd) {
  Timeline t = Timeline::Attached({});
  for (int i = 0; i < 8; ++i) t.Feed(10'000, Invalid(kX));
  t.Take();
  t.Feed(10'100, OperatorTerminate{});
  EXPECT_EQ(t.Take(),
            "10100 DenialSummary invalid_state_for_reattach count=3; "
            "SSC A>T operator_terminated v2; "
            "SessionTerminated operator_terminated age=10100 tless=0");
}

Policy ShortLifetime() {
  Policy policy = Policy::Reference();
  policy.max_lifetime = Millis{30'000};
  return policy;
}

TEST(ScenarioS24, EndsAnAttachedSessionAtItsLifetime) {
  Timeline t = Timeline::Attached({kB}, ShortLifetime());
  t.Run(30'000);
  EXPECT_EQ(t.Take(), "");
  t.Run(30'001);
  EXPECT_EQ(t.Take(),
            "30001 SSC A>T session_lifetime_exceeded v2; "
            "SessionTerminated session_lifetime_exceeded age=30001 tless=0");
}

TEST(ScenarioS24, EndsARecoveringSessionAtItsLifetime) {
  Timeline t = Timeline::Attached({kB}, ShortLifetime());
  t.Dies(28'000, kA);
  t.Run(30'001);
  EXPECT_EQ(t.Take(),
            "28000 TransportDead A socket_error; SSC A>V transport_dead v2; "
            "SSC V>R dead_transport_recovery v3; ReattachAttempt B\n"
            "30001 SSC R>T session_lifetime_exceeded v4; "
            "SessionTerminated session_lifetime_exceeded age=30001 tless=2001");
}

TEST(ScenarioS24, EndsSessionsInBirthVolatileAndDegradedToo) {
  Policy patient = ShortLifetime();
  patient.handshake_timeout = patient.transport_lost_ttl = Millis{60'000};
  Timeline birth(patient);
  birth.Run(30'001);
  EXPECT_EQ(birth.Take(),
            "30001 SSC B>T session_lifetime_exceeded v1; "
            "SessionTerminated session_lifetime_exceeded age=30001 tless=30001");

  Timeline in_volatile = Timeline::Attached({}, ShortLifetime());
  in_volatile.Loses(29'000, 35, 100);
  in_volatile.Take();
  in_volatile.Run(30'001);
  EXPECT_EQ(in_volatile.Take(),
            "30001 SSC V>T session_lifetime_exceeded v3; "
            "SessionTerminated session_lifetime_exceeded age=30001 tless=0");

  Timeline degraded = Timeline::Attached({}, ShortLifetime());
  degraded.Dies(29'000, kA);
  degraded.Take();
  degraded.Run(30'001);
  EXPECT_EQ(degraded.Take(),
            "30001 SSC D>T session_lifetime_exceeded v4; "
            "SessionTerminated session_lifetime_exceeded age=30001 tless=1001");
}

// FM-5-c, FM-5-d: nothing extends a life, and every successor has the same one.
TEST(ScenarioS25, EndsEverySuccessorAtTheSameAge) {
  for (int life = 0; life < 3; ++life) {
    Timeline t = Timeline::Attached({kB}, ShortLifetime());
    t.Dies(20'000, kA);
    t.Feed(20'040, Valid(kB));
    t.Feed(25'000, PolicyUpdate{std::make_shared<const Policy>(ShortLifetime())});
    t.Take();
    t.Run(30'000);
    EXPECT_EQ(t.Take(), "");
    t.Run(30'001);
    EXPECT_EQ(t.Take(),
              "30001 SSC A>T session_lifetime_exceeded v5; "
              "SessionTerminated session_lifetime_exceeded age=30001 tless=0");
  }
}

TEST(ScenarioS30, EndsOnceAtTheOperatorsCommand) {
  Timeline t = Timeline::Attached({kB});
  t.Dies(28'000, kA);
  t.Take();
  const Effects effects = t.Feed(30'000, OperatorTerminate{});
  EXPECT_EQ(All<Teardown>(effects).size(), 1U);
  t.Feed(30'005, OperatorTerminate{});
  t.Feed(30'010, Valid(kB));
  t.Run(1'000'000);
  EXPECT_EQ(t.Take(),
            "30000 SSC R>T operator_terminated v4; "
            "SessionTerminated operator_terminated age=30000 tless=2000\n"
            "30010 ReattachResult DENIED invalid_state_for_reattach");
}

TEST(ScenarioN08, EndsWhenTheCommandComesBeforeTheRequest) {
  Timeline t = AttemptOnB(Policy::Reference());
  t.Feed(10'040, OperatorTerminate{});
  t.Feed(10'040, Valid(kB));
  EXPECT_EQ(t.Take(),
            "10040 SSC R>T operator_terminated v4; "
            "SessionTerminated operator_terminated age=10040 tless=40; "
            "ReattachResult DENIED invalid_state_for_reattach");
}

TEST(ScenarioN08, EndsWhenTheRequestComesBeforeTheCommand) {
  Timeline t = AttemptOnB(Policy::Reference());
  t.Feed(10'040, Valid(kB));
  t.Feed(10'040, OperatorTerminate{});
  EXPECT_EQ(t.Take(),
            "10040 ReattachResult SUCCESS reattach_success; TransportSwitch A>B; "
            "SSC R>A reattach_success v4; SSC A>T operator_terminated v5; "
            "SessionTerminated operator_terminated age=10040 tless=0");
}

TEST(ScenarioN12, RepeatsALostAckAndDeniesTheCopyFromElsewhere) {
  Timeline t = AttemptOnB(Policy::Reference());
  t.Feed(10'040, Valid(kB));
  Reattach copy = StaleEpoch(kB);  // the commit has raised the epoch
  copy.proof = Reattach::Proof::kReplayDetected;
  copy.same_as_accepted = true;
  for (const std::int64_t ms : {10'100, 10'300}) {
    const auto answers = All<Answer>(t.Feed(ms, copy));
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].kind, Answer::Kind::kCachedAck);
  }
  copy.transport = kX;
  t.Feed(10'400, copy);
  EXPECT_EQ(t.Take(),
            "10040 ReattachResult SUCCESS reattach_success; TransportSwitch A>B; "
            "SSC R>A reattach_success v4\n"
            "10400 ReattachAttempt X; ReattachResult DENIED invalid_state_for_reattach; "
            "SecurityReplayDetected replay_detected");
}

}  // namespace
}  // namespace jvpn
