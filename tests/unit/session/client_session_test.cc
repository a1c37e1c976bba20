// The client's half of the protocol against a gateway end made of the shipped code, in virtual
// time. Round trip 40 ms; profile `reference` unless said: heartbeat 500, dead 2000, fresh 500,
// cooldown 1500.
#include "session/client_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/client_world.h"

namespace jvpn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr TransportId kFirst{0};
constexpr TransportId kSecond{1};

TEST(ClientSession, AttachesOnTheFirstTransportAndConfiguresTheTunnel) {
  ClientWorld world(1);
  world.gateway().behaviour.routes = {*Prefix::Parse("10.0.0.0/8")};
  world.Run(200);
  EXPECT_EQ(world.TakeLog(),
            "80 TransportAttached 0\n"
            "80 SSC BIRTH>ATTACHED attached_to_transport v1\n"
            "80 Attached 0\n");
  ASSERT_TRUE(world.configured().has_value());
  EXPECT_EQ(world.configured()->inner_v4, *Prefix::Parse("10.9.0.2/24"));
  EXPECT_EQ(world.configured()->mtu, 1420);
  EXPECT_THAT(world.configured()->routes, ElementsAre(*Prefix::Parse("10.0.0.0/8")));
  EXPECT_EQ(world.View().id, world.gateway().session_id());
}

TEST(ClientSession, TriesEachUsableTransportInTurn) {
  ClientWorld world(3);
  world.Link(1, LinkEvent::kDown);
  world.wire(0).Cut();
  world.Run(1000);
  EXPECT_EQ(world.CountSent(0, FrameType::kHandshakeInit), 1u);
  EXPECT_EQ(world.CountSent(1, FrameType::kHandshakeInit), 0u);
  EXPECT_EQ(world.CountSent(2, FrameType::kHandshakeInit), 1u);
  EXPECT_EQ(world.View().bound, TransportId{2});
}

TEST(ClientSession, RepeatsInitsAfterHalfASecondThenOneTwoAndFourSeconds) {
  ClientWorld world(1);
  world.wire(0).Cut();
  world.Run(4999);
  std::vector<std::int64_t> times;
  for (const auto& sent : world.sent()) times.push_back(sent.ms);
  EXPECT_THAT(times, ElementsAre(0, 500, 1500, 3500));
  // Each is a new handshake: a new index and a new ephemeral.
  EXPECT_FALSE(std::equal(world.sent()[0].bytes.begin() + 4, world.sent()[0].bytes.begin() + 40,
                          world.sent()[1].bytes.begin() + 4));
}

TEST(ClientSession, GivesUpAtTheHandshakeTimeoutAndSaysWhy) {
  ClientWorld silent(1);
  silent.wire(0).Cut();
  silent.Run(6000);
  ASSERT_TRUE(silent.ended().has_value());
  EXPECT_EQ(silent.TakeLog(), "5000 Ended handshake_rejected\n");
  EXPECT_EQ(silent.ended()->handshake, HandshakeFailure::kNoAnswer);

  ClientWorld unplugged(1);
  unplugged.Link(0, LinkEvent::kDown);
  unplugged.Run(6000);
  EXPECT_EQ(unplugged.ended()->handshake, HandshakeFailure::kNoUplink);

  ClientWorld mistaken(1);
  mistaken.UseWrongPresharedKey();
  mistaken.Run(6000);
  EXPECT_EQ(mistaken.ended()->handshake, HandshakeFailure::kBadAnswer);

  ClientWorld deaf(1);
  deaf.gateway().behaviour.answer_probes = false;
  deaf.Run(6000);
  EXPECT_EQ(deaf.ended()->handshake, HandshakeFailure::kNoAttach);
}

TEST(ClientSession, EndsAtOnceWhenTheGatewayRefuses) {
  ClientWorld world(2);
  world.gateway().behaviour.status = HandshakeStatus::kGatewayFull;
  world.Run(1000);
  ASSERT_TRUE(world.ended().has_value());
  EXPECT_EQ(world.ended()->handshake, HandshakeFailure::kRefused);
  EXPECT_EQ(world.ended()->refusal, HandshakeStatus::kGatewayFull);
  EXPECT_EQ(world.TakeLog(), "40 Ended handshake_rejected\n");
}

TEST(ClientSession, AttachesOverALinkSlowerThanTheRetry) {
  ClientWorld world(1);
  world.wire(0).delay = std::chrono::milliseconds(400);
  world.Run(4000);
  EXPECT_TRUE(world.View().attached);
}

TEST(ClientSession, StartsWhenTheFirstLinkComesUp) {
  ClientWorld world(1);
  world.Link(0, LinkEvent::kDown);
  world.Run(1000);
  EXPECT_THAT(world.sent(), IsEmpty());
  world.Link(0, LinkEvent::kUp);
  world.Run(1100);
  EXPECT_TRUE(world.View().attached);
}

TEST(ClientSession, ForgedResponsesNeitherEndNorSpoilAHandshake) {
  ClientWorld world(1);
  world.wire(0).delay = std::chrono::milliseconds(100);
  world.Run(200);  // the answer has just left
  ASSERT_EQ(world.received().size(), 1u);
  Bytes forged = world.received()[0];
  forged[60] ^= 1;
  world.Inject(0, forged);
  world.Run(1000);
  EXPECT_TRUE(world.View().attached);
}

TEST(ClientSession, ValidatesStandbysWithFullSizedChallengesBeforeTheyCount) {
  ClientWorld world(2);
  world.gateway().behaviour.answer_challenges = false;
  world.Run(1000);
  EXPECT_FALSE(world.View().transports[1].validated);
  EXPECT_EQ(world.gateway().probes(kSecond), 0u) << "probes before anybody is proved to be there";
  // 80, then 250, 500 ms later.
  EXPECT_EQ(world.gateway().challenges(kSecond), 3u);
  for (const auto& sent : world.sent()) {
    if (sent.transport == 1) {
      EXPECT_EQ(sent.bytes.size(), kPathChallengeBytes);
    }
  }
  world.gateway().behaviour.answer_challenges = true;
  world.Run(4000);
  EXPECT_TRUE(world.View().transports[1].validated);
  EXPECT_TRUE(world.gateway().validated(kSecond));
  const std::size_t before = world.gateway().challenges(kSecond);
  world.Run(20'000);
  EXPECT_EQ(world.gateway().challenges(kSecond), before) << "challenges go on after the proof";
}

TEST(ClientSession, UsesOnlyTheTransportsThatTheGatewayGrants) {
  ClientWorld world(3);
  world.gateway().behaviour.grant = 2;
  world.Run(2000);
  EXPECT_TRUE(world.View().transports[1].validated);
  EXPECT_EQ(world.CountSent(2, FrameType::kData), 0u);
}

TEST(ClientSession, ProbesTheBoundTransportAtTheHeartbeatAndStandbysAtTheirOwnPace) {
  ClientWorld world(2);
  world.RunUntilReady();
  const std::size_t bound = world.gateway().probes(kFirst);
  const std::size_t standby = world.gateway().probes(kSecond);
  world.Run(11'000);
  EXPECT_EQ(world.gateway().probes(kFirst) - bound, 20u);     // each 500 ms
  EXPECT_EQ(world.gateway().probes(kSecond) - standby, 40u);  // each 250 ms
}

TEST(ClientSession, ReportsReceiveSumsThatCountEveryFrameOnce) {
  ClientWorld world(1);
  world.RunUntilReady();
  const std::uint64_t before = world.gateway().last_probe(kFirst).received.arrived;
  for (int i = 0; i < 5; ++i) world.ReceiveInner(0);
  world.wire(0).to_client = false;
  for (int i = 0; i < 3; ++i) world.ReceiveInner(0);  // lost
  world.wire(0).to_client = true;
  world.ReceiveInner(0);
  world.Run(1600);
  const ReceiveSums sums = world.gateway().last_probe(kFirst).received;
  EXPECT_EQ(sums.judged - sums.arrived, 3u);
  EXPECT_GE(sums.arrived, before + 6);
}

TEST(ClientSession, MeasuresTheRoundTrip) {
  ClientWorld world(1);
  world.wire(0).delay = std::chrono::milliseconds(30);
  world.Run(10'000);
  const ClientTransportView t = world.View().transports[0];
  EXPECT_EQ(t.rtt_us, 60'000u);
  EXPECT_EQ(t.p95_us, 60'000u);
  EXPECT_LT(t.jitter_us, 1'000u);
  EXPECT_EQ(world.gateway().last_probe(kFirst).rtt_us, 60'000u);
}

TEST(ClientSession, SilentDeathMovesTheSessionToTheStandbyAfterOneRoundTrip) {
  ClientWorld world(2);
  world.RunUntilReady();
  // The last answer came at 580 + 40; silence runs from there. Cut just behind one.
  world.Run(10'100);
  world.wire(0).Cut();
  world.Run(12'500);
  EXPECT_EQ(world.TakeLog(),
            "12081 TransportDead 0 heartbeat_timeout\n"
            "12081 SSC ATTACHED>VOLATILE transport_dead v2\n"
            "12081 SSC VOLATILE>RECOVERING dead_transport_recovery v3\n"
            "12081 ReattachAttempt 1\n"
            "12121 ReattachResult SUCCESS reattach_success\n"
            "12121 TransportSwitch 0>1\n"
            "12121 SSC RECOVERING>ATTACHED reattach_success v4\n");
  EXPECT_EQ(world.gateway().bound(), kSecond);
  EXPECT_EQ(world.View().binding_epoch, 2u);
  world.SendInner();
  world.Run(12'600);
  EXPECT_EQ(world.gateway().arrivals().back().transport, kSecond);
  EXPECT_EQ(world.gateway().inits(), 1u) << "no new handshake";
}

TEST(ClientSession, LinkDownMovesTheSessionAtOnce) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.Run(10'000);
  world.Link(0, LinkEvent::kDown);
  world.Run(10'100);
  EXPECT_EQ(world.TakeLog(),
            "10000 TransportDead 0 socket_error\n"
            "10000 SSC ATTACHED>VOLATILE transport_dead v2\n"
            "10000 SSC VOLATILE>RECOVERING dead_transport_recovery v3\n"
            "10000 ReattachAttempt 1\n"
            "10040 ReattachResult SUCCESS reattach_success\n"
            "10040 TransportSwitch 0>1\n"
            "10040 SSC RECOVERING>ATTACHED reattach_success v4\n");
  EXPECT_EQ(world.gateway().requests()[0].message.cause, ReattachCause::kDead);
  EXPECT_EQ(world.gateway().requests()[0].message.binding_epoch, 1u);
}

TEST(ClientSession, SendsNoDataBetweenDeathAndCommitAndTheHeldPacketsAfterIt) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.Link(0, LinkEvent::kDown);
  for (int i = 0; i < 3; ++i) world.SendInner();
  EXPECT_EQ(world.View().held_packets, 3u);
  world.Run(1039);
  EXPECT_THAT(world.gateway().arrivals(), IsEmpty());
  world.Run(1100);
  ASSERT_EQ(world.gateway().arrivals().size(), 3u);
  for (const auto& arrival : world.gateway().arrivals()) EXPECT_EQ(arrival.transport, kSecond);
}

TEST(ClientSession, HoldsAtMost64PacketsForAtMost200Ms) {
  ClientWorld world(1);
  world.RunUntilReady();
  world.Link(0, LinkEvent::kDown);
  for (int i = 0; i < 70; ++i) world.SendInner();
  EXPECT_EQ(world.View().held_packets, 64u);
  EXPECT_EQ(world.View().held_dropped, 6u);
  world.Run(1201);
  world.SendInner();
  EXPECT_EQ(world.View().held_packets, 1u);
  EXPECT_EQ(world.View().held_dropped, 70u);
}

TEST(ClientSession, RepeatsTheRequestByteForByteUntilTheAckComes) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.gateway().behaviour.on_request = TestGateway::OnRequest::kIgnore;
  world.Link(0, LinkEvent::kDown);
  world.Run(2800);
  std::vector<std::int64_t> after;
  for (const auto& request : world.gateway().requests()) {
    const auto since = request.at - (world.Now() - std::chrono::milliseconds(1800));
    after.push_back(std::chrono::floor<Millis>(since).count() - 20);
    EXPECT_EQ(request.frame, world.gateway().requests()[0].frame);
  }
  EXPECT_THAT(after, ElementsAre(0, 50, 150, 350, 750, 1150, 1550));
  world.gateway().behaviour.on_request = TestGateway::OnRequest::kAccept;
  world.Run(3300);
  EXPECT_EQ(world.View().bound, kSecond);
}

TEST(ClientSession, RefreshesTheRequestWhenItsTokenIsHalfAsOldAsTheGatewayAccepts) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.gateway().behaviour.on_request = TestGateway::OnRequest::kIgnore;
  world.Link(0, LinkEvent::kDown);
  world.Run(5000);
  const auto& requests = world.gateway().requests();
  const auto second = std::find_if(requests.begin(), requests.end(),
                                   [](const auto& r) { return r.message.counter == 2; });
  ASSERT_NE(second, requests.end());
  const auto since = second->at - requests[0].at;
  EXPECT_GT(since, Millis(2000));  // the token was up to 500 ms old already
  EXPECT_LE(since, Millis(3000));
  EXPECT_GT(second->message.token.time_ms, requests[0].message.token.time_ms);
}

TEST(ClientSession, ALostAckIsMadeGoodByTheIdenticalCopy) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.gateway().behaviour.on_request = TestGateway::OnRequest::kAcceptSilently;
  world.Link(0, LinkEvent::kDown);
  world.Run(1200);
  EXPECT_EQ(world.View().bound, kSecond);
  EXPECT_EQ(world.gateway().binding_epoch(), 2u);
  EXPECT_EQ(world.View().binding_epoch, 2u);
}

TEST(ClientSession, AnAckThatWasLostForAWholeAttemptIsMadeGoodInTheNext) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.gateway().behaviour.on_request = TestGateway::OnRequest::kAcceptSilently;
  world.Link(0, LinkEvent::kDown);
  world.Run(1030);  // accepted; nothing more gets through until the target counts as lost
  world.wire(1).Cut();
  world.Run(2000);
  EXPECT_EQ(world.View().state, State::kDegraded);
  EXPECT_EQ(world.gateway().binding_epoch(), 2u);
  world.wire(1).Mend();
  // The next request bears the old epoch, so its answer says what was bound then (row E1).
  world.Run(6000);
  EXPECT_EQ(world.View().state, State::kAttached);
  EXPECT_EQ(world.View().bound, kSecond);
  EXPECT_EQ(world.View().binding_epoch, 2u);
  EXPECT_EQ(world.gateway().binding_epoch(), 2u);
}

// The commit's transport is gone for the client alone: nothing that it asked there can come again.
TEST(ClientSession, ALostAckIsMadeGoodOnAnotherTransport) {
  ClientWorld world(3);
  world.RunUntilReady();
  world.gateway().behaviour.on_request = TestGateway::OnRequest::kAcceptSilently;
  world.Link(0, LinkEvent::kDown);
  world.Run(1030);
  world.Link(1, LinkEvent::kDown);  // committed to at the gateway, and gone before its ACK came
  world.gateway().behaviour.on_request = TestGateway::OnRequest::kAccept;
  ASSERT_EQ(world.gateway().binding_epoch(), 2u);
  world.Run(4000);
  EXPECT_EQ(world.View().state, State::kAttached);
  EXPECT_EQ(world.View().bound, TransportId{2});
  EXPECT_EQ(world.View().binding_epoch, 3u);
  EXPECT_EQ(world.gateway().binding_epoch(), 3u);
}

TEST(ClientSession, ADenyEndsTheAttemptUnderStrictValidationAndIsTriedAgainAfterTheCooldown) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.gateway().behaviour.on_request = TestGateway::OnRequest::kDeny;
  world.Link(0, LinkEvent::kDown);
  world.Run(1100);
  EXPECT_THAT(world.TakeLog(), HasSubstr("SSC RECOVERING>DEGRADED reattach_validation_failed"));
  world.gateway().behaviour.on_request = TestGateway::OnRequest::kAccept;
  world.Run(2539);
  EXPECT_EQ(world.View().state, State::kDegraded);
  world.Run(2600);
  EXPECT_EQ(world.View().state, State::kAttached);
  EXPECT_EQ(world.gateway().requests().back().message.counter, 2u);
}

TEST(ClientSession, ADenyIsFollowedByANewRequestWithoutStrictValidation) {
  ClientWorld world(2);
  world.gateway().behaviour.policy = Policy::Default();
  world.RunUntilReady();
  world.gateway().behaviour.on_request = TestGateway::OnRequest::kDeny;
  world.Link(0, LinkEvent::kDown);
  world.Run(1060);
  world.gateway().behaviour.on_request = TestGateway::OnRequest::kAccept;
  world.Run(1300);
  EXPECT_EQ(world.View().state, State::kAttached);
  EXPECT_EQ(world.gateway().requests().back().message.counter, 2u);
}

TEST(ClientSession, ForgedAcksAndDeniesMoveNothing) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.gateway().behaviour.on_request = TestGateway::OnRequest::kIgnore;
  world.Link(0, LinkEvent::kDown);
  world.Run(1030);
  world.FromGateway(world.gateway().SendControl(
      kSecond, ReattachAck{.transport = kSecond, .binding_epoch = 2, .counter = 9}));
  world.FromGateway(world.gateway().SendControl(
      kSecond, ReattachAck{.transport = kSecond, .binding_epoch = 3, .counter = 1}));
  world.FromGateway(world.gateway().SendControl(kSecond, ReattachDeny{.counter = 9, .token = {}}));
  Bytes broken =
      world.gateway()
          .SendControl(kSecond,
                       ReattachAck{.transport = kSecond, .binding_epoch = 2, .counter = 1})[0]
          .bytes;
  broken.back() ^= 1;
  world.Inject(1, broken);
  world.Run(1100);
  EXPECT_EQ(world.View().state, State::kRecovering);
  EXPECT_EQ(world.View().drops[static_cast<std::size_t>(DropReason::kBadControl)], 1u);
}

TEST(ClientSession, AnAckThatComesInDegradedIsFollowedAtTheNextAttempt) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.gateway().behaviour.on_request = TestGateway::OnRequest::kIgnore;
  world.Link(0, LinkEvent::kDown);
  world.Run(9'100);
  ASSERT_EQ(world.View().state, State::kDegraded);
  world.FromGateway(world.gateway().SendControl(
      kSecond, ReattachAck{.transport = kSecond, .binding_epoch = 2, .counter = 1}));
  world.Run(9'200);
  ASSERT_EQ(world.View().state, State::kDegraded);
  world.Run(12'000);
  EXPECT_EQ(world.View().state, State::kAttached);
}

TEST(ClientSession, ObeysASolicitOnceAndOnlyForItsOwnEpoch) {
  ClientWorld world(2);
  world.RunUntilReady();
  const Token token = world.gateway().TokenAt(world.Now());
  world.FromGateway(world.gateway().SendControl(
      kSecond, Solicit{ReattachCause::kDead, kSecond, 7, token}));  // another epoch
  world.Run(1100);
  EXPECT_THAT(world.TakeLog(), IsEmpty());
  const auto solicit = world.gateway().SendControl(
      kSecond, Solicit{ReattachCause::kDead, kSecond, 1, world.gateway().TokenAt(world.Now())});
  world.FromGateway(solicit);
  world.Run(1200);
  EXPECT_EQ(world.TakeLog(),
            "1120 TransportDead 0 peer_signal\n"
            "1120 SSC ATTACHED>VOLATILE transport_dead v2\n"
            "1120 SSC VOLATILE>RECOVERING dead_transport_recovery v3\n"
            "1120 ReattachAttempt 1\n"
            "1160 ReattachResult SUCCESS reattach_success\n"
            "1160 TransportSwitch 0>1\n"
            "1160 SSC RECOVERING>ATTACHED reattach_success v4\n");
  world.FromGateway(solicit);  // a copy
  world.Run(1300);
  EXPECT_THAT(world.TakeLog(), IsEmpty());
}

TEST(ReattachRequester, ObeysNoSolicitThatIsNotNewerThanTheLast) {
  SeededRandom random(1);
  ReattachRequester requester(SessionId{}, Millis{5'000}, random);
  Solicit solicit{ReattachCause::kDead, kSecond, 1, Token{.instance = 7, .time_ms = 100}};
  EXPECT_TRUE(requester.OnSolicit(solicit, 1));
  EXPECT_FALSE(requester.OnSolicit(solicit, 1)) << "a copy";
  solicit.token.time_ms = 99;
  EXPECT_FALSE(requester.OnSolicit(solicit, 1));
  solicit.token.time_ms = 101;
  EXPECT_TRUE(requester.OnSolicit(solicit, 1));
}

TEST(ClientSession, AQualitySolicitMovesTheSessionWithoutADeath) {
  ClientWorld world(3);
  world.RunUntilReady();
  world.FromGateway(world.gateway().SendControl(
      TransportId{2},
      Solicit{ReattachCause::kQuality, TransportId{2}, 1, world.gateway().TokenAt(world.Now())}));
  world.Run(1200);
  EXPECT_EQ(world.TakeLog(),
            "1020 SSC ATTACHED>VOLATILE peer_signal v2\n"
            "1020 SSC VOLATILE>RECOVERING loss_recovery v3\n"
            "1020 ReattachAttempt 2\n"
            "1060 ReattachResult SUCCESS reattach_success\n"
            "1060 TransportSwitch 0>2\n"
            "1060 SSC RECOVERING>ATTACHED reattach_success v4\n");
  EXPECT_EQ(world.gateway().requests()[0].message.cause, ReattachCause::kQuality);
}

// Rows P1, P2, P3; K4.
TEST(ClientSession, DeliversOnTheBoundTransportOnlyAndOnTheRetiredOneWhileItDrains) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.ReceiveInner(0);
  world.ReceiveInner(1);
  world.Run(1100);
  EXPECT_EQ(world.delivered().size(), 1u);
  EXPECT_EQ(world.View().drops[static_cast<std::size_t>(DropReason::kNotBound)], 1u);
  // A switch away from a living transport: packets of it are still under way.
  world.FromGateway(world.gateway().SendControl(
      kSecond, Solicit{ReattachCause::kQuality, kSecond, 1, world.gateway().TokenAt(world.Now())}));
  world.Run(1159);
  world.ReceiveInner(0);  // arrives after the commit at 1160
  world.Run(1200);
  EXPECT_EQ(world.delivered().size(), 2u);
  world.Run(1390);
  world.ReceiveInner(0);  // 1410: 250 ms after the commit
  world.Run(1391);
  EXPECT_EQ(world.delivered().size(), 2u);
  world.ReceiveInner(0);  // 1411: too late
  world.ReceiveInner(1);
  world.Run(1500);
  EXPECT_EQ(world.delivered().size(), 4u);
}

TEST(ClientSession, DropsReplaysForgeriesAndStrangers) {
  ClientWorld world(1);
  world.RunUntilReady();
  world.ReceiveInner(0);
  world.Run(1100);
  ASSERT_EQ(world.delivered().size(), 1u);
  const Bytes frame = world.received().back();
  world.Inject(0, frame);
  Bytes forged = frame;
  forged[15] ^= 0x40;  // another counter
  world.Inject(0, forged);
  world.Inject(0, frame, Endpoint{*IpAddress::Parse("203.0.113.9"), 4600});
  world.Inject(0, Bytes{9, 9, 9});
  world.Inject(0, Bytes{});
  EXPECT_EQ(world.delivered().size(), 1u);
  const DropCounters drops = world.View().drops;
  EXPECT_EQ(drops[static_cast<std::size_t>(DropReason::kReplayed)], 1u);
  EXPECT_EQ(drops[static_cast<std::size_t>(DropReason::kBadTag)], 1u);
  EXPECT_EQ(drops[static_cast<std::size_t>(DropReason::kNotOurs)], 1u);
  EXPECT_EQ(drops[static_cast<std::size_t>(DropReason::kUnknownType)], 1u);
  EXPECT_EQ(drops[static_cast<std::size_t>(DropReason::kTooShort)], 1u);
}

TEST(ClientSession, RefusesInnerPacketsWithAnotherLengthThanTheirOwn) {
  ClientWorld world(1);
  world.RunUntilReady();
  Bytes packet = ClientWorld::InnerPacket(100);
  packet.push_back(0);
  world.FromGateway(world.gateway().SendInner(kFirst, packet));
  world.Run(1100);
  EXPECT_THAT(world.delivered(), IsEmpty());
  world.SendInner(1421);
  EXPECT_EQ(world.View().drops[static_cast<std::size_t>(DropReason::kInnerTooBig)], 1u);
}

TEST(ClientSession, EndsWithTheGatewaysReasonOnClose) {
  ClientWorld world(1);
  world.RunUntilReady();
  world.FromGateway(world.gateway().SendControl(
      kFirst, Close{CloseReason::kOperatorTerminated, 1, SessionId{}}));  // of another session
  world.Run(1100);
  EXPECT_FALSE(world.ended().has_value());
  world.FromGateway(world.gateway().SendControl(
      kFirst, Close{CloseReason::kOperatorTerminated, 1, world.gateway().session_id()}));
  world.Run(1200);
  ASSERT_TRUE(world.ended().has_value());
  EXPECT_EQ(world.ended()->reason, Reason::kPeerTerminated);
  EXPECT_EQ(world.ended()->told, CloseReason::kOperatorTerminated);
  EXPECT_THAT(world.gateway().closes(), IsEmpty()) << "a close is not answered";
}

TEST(ClientSession, TellsTheGatewayOnUpToThreeTransportsWhenItsUserEndsIt) {
  ClientWorld world(4);
  world.RunUntilReady();
  world.Terminate();
  world.Run(1100);
  EXPECT_EQ(world.gateway().closes().size(), 3u);
  EXPECT_EQ(world.gateway().closes()[0].reason, CloseReason::kPeerTerminated);
  EXPECT_EQ(world.gateway().closes()[0].counter, 1u) << "as the next request would have";
  EXPECT_EQ(world.ended()->reason, Reason::kOperatorTerminated);
  const std::size_t sent = world.sent().size();
  world.Run(20'000);
  EXPECT_EQ(world.sent().size(), sent) << "an ended session sends on";
}

TEST(ClientSession, EndsOneSecondAfterTheGatewaysTtlAndNeverHandshakesAgain) {
  ClientWorld world(1);
  world.RunUntilReady();
  world.Run(10'000);
  world.Link(0, LinkEvent::kDown);
  world.Run(25'999);
  EXPECT_FALSE(world.ended().has_value());
  world.Run(26'500);
  ASSERT_TRUE(world.ended().has_value());
  EXPECT_EQ(world.ended()->reason, Reason::kTransportTtlExceeded);
  EXPECT_THAT(world.TakeLog(), HasSubstr("26001 SSC DEGRADED>TERMINATED transport_ttl_exceeded"));
  world.Link(0, LinkEvent::kUp);
  world.Run(60'000);
  EXPECT_EQ(world.gateway().inits(), 1u);
}

TEST(ClientSession, ComesBackOnTheSameTransportWhenItsLinkDoes) {
  ClientWorld world(1);
  world.RunUntilReady();
  world.Link(0, LinkEvent::kDown);
  world.Run(5000);
  world.Link(0, LinkEvent::kUp);
  world.Run(5200);
  EXPECT_EQ(world.View().state, State::kAttached);
  EXPECT_THAT(world.TakeLog(), HasSubstr("TransportRevalidated 0"));
  world.SendInner();
  world.Run(5300);
  EXPECT_EQ(world.gateway().arrivals().size(), 1u);
}

TEST(ClientSession, ComesBackAfterASilentBlackoutOfAllTransports) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.wire(0).Cut();
  world.wire(1).Cut();
  world.Run(8000);
  EXPECT_THAT(world.TakeLog(), HasSubstr("SSC VOLATILE>DEGRADED no_candidate_transports v3"));
  world.wire(1).Mend();
  world.Run(8300);
  EXPECT_EQ(world.View().state, State::kAttached);
  EXPECT_EQ(world.View().bound, kSecond);
}

TEST(ClientSession, GoesOnFromANewAddressUnderTheSameTransport) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.Link(0, LinkEvent::kNewAddress);
  world.SendInner();
  world.Run(1200);
  EXPECT_EQ(world.gateway().remote(kFirst), world.client_endpoint(0));
  EXPECT_EQ(world.gateway().arrivals().size(), 1u);
  EXPECT_THAT(world.TakeLog(), IsEmpty()) << "a new address is no edge";
  world.Run(5000);
  EXPECT_EQ(world.View().bound, kFirst);
}

// The gateway hears the client at a new address and sends its data to the old one (P5).
TEST(ClientSession, ChallengesAloneKeepATransportAliveForOneDeadTimeOnly) {
  ClientWorld world(1);
  world.RunUntilReady();
  world.gateway().behaviour.answer_probes = false;
  world.gateway().behaviour.answer_challenges = false;
  world.TakeLog();
  for (std::int64_t ms = 2000; ms < 6000; ms += 100) {
    world.Run(ms);
    world.FromGateway(world.gateway().SendPath(kFirst, PathChallenge{.value = 9}));
  }
  EXPECT_THAT(world.TakeLog(), HasSubstr("4021 TransportDead 0 heartbeat_timeout\n"));
}

TEST(ClientSession, AStandbysDeathIsNoEdge) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.Link(1, LinkEvent::kDown);
  EXPECT_EQ(world.TakeLog(), "1000 TransportDead 1 socket_error candidate\n");
  world.Link(1, LinkEvent::kUp);
  world.Run(1100);
  EXPECT_TRUE(world.View().transports[1].fresh);
  EXPECT_EQ(world.View().state_version, 1u);
}

TEST(ClientSession, DoesNotSwitchToWhatDiedInTheSameInstant) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.wire(0).Cut();
  world.wire(1).Cut();
  world.Run(4000);
  const std::string log = world.TakeLog();
  EXPECT_THAT(log, ::testing::Not(HasSubstr("RECOVERING")));
}

TEST(ClientSession, SuspectProbingQuickensEveryTransport) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.gateway().behaviour.on_request = TestGateway::OnRequest::kIgnore;
  world.Link(0, LinkEvent::kDown);
  const std::size_t before = world.gateway().probes(kSecond);
  world.Run(3000);
  EXPECT_NEAR(static_cast<double>(world.gateway().probes(kSecond) - before), 20, 1);  // each 100 ms
}

TEST(ClientSession, LateTicksLoseNothingButTime) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.wire(0).Cut();
  world.Run(3500);
  EXPECT_EQ(world.View().bound, kSecond);
}

}  // namespace
}  // namespace jvpn
