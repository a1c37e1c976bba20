#include <gmock/gmock.h>

#include "tests/support/control_fixture.h"

namespace jvpn {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class ReattachTest : public ControlFixture {
 protected:
  // Attached on 0; 1 and 2 validated and fresh for long enough.
  void AttachWithStandbys(const Policy& policy = Policy::Reference(),
                          std::size_t worker_count = 1) {
    Start(worker_count, policy);
    Attach(1);
    Validate(1);
    Validate(2);
    Hear(0);
    Hear(1);
    Hear(2);
    Run(2);
    events.Take();
    Datagrams();
    for (auto& each : workers) each->TakeLog();
  }
  void Kill(std::size_t transport) {
    FallSilent(transport, now - Millis(3000));
    Run(1);
  }
  // Row P1: the worker says that a frame of the active came from there.
  void AppearAt(const Endpoint& remote) {
    HealthSignal moved;
    moved.kind = HealthSignal::Kind::kNewAddress;
    moved.session = SlotOf();
    moved.generation = worker().sessions.at(SlotOf()).generation;
    moved.transport = TransportId{0};
    moved.remote = remote;
    moved.local = Local();
    worker().TakeSealed();
    worker().Give(moved);
    Run(1);
  }
  Bytes Request(std::size_t transport, std::uint64_t counter, std::uint32_t epoch = 1) {
    return peer().Seal(transport, peer().Request(transport, epoch, counter, NowMs()));
  }
  std::uint32_t Bound() { return Value(worker(OwnerOf()).sessions.at(SlotOf()).bound); }
};

TEST_F(ReattachTest, AStandbyIsValidatedOnlyByAnAnswerFromTheAddressItClaims) {
  Start(1, Policy::Reference());
  Attach(1);
  Bytes plaintext(kPathChallengeBytes - kDataOverheadBytes);
  EncodePathFrame(PathChallenge{.value = 77}, plaintext);
  worker().GivePathFrames(SlotOf(), TransportId{1}, Remote(1), Local(), plaintext);
  Run(1);
  const auto answers = worker().TakeSealed();
  ASSERT_EQ(answers.size(), 1U);
  GiveResponse(1, Remote(2), *ChallengeIn(answers[0]));
  Run(2);
  EXPECT_FALSE(worker().sessions.at(SlotOf()).transports[1].validated);
  GiveResponse(1, Remote(1), *ChallengeIn(answers[0]));
  Run(2);
  EXPECT_TRUE(worker().sessions.at(SlotOf()).transports[1].validated);
  EXPECT_EQ(worker().sessions.at(SlotOf()).transports[1].remote, Remote(1));
}

TEST_F(ReattachTest, AnOldFrameFromElsewhereIsNotAnswered) {
  Start(1, Policy::Reference());
  Attach(1);
  Bytes plaintext(kPathChallengeBytes - kDataOverheadBytes);
  EncodePathFrame(PathChallenge{.value = 77}, plaintext);
  worker().GivePathFrames(SlotOf(), TransportId{0}, Remote(5), Local(), plaintext,
                          /*highest=*/false);
  Run(1);
  EXPECT_TRUE(worker().TakeSealed().empty());
}

TEST_F(ReattachTest, AFrameFullOfChallengesBringsOneAnswerOfItsOwnLength) {
  Start(1, Policy::Reference());
  Attach(1);
  Bytes plaintext(kPathChallengeBytes - kDataOverheadBytes);
  for (std::size_t at = 0; at + kPathChallengeFrameBytes <= plaintext.size();) {
    at += EncodePathFrame(PathChallenge{.value = at}, MutableBytes(plaintext).subspan(at));
  }
  worker().GivePathFrames(SlotOf(), TransportId{1}, Remote(9), Local(), plaintext);
  Run(1);
  const auto answers = worker().TakeSealed();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].plaintext.size, plaintext.size());
}

TEST_F(ReattachTest, DeathSolicitsTheStandbyAndARequestMovesTheBinding) {
  AttachWithStandbys();
  Kill(0);
  EXPECT_THAT(
      events.Take(),
      ElementsAre("TransportDead 0 heartbeat_timeout", "SSC ATTACHED>VOLATILE transport_dead v2",
                  "SSC VOLATILE>RECOVERING dead_transport_recovery v3", "ReattachAttempt 1"));
  EXPECT_THAT(worker().TakeLog(), ElementsAre("session 0 bound none", "link"));
  EXPECT_THAT(Messages(), ElementsAre("solicit transport 1 epoch 1 to 198.51.100.11"));

  GiveControl(1, Request(1, 1));
  Run(1);
  EXPECT_THAT(events.Take(),
              ElementsAre("ReattachResult SUCCESS reattach_success", "TransportSwitch 0>1",
                          "SSC RECOVERING>ATTACHED reattach_success v4"));
  // The binding is in the ring before the ACK that announces it.
  EXPECT_THAT(worker().TakeLog(), ElementsAre("session 0 bound 1", "link"));
  EXPECT_THAT(Messages(), ElementsAre("ack 1 transport 1 epoch 2 to 198.51.100.11"));
}

TEST_F(ReattachTest, ASolicitIsRepeatedUntilTheAttemptEnds) {
  AttachWithStandbys();
  Kill(0);
  std::vector<std::int64_t> at;
  for (std::int64_t ms = 0; ms <= 1600; ++ms) {
    if (!Datagrams().empty()) at.push_back(ms);
    Run(1);
  }
  EXPECT_THAT(at, ElementsAre(0, 100, 300, 700, 1100, 1500));
  GiveControl(1, Request(1, 1));
  Run(1);
  EXPECT_EQ(Messages().size(), 1U);  // the ACK
  Run(1000);
  EXPECT_THAT(Messages(), IsEmpty());
}

TEST_F(ReattachTest, ALiveOldTransportDrains) {
  AttachWithStandbys();
  GiveControl(1, [&] {
    ReattachRequest request = peer().Request(1, 1, 1, NowMs());
    request.cause = ReattachCause::kQuality;
    return peer().Seal(1, request);
  }());
  Run(1);
  const SessionProgram& program = worker().sessions.at(SlotOf());
  EXPECT_EQ(program.bound, TransportId{1});
  EXPECT_EQ(program.retired, TransportId{0});
  EXPECT_EQ(program.drain_until, Instant(FloorMs(now)) + Millis(250));
}

TEST_F(ReattachTest, TheClientMayNoticeFirst) {
  AttachWithStandbys();
  GiveControl(1, Request(1, 1));
  Run(1);
  EXPECT_THAT(events.Take(),
              ElementsAre("TransportDead 0 peer_signal", "SSC ATTACHED>VOLATILE transport_dead v2",
                          "SSC VOLATILE>RECOVERING dead_transport_recovery v3", "ReattachAttempt 1",
                          "ReattachResult SUCCESS reattach_success", "TransportSwitch 0>1",
                          "SSC RECOVERING>ATTACHED reattach_success v4"));
  EXPECT_EQ(Bound(), 1U);
}

TEST_F(ReattachTest, ACopyOfTheAcceptedRequestGetsTheSameAckAndNoEvent) {
  AttachWithStandbys();
  const Bytes request = Request(1, 1);
  GiveControl(1, request);
  Run(1);
  const auto first = Datagrams();
  ASSERT_EQ(first.size(), 1U);
  events.Take();
  worker().TakeLog();
  GiveControl(1, request);
  Run(1);
  const auto second = Datagrams();
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].payload, first[0].payload);
  EXPECT_THAT(events.Take(), IsEmpty());
}

TEST_F(ReattachTest, ACopyFromElsewhereIsAReplayAndGetsNoAnswer) {
  AttachWithStandbys();
  const Bytes request = Request(1, 1);
  GiveControl(1, request);
  Run(1);
  Datagrams();
  events.Take();
  worker().GiveDatagram(Remote(9), Local(), request);
  Run(1);
  EXPECT_THAT(events.Take(), ElementsAre("ReattachAttempt none",
                                         "ReattachResult DENIED invalid_state_for_reattach",
                                         "SecurityReplayDetected replay_detected"));
  EXPECT_THAT(Datagrams(), IsEmpty());
  EXPECT_THAT(worker().TakeSealed(), IsEmpty());
}

TEST_F(ReattachTest, AnUnprovedAddressIsChallengedAndNothingElse) {
  AttachWithStandbys();
  Kill(0);
  Datagrams();
  events.Take();
  worker().TakeLog();
  worker().TakeSealed();
  const Bytes request = Request(1, 1);
  worker().GiveDatagram(Remote(7), Local(), request);
  Run(1);
  EXPECT_THAT(events.Take(), IsEmpty());
  EXPECT_EQ(StateOf(), "RECOVERING");
  EXPECT_THAT(Datagrams(), IsEmpty());
  const auto challenges = worker().TakeSealed();
  ASSERT_EQ(challenges.size(), 1U);
  EXPECT_EQ(challenges[0].remote, Remote(7));
  // Never more than three times what came.
  EXPECT_LE(challenges[0].plaintext.size + kDataOverheadBytes, 3 * request.size());
  GiveResponse(1, Remote(7), *ChallengeIn(challenges[0]));
  Run(1);
  EXPECT_EQ(worker().sessions.at(SlotOf()).transports[1].remote, Remote(7));
  worker().GiveDatagram(Remote(7), Local(), request);
  Run(1);
  EXPECT_EQ(StateOf(), "ATTACHED");
  EXPECT_THAT(Messages(), ElementsAre("ack 1 transport 1 epoch 2 to 198.51.100.17"));
}

TEST_F(ReattachTest, ABadProofOnTheAttemptPathIsDeniedUniformlyAndCounted) {
  AttachWithStandbys(Policy::Default());
  Kill(0);
  Datagrams();
  events.Take();
  Bytes request = Request(1, 1);
  request.back() ^= 1;
  GiveControl(1, request);
  Run(1);
  EXPECT_THAT(events.Take(),
              ElementsAre("ReattachResult DENIED bad_proof", "SecurityValidationFailed bad_proof"));
  EXPECT_EQ(Dropped(DropReason::kBadControl), 1U);
  EXPECT_THAT(Messages(), ElementsAre("deny 0 to 198.51.100.11"));
  EXPECT_EQ(StateOf(), "RECOVERING");
  GiveControl(1, Request(1, 2));
  Run(1);
  EXPECT_EQ(StateOf(), "ATTACHED");
}

TEST_F(ReattachTest, ABadProofFromElsewhereIsNobodysAttempt) {
  AttachWithStandbys(Policy::Reference());  // strict: on the attempt path it would cost the attempt
  Kill(0);
  Datagrams();
  events.Take();
  Bytes request = Request(1, 1);
  request.back() ^= 1;
  worker().GiveDatagram(Remote(7), Local(), request);
  Run(1);
  EXPECT_EQ(StateOf(), "RECOVERING");
  EXPECT_THAT(Datagrams(), IsEmpty());
  EXPECT_THAT(events.Take(), Contains("ReattachResult DENIED bad_proof"));
}

TEST_F(ReattachTest, NoBitOfARequestMayChange) {
  AttachWithStandbys();
  const Bytes request = Request(1, 1);
  for (std::size_t bit = 0; bit < request.size() * 8; ++bit) {
    Bytes forged = request;
    forged[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    GiveControl(1, forged);
    core->Turn(now);
    ASSERT_EQ(Bound(), 0U) << bit;
  }
  Hear(0);
  Hear(1);
  Run(1);
  EXPECT_EQ(StateOf(), "ATTACHED");
  Datagrams();
  GiveControl(1, request);
  Run(2);
  EXPECT_EQ(Bound(), 1U) << "the request itself is good";
}

TEST_F(ReattachTest, AStaleTokenOnTheAttemptPathFailsAStrictAttempt) {
  AttachWithStandbys();
  Kill(0);
  const Bytes request = Request(1, 1);
  Run(5001);
  events.Take();
  Messages();
  GiveControl(1, request);
  Run(1);
  EXPECT_THAT(
      events.Take(),
      ElementsAre("ReattachResult DENIED stale_request", "SecurityValidationFailed stale_request",
                  "TransportSwitchFailed reattach_validation_failed",
                  "SSC RECOVERING>DEGRADED reattach_validation_failed(stale_request) v4"));
  EXPECT_THAT(Messages(), ElementsAre("deny 1 to 198.51.100.11"));
}

TEST_F(ReattachTest, AnOldEpochIsDenied) {
  AttachWithStandbys();
  GiveControl(1, Request(1, 1, /*epoch=*/0));
  Run(1);
  EXPECT_EQ(StateOf(), "ATTACHED");
  EXPECT_THAT(events.Take(), Contains("ReattachResult DENIED stale_state_version"));
  EXPECT_THAT(Messages(), ElementsAre("deny 1 to 198.51.100.11"));
}

// Row E1: denied and logged as such, yet the answer says what the commit bound.
TEST_F(ReattachTest, TheEpochBeforeIsAnsweredWithWhatWasBoundThen) {
  AttachWithStandbys();
  GiveControl(1, Request(1, 1));
  Run(1);
  Messages();
  events.Take();
  GiveControl(2, Request(2, 2, /*epoch=*/1));
  Run(1);
  EXPECT_EQ(Bound(), 1U);
  EXPECT_THAT(events.Take(),
              ElementsAre("ReattachAttempt 2", "ReattachResult DENIED stale_state_version"));
  EXPECT_THAT(Messages(), ElementsAre("ack 2 transport 1 epoch 2 to 198.51.100.12"));
}

TEST_F(ReattachTest, DenialsOnTheWireAreLimited) {
  AttachWithStandbys();
  for (std::uint64_t counter = 1; counter <= 50; ++counter) {
    GiveControl(1, Request(1, counter, /*epoch=*/0));
    Run(1);
  }
  EXPECT_EQ(Messages().size(), 5U);  // reattach_burst
}

TEST_F(ReattachTest, ASolePathsDeathEndsTheSessionAfterItsTime) {
  Start(1, Policy::Reference());
  Attach(1);
  events.Take();
  Kill(0);
  EXPECT_THAT(events.Take(), ElementsAre("TransportDead 0 heartbeat_timeout",
                                         "SSC ATTACHED>VOLATILE transport_dead v2",
                                         "TransportSwitchDenied no_valid_candidate",
                                         "SSC VOLATILE>DEGRADED no_candidate_transports v3"));
  Run(15'000);
  EXPECT_EQ(StateOf(), "DEGRADED");
  Datagrams();
  Run(1);
  EXPECT_EQ(StateOf(), "none");
  EXPECT_EQ(events.Take().front(), "SSC DEGRADED>TERMINATED transport_ttl_exceeded v4");
  EXPECT_THAT(Messages(), ElementsAre("close 2 to 198.51.100.10"));
}

TEST_F(ReattachTest, ASilentTransportAfterARequestIsGivenOneMoreDeadTime) {
  AttachWithStandbys();
  Kill(1);
  Kill(0);
  events.Take();
  GiveControl(1, Request(1, 1));
  Run(1);
  EXPECT_EQ(StateOf(), "ATTACHED");
  Run(1990);
  EXPECT_EQ(StateOf(), "ATTACHED");
  events.Take();
  Run(20);
  EXPECT_THAT(events.Take(), Contains("TransportDead 1 heartbeat_timeout"));
}

TEST_F(ReattachTest, APortThatGoesDownKillsItsTransportsOnce) {
  AttachWithStandbys();
  HealthSignal down;
  down.kind = HealthSignal::Kind::kPortDown;
  down.side = static_cast<std::uint8_t>(PortSide::kWan);
  worker().Give(down);
  worker().Give(down);
  Run(2);
  const Texts seen = events.Take();
  EXPECT_THAT(seen, Contains("TransportDead 0 socket_error"));
  EXPECT_THAT(seen, Contains("TransportDead 2 socket_error candidate"));
  EXPECT_EQ(
      std::count_if(seen.begin(), seen.end(),
                    [](const std::string& text) { return text.starts_with("TransportDead"); }),
      3);
  EXPECT_EQ(StateOf(), "DEGRADED");
}

TEST_F(ReattachTest, TheActiveMovesToAnAddressThatAnsweredItsChallenge) {
  AttachWithStandbys();
  AppearAt(Remote(5));
  EXPECT_EQ(worker().sessions.at(SlotOf()).transports[0].remote, Remote(0));
  const auto challenges = worker().TakeSealed();
  ASSERT_EQ(challenges.size(), 1U);
  EXPECT_EQ(challenges[0].remote, Remote(5));
  GiveResponse(0, Remote(5), *ChallengeIn(challenges[0]));
  Run(1);
  EXPECT_EQ(worker().sessions.at(SlotOf()).transports[0].remote, Remote(5));
  EXPECT_THAT(events.Take(),
              ElementsAre("TransportRebound 0 198.51.100.10:5000>198.51.100.15:5005"));
}

TEST_F(ReattachTest, AtTheLimitOfMovesTheActiveStaysAndLives) {
  Policy policy = Policy::Reference();
  policy.rebind_max_per_min = 0;
  AttachWithStandbys(policy);
  for (int i = 0; i < 3; ++i) {
    AppearAt(Remote(5));
    GiveResponse(0, Remote(5), *ChallengeIn(worker().TakeSealed().at(0)));
    Run(100);
  }
  EXPECT_EQ(worker().sessions.at(SlotOf()).transports[0].remote, Remote(0));
  EXPECT_EQ(StateOf(), "ATTACHED");
  EXPECT_THAT(events.Take(),
              ElementsAre("TransportRebindDenied 0 198.51.100.10:5000>198.51.100.15:5005"));
}

// P5 keeps the address; the peer's own challenge says that nothing reaches it there.
TEST_F(ReattachTest, AtTheLimitOfMovesAPeerThatChallengesFromElsewhereHasLostTheBinding) {
  Policy policy = Policy::Reference();
  policy.rebind_max_per_min = 0;
  AttachWithStandbys(policy);
  worker().TakeSealed();
  Bytes plaintext(kPathChallengeBytes - kDataOverheadBytes);
  EncodePathFrame(PathChallenge{.value = 78}, plaintext);
  worker().GivePathFrames(SlotOf(), TransportId{0}, Remote(5), Local(), plaintext);
  Run(1);
  EXPECT_EQ(StateOf(), "ATTACHED") << "nothing is proved yet";
  GiveResponse(0, Remote(5), *ChallengeIn(worker().TakeSealed().at(0)));
  Run(1);
  const Texts seen = events.Take();
  EXPECT_THAT(seen, Contains("TransportRebindDenied 0 198.51.100.10:5000>198.51.100.15:5005"));
  EXPECT_THAT(seen, Contains("TransportDead 0 peer_signal"));
  EXPECT_EQ(StateOf(), "RECOVERING") << "on a standby";
  EXPECT_EQ(worker().sessions.at(SlotOf()).transports[0].remote, Remote(5)) << "a candidate there";
}

TEST_F(ReattachTest, SignalsOfTheSlotsLastSessionAreIgnored) {
  AttachWithStandbys();
  HealthSignal late;
  late.kind = HealthSignal::Kind::kTransport;
  late.session = SlotOf();
  late.generation = Generation{0};
  late.transport = TransportId{0};
  late.life = HealthSignal::Life::kSilent;
  late.last_heard = now - Millis(9000);
  worker().Give(late);
  Run(1);
  EXPECT_THAT(events.Take(), IsEmpty());
}

TEST_F(ReattachTest, ABindingThatDidNotFitTheRingIsRepairedAndItsAckRepeated) {
  AttachWithStandbys();
  const Bytes request = Request(1, 1);
  GiveControl(1, request);
  while (lanes[0]->commands.TryPush(SendLink{})) {
  }
  now += Millis(1);
  core->Turn(now);
  EXPECT_EQ(StateOf(), "ATTACHED");
  Run(3);
  EXPECT_EQ(Bound(), 1U);
  EXPECT_THAT(Messages(), IsEmpty());
  GiveControl(1, request);
  Run(1);
  EXPECT_THAT(Messages(), ElementsAre("ack 1 transport 1 epoch 2 to 198.51.100.11"));
}

TEST_F(ReattachTest, TwoWorkersShareTheRoutesAndOneOwnsTheSession) {
  Start(2, Policy::Reference(), /*peer_count=*/2);
  GiveInit(1, 0);
  Run(2);
  const auto first = Datagrams();
  ASSERT_EQ(first.size(), 1U);
  ASSERT_TRUE(peer(0).ReadResponse(first[0].payload));
  GiveInit(1, 1);
  Run(2);
  const auto second = Datagrams();
  ASSERT_EQ(second.size(), 1U);
  ASSERT_TRUE(peer(1).ReadResponse(second[0].payload));
  EXPECT_NE(OwnerOf(0), OwnerOf(1));  // spread
  for (auto& each : workers) each->TakeLog();

  const std::size_t owner = OwnerOf(0);
  const std::size_t other = 1 - owner;
  worker(owner).deaf = true;
  Hear(0, 0);
  Run(2);
  EXPECT_EQ(StateOf(0), "ATTACHED");
  EXPECT_TRUE(worker(other).routes.empty());
  worker(owner).deaf = false;
  Run(250);  // the program is repeated and acknowledged now
  const Prefix inner = *Prefix::Parse("10.9.0.2/32");
  ASSERT_TRUE(worker(other).routes.contains(inner));
  EXPECT_EQ(worker(other).routes.at(inner).owner, static_cast<WorkerId>(owner));
  EXPECT_EQ(worker(owner).routes.at(inner).session, SlotOf(0));
  EXPECT_THAT(worker(other).TakeLog(), ElementsAre("route 10.9.0.2/32"));
}

}  // namespace
}  // namespace jvpn
