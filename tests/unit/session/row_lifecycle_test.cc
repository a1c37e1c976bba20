// Rows G, B, P and E1: what is the same in every state.
#include <gtest/gtest.h>

#include "tests/unit/session/situations.h"

namespace jvpn {
namespace {

TEST(RowG1, EndsWhenOlderThanTheLifetimeInEveryState) {
  for (Timeline& t : EveryLiveState(WithLifetime(20'000))) {
    t.Run(20'000);
    EXPECT_NE(t.machine().state(), State::kTerminated);
    t.Run(20'001);
    EXPECT_EQ(t.events().back().reason, Reason::kSessionLifetimeExceeded);
    EXPECT_EQ(t.machine().state(), State::kTerminated);
  }
}

TEST(RowG2, EndsAfterTheTtlInBirthVolatileDegradedAndRecovering) {
  Policy policy = Policy::Reference();
  policy.transport_lost_ttl = policy.handshake_timeout = Millis{8'000};
  policy.recovery_window = Millis{8'000};
  policy.volatile_to_degraded = Millis{60'000};
  policy.switch_cooldown = Millis{7'999};

  Timeline birth(policy);
  birth.Run(8'001);
  EXPECT_EQ(birth.Take(),
            "8001 SSC B>T transport_ttl_exceeded v1; "
            "SessionTerminated transport_ttl_exceeded age=8001 tless=8001");

  Timeline recovering = Timeline::Attached({kB}, policy);
  recovering.Dies(10'000, kA);
  recovering.Take();
  recovering.Run(18'001);
  EXPECT_EQ(recovering.Take(),
            "18001 SSC R>T transport_ttl_exceeded v4; "
            "SessionTerminated transport_ttl_exceeded age=18001 tless=8001");

  // VOLATILE without a binding exists only while a cooldown runs; here the clock outlives it by
  // death of the candidate's successor: A dies, B commits, B dies within the cooldown.
  policy.transport_lost_ttl = Millis{8'000};
  Timeline in_volatile = Timeline::Attached({kB, kC}, policy);
  in_volatile.Dies(10'000, kA);
  in_volatile.Feed(10'001, Valid(kB));
  in_volatile.Dies(10'002, kB);
  in_volatile.Take();
  in_volatile.Run(18'003);
  EXPECT_EQ(in_volatile.Take(),
            "18000 SSC V>R dead_transport_recovery v6; ReattachAttempt C\n"
            "18003 SSC R>T transport_ttl_exceeded v7; "
            "SessionTerminated transport_ttl_exceeded age=18003 tless=8001");
}

TEST(RowG2, NeverEndsASessionThatIsBound) {
  Timeline t = InVolatile();
  t.Run(1'000'000);
  EXPECT_EQ(t.machine().state(), State::kDegraded);
}

TEST(RowG3, EndsEveryStateAtTheOperatorsCommand) {
  for (Timeline& t : EveryLiveState()) {
    const Effects effects = t.Feed(kLater, OperatorTerminate{});
    EXPECT_EQ(t.machine().state(), State::kTerminated);
    ASSERT_EQ(All<Teardown>(effects).size(), 1U);
    EXPECT_EQ(All<Teardown>(effects)[0].reason, Reason::kOperatorTerminated);
    EXPECT_EQ(t.machine().active(), TransportId::kNone);
    EXPECT_EQ(t.machine().attempt_target(), std::nullopt);
  }
}

TEST(RowG4, NamesTheFault) {
  Timeline broken = Timeline::Attached({});
  broken.Feed(kLater, HardFault{Reason::kInvariantViolation});
  EXPECT_NE(broken.Take().find("hard_system_failure(invariant_violation)"), std::string::npos);
  for (Timeline& t : EveryLiveState()) {
    t.Feed(kLater, HardFault{Reason::kKeyMaterialLost});
    EXPECT_EQ(t.machine().state(), State::kTerminated);
    const std::string log = t.Take();
    EXPECT_NE(log.find("hard_system_failure(key_material_lost)"), std::string::npos) << log;
  }
}

TEST(RowG5, EndsWhenThePeerCloses) {
  for (Timeline& t : EveryLiveState()) {
    t.Feed(kLater, PeerClose{});
    EXPECT_EQ(t.machine().state(), State::kTerminated);
    EXPECT_EQ(t.events().back().reason, Reason::kPeerTerminated);
  }
}

std::shared_ptr<const Policy> Newer(ApplyMode mode) {
  auto policy = std::make_shared<Policy>(Policy::Reference());
  policy->version = "2.0";
  policy->apply_mode = mode;
  policy->volatile_to_degraded = Millis{9'000};
  return policy;
}

TEST(RowG6, InstallsAtTheNextEdgeUnderGrace) {
  Timeline t = InVolatile();
  t.Feed(kLater, PolicyUpdate{Newer(ApplyMode::kGrace)});
  EXPECT_EQ(t.Take(), "");
  EXPECT_EQ(t.machine().policy().version, "1.0");
  t.Dies(kLater + 10, kA);
  EXPECT_EQ(t.Take(),
            "10110 TransportDead A socket_error; TransportSwitchDenied no_valid_candidate; "
            "SSC V>D no_candidate_transports v3; PolicyApplied policy_applied");
  EXPECT_EQ(t.machine().policy().version, "2.0");
}

TEST(RowG6, NamesTheOldPolicyOnTheEdgeAndTheNewOneAfterIt) {
  Timeline t = Timeline::Attached({kB});
  t.Feed(kLater, PolicyUpdate{Newer(ApplyMode::kGrace)});
  t.Dies(kLater + 10, kA);
  std::string versions;
  for (const Event& event : t.events()) {
    versions += std::string(Name(event.type)) + ' ' + event.policy_version + '\n';
  }
  EXPECT_EQ(versions,
            "TransportDead 1.0\nSessionStateChange 1.0\nPolicyApplied 2.0\n"
            "SessionStateChange 2.0\nReattachAttempt 2.0\n");
}

TEST(RowG6, InstallsAtOnceUnderStrictAndRearmsTimers) {
  Timeline t = InVolatile();
  t.Feed(kLater, PolicyUpdate{Newer(ApplyMode::kStrict)});
  EXPECT_EQ(t.Take(), "10100 PolicyApplied policy_applied");
  t.Run(19'000);
  EXPECT_EQ(t.Take(), "");
  t.Run(19'001);
  EXPECT_EQ(t.Take(), "19001 SSC V>D volatile_persisted v3");
}

TEST(RowG6, LetsARaisedCapOpenTheGate) {
  Policy narrow = Policy::Reference();
  narrow.max_switches_per_min = 0;
  Timeline t = Timeline::Attached({kB}, narrow);
  t.Dies(10'000, kA);
  t.Take();
  auto wide = std::make_shared<Policy>(Policy::Reference());
  wide->apply_mode = ApplyMode::kStrict;
  t.Feed(10'100, PolicyUpdate{wide});
  t.Run(11'500);
  EXPECT_EQ(t.Take(),
            "10100 PolicyApplied policy_applied\n"
            "11500 SSC D>R dead_transport_recovery v4; ReattachAttempt B");
}

TEST(RowG6, InstallsNothingOnTheWayOut) {
  Timeline t = Timeline::Attached({});
  t.Feed(10'000, PolicyUpdate{Newer(ApplyMode::kGrace)});
  t.Feed(10'001, OperatorTerminate{});
  EXPECT_EQ(t.Take(),
            "10001 SSC A>T operator_terminated v2; "
            "SessionTerminated operator_terminated age=10001 tless=0");
}

TEST(RowG7, KeepsThePresentPolicyWhenTheNewOneIsBroken) {
  auto broken = std::make_shared<Policy>(Policy::Reference());
  broken->drain = Millis{501};
  for (Timeline& t : EveryLiveState()) {
    t.Feed(kLater, PolicyUpdate{nullptr});
    t.Feed(kLater, PolicyUpdate{broken});
    EXPECT_EQ(t.Take(), "10100 PolicyRejected policy_invalid; PolicyRejected policy_invalid");
    EXPECT_EQ(t.machine().policy().drain, Millis{250});
  }
}

TEST(RowG8, DeniesRequestsAndIgnoresEverythingElse) {
  Timeline t = Timeline::Attached({kB});
  t.Feed(10'000, OperatorTerminate{});
  t.Take();
  const std::uint32_t version = t.machine().state_version();
  for (const Input& input : SomeInputs()) t.Feed(10'010, input);
  EXPECT_EQ(t.Take(), "");
  const Effects effects = t.Feed(10'020, Valid(kB));
  EXPECT_EQ(t.Take(), "10020 ReattachResult DENIED invalid_state_for_reattach");
  ASSERT_EQ(All<Answer>(effects).size(), 1U);
  EXPECT_EQ(All<Answer>(effects)[0].kind, Answer::Kind::kDeny);
  for (int i = 0; i < 100; ++i) t.Feed(10'030, Invalid(kX));
  EXPECT_LE(t.events().size(), 5U);
  EXPECT_EQ(t.machine().NextDeadline(), InstantMs::max());
  EXPECT_EQ(t.machine().state_version(), version);
  EXPECT_EQ(t.machine().Age(At(99'000)), Millis{10'000});
}

TEST(RowB1, Attaches) {
  Timeline t;
  const Effects effects = t.Feed(30, AttachOk{kA});
  EXPECT_EQ(t.Take(), "30 TransportAttached A; SSC B>A attached_to_transport v1");
  EXPECT_EQ(All<Bind>(effects)[0].transport, kA);
  EXPECT_EQ(t.machine().binding_epoch(), 1U);
  EXPECT_EQ(t.machine().key_epoch(), 1U);
  EXPECT_EQ(t.machine().TransportlessAge(At(40)), Millis{0});
}

TEST(RowB2, EndsWhenTheHandshakeFails) {
  Timeline t;
  t.Feed(30, AttachFail{});
  EXPECT_EQ(t.Take(),
            "30 SSC B>T handshake_rejected v1; SessionTerminated handshake_rejected age=30 "
            "tless=30");
}

TEST(RowB2, EndsWhenTheHandshakeTakesTooLong) {
  Timeline t;
  t.Run(5'000);
  EXPECT_EQ(t.Take(), "");
  t.Run(5'001);
  EXPECT_EQ(t.Take(),
            "5001 SSC B>T handshake_rejected v1; SessionTerminated handshake_rejected age=5001 "
            "tless=5001");
}

TEST(RowB3, RejectsAnyOtherInputInBirth) {
  Timeline t;
  t.Feed(10, TransportDied{kA});
  t.Feed(10, CandidateUpdate{kB, Good()});
  t.Feed(10, Valid(kB));
  t.Feed(10, ChallengeAnswered{});
  EXPECT_EQ(t.events().front().reason, Reason::kInvalidTransition);
  EXPECT_EQ(t.Take(),
            "10 InvalidTransitionRejected candidate_dead; "
            "InvalidTransitionRejected candidate_update; InvalidTransitionRejected reattach; "
            "InvalidTransitionRejected challenge_answered");
  EXPECT_EQ(t.machine().state(), State::kBirth);
  EXPECT_FALSE(t.machine().candidates().Get(kB).known);
}

TEST(Rows, RejectWhatNoRowExpects) {
  for (Timeline& t : EveryLiveState()) {
    if (t.machine().state() == State::kBirth) continue;
    t.Feed(kLater, AttachOk{kB});
    t.Feed(kLater, AttachFail{});
    EXPECT_EQ(t.Take(),
              "10100 InvalidTransitionRejected attach_ok; InvalidTransitionRejected attach_fail");
  }
}

ChallengeAnswered Answered(TransportId transport, std::uint16_t port) {
  const std::uint8_t address[] = {192, 0, 2, 1};
  return {transport, true, Endpoint{IpAddress::V4(address), 4600},
          Endpoint{IpAddress::V4(address), port}};
}

TEST(RowP4, MovesTheTransmitAddressAfterTheChallenge) {
  Timeline t = Timeline::Attached({kB});
  const Effects effects = t.Feed(10'000, Answered(kA, 4601));
  EXPECT_EQ(t.events().back().reason, Reason::kNatRebinding);
  EXPECT_EQ(t.Take(), "10000 TransportRebound A 192.0.2.1:4600>192.0.2.1:4601");
  ASSERT_EQ(All<Rebind>(effects).size(), 1U);
  EXPECT_EQ(All<Rebind>(effects)[0].address.port, 4601);
  EXPECT_EQ(t.machine().state_version(), 1U);
}

TEST(RowP5, DeniesRebindsOverTheLimitOncePerEpisode) {
  Policy policy = Policy::Reference();
  policy.rebind_max_per_min = 2;
  Timeline t = Timeline::Attached({}, policy);
  t.Feed(10'000, Answered(kA, 1));
  t.Feed(20'000, Answered(kA, 2));
  t.Take();
  EXPECT_TRUE(All<Rebind>(t.Feed(30'000, Answered(kA, 3))).empty());
  EXPECT_EQ(t.events().back().reason, Reason::kRebindRateLimited);
  t.Feed(30'500, Answered(kA, 4));
  EXPECT_EQ(t.Take(), "30000 TransportRebindDenied A 192.0.2.1:4600>192.0.2.1:3");
  t.Feed(69'999, Answered(kA, 5));
  EXPECT_EQ(t.Take(), "");
  t.Feed(70'000, Answered(kA, 6));  // the first one is 60 000 old
  t.Feed(70'001, Answered(kA, 7));
  EXPECT_EQ(t.Take(),
            "70000 TransportRebound A 192.0.2.1:4600>192.0.2.1:6\n"
            "70001 TransportRebindDenied A 192.0.2.1:4600>192.0.2.1:7");
}

TEST(RowP6, IgnoresAnswersThatNobodyWaitsFor) {
  Timeline t = Timeline::Attached({kB});
  ChallengeAnswered stray = Answered(kA, 4601);
  stray.pending = false;
  EXPECT_TRUE(t.Feed(10'000, stray).empty());
  EXPECT_TRUE(t.Feed(10'000, Answered(kB, 4601)).empty());
}

TEST(RowE1, DeniesAnOldEpochInEveryLiveStateWithoutMarkOrCount) {
  for (Timeline& t : EveryLiveState()) {
    if (t.machine().state() == State::kBirth) continue;
    const std::uint32_t version = t.machine().state_version();
    const Effects effects = t.Feed(kLater, StaleEpoch(kB));
    EXPECT_EQ(t.Take(), "10100 ReattachAttempt B; ReattachResult DENIED stale_state_version");
    EXPECT_EQ(All<Answer>(effects)[0].kind, Answer::Kind::kDeny);
    EXPECT_EQ(t.machine().state_version(), version);
  }
}

TEST(SessionExpiring, IsSaidOnceFiveMinutesBeforeTheLifetimeEnds) {
  Timeline t(Policy::Default());
  t.Feed(0, AttachOk{kA});
  t.Take();
  t.Run(28'499'999);
  EXPECT_EQ(t.Take(), "");
  t.Run(28'500'000);
  ASSERT_EQ(t.events().size(), 1U);
  EXPECT_EQ(t.events().back().type, EventType::kSessionExpiring);
  EXPECT_EQ(t.events().back().remaining_ms, 300'000);
  t.Take();
  t.Run(28'800'000);
  EXPECT_EQ(t.Take(), "");
}

TEST(SessionExpiring, IsNotSaidOfASessionThatLivesFiveMinutesAtMost) {
  Policy policy = Policy::Reference();
  policy.max_lifetime = Millis{300'000};
  Timeline t(policy);
  t.Feed(0, AttachOk{kA});
  t.Take();
  t.Run(300'000);
  EXPECT_EQ(t.Take(), "");
}

TEST(RowE1, TellsWhoeverIsOneEpochBehindWhatWasBound) {
  Timeline t = Timeline::Attached({kB, kC});
  t.Dies(10'000, kA);
  t.Feed(10'040, Valid(kB));
  t.Take();
  Reattach late = StaleEpoch(kC);
  late.epoch_is_previous = true;
  const auto answers = All<Answer>(t.Feed(11'000, late));
  EXPECT_EQ(t.Take(), "11000 ReattachAttempt C; ReattachResult DENIED stale_state_version");
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].kind, Answer::Kind::kLateAck);
  EXPECT_EQ(answers[0].transport, kC);
  EXPECT_EQ(answers[0].committed, kB);
  EXPECT_EQ(t.machine().active(), kB);
  EXPECT_EQ(t.machine().binding_epoch(), 2U);
}

}  // namespace
}  // namespace jvpn
