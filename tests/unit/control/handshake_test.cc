#include <gmock/gmock.h>

#include "tests/support/control_fixture.h"

namespace jvpn {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class HandshakeTest : public ControlFixture {
 protected:
  // Nothing allocated, nothing sent, nothing logged.
  void ExpectNoTrace() {
    EXPECT_TRUE(core->Sessions(now).empty());
    EXPECT_THAT(worker().TakeLog(), IsEmpty());
    EXPECT_THAT(events.Take(), IsEmpty());
  }
};

TEST_F(HandshakeTest, AResponseFollowsTheProgramAndCarriesWhatAClientNeeds) {
  Start(1, Policy::Reference());
  GiveInit(1);
  Run(2);
  EXPECT_THAT(worker().TakeLog(), ElementsAre("session 0 bound none", "link"));
  const auto answers = Datagrams();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].from, Local());
  EXPECT_EQ(answers[0].to, Remote(0));
  EXPECT_EQ(answers[0].to_mac, (MacAddress{{2, 0, 0, 0, 0, 0x99}}));
  ASSERT_TRUE(peer().ReadResponse(answers[0].payload));
  const ResponsePayload& response = peer().response();
  EXPECT_EQ(response.status, HandshakeStatus::kAccepted);
  EXPECT_EQ(response.suite, 1);
  EXPECT_EQ(response.inner_mtu, 1420);
  EXPECT_EQ(response.inner_v4.ToString(), "10.9.0.2/24");
  EXPECT_EQ(response.flow_indices.size(), kTransports);
  EXPECT_EQ(response.token.instance, kInstance);
  EXPECT_EQ(FromWireParameters(response.policy)->transport_lost_ttl, Millis(15'000));
  EXPECT_EQ(StateOf(), "BIRTH");
}

TEST_F(HandshakeTest, TheProgramHoldsTheKeysThatTheClientDerives) {
  Start(1, Policy::Reference());
  Handshake(1);
  const SessionProgram& program = worker().sessions.at(SlotOf());
  EXPECT_EQ(program.rx_key,
            DeriveTrafficKey(peer().root(), Direction::kToGateway, Suite::kAes128Gcm, KeyEpoch{1}));
  EXPECT_EQ(program.tx_key,
            DeriveTrafficKey(peer().root(), Direction::kToClient, Suite::kAes128Gcm, KeyEpoch{1}));
  EXPECT_EQ(program.transport_count, kTransports);
  EXPECT_TRUE(program.transports[0].validated);
  EXPECT_EQ(program.transports[0].remote, Remote(0));
  EXPECT_EQ(program.transports[0].tx_index, peer().own_index(0));
  EXPECT_EQ(worker().neighbors.at(program.transports[0].next_hop).mac, kNextHopMac);
  EXPECT_FALSE(program.transports[1].validated);
  EXPECT_EQ(program.inner_v4.ToString(), "10.9.0.2/32");
}

TEST_F(HandshakeTest, TheFirstFrameAttachesAndRoutesFollow) {
  Start(1, Policy::Reference());
  Handshake(1);
  worker().TakeLog();
  Hear(0);
  Run(3);
  EXPECT_THAT(events.Take(),
              ElementsAre("TransportAttached 0", "SSC BIRTH>ATTACHED attached_to_transport v1"));
  EXPECT_THAT(worker().TakeLog(), ElementsAre("session 0 bound 0", "route 10.9.0.2/32"));
}

TEST_F(HandshakeTest, ABirthThatIsNeverUsedEndsAfterItsTimeout) {
  Start(1, Policy::Reference());
  Handshake(1);
  Run(4997);
  EXPECT_EQ(StateOf(), "BIRTH");
  Run(5);
  EXPECT_EQ(StateOf(), "none");
  EXPECT_THAT(Datagrams(), IsEmpty());  // its source has proved nothing: no CLOSE
  EXPECT_TRUE(worker().sessions.empty());
}

TEST_F(HandshakeTest, OneClientBeginsTwoSessionsASecondAtMost) {
  Start(1, Policy::Reference());
  for (std::uint64_t second = 1; second <= 50; ++second) {
    GiveInit(second);
    Run(1);
  }
  EXPECT_EQ(Dropped(DropReason::kRateLimited), 40U);
  Run(500);
  GiveInit(51);
  Run(1);
  EXPECT_EQ(Dropped(DropReason::kRateLimited), 40U);
}

TEST_F(HandshakeTest, ABadMac1LeavesNoTrace) {
  Start(1, Policy::Reference());
  Bytes init = peer().Init(1);
  init[init.size() - 2 * kMacBytes] ^= 1;
  worker().GiveDatagram(Remote(0), Local(), init);
  Run(2);
  EXPECT_EQ(Dropped(DropReason::kBadMac1), 1U);
  ExpectNoTrace();
}

TEST_F(HandshakeTest, AStrangerLeavesNoTrace) {
  Start(1, Policy::Reference());
  TestPeer stranger(random, config.identity.public_key, 1);
  worker().GiveDatagram(Remote(0), Local(), stranger.Init(1));
  Run(2);
  EXPECT_EQ(Dropped(DropReason::kBadHandshake), 1U);
  ExpectNoTrace();
}

TEST_F(HandshakeTest, CutShortAtAnyLengthLeavesNoTrace) {
  Start(1, Policy::Reference());
  const Bytes init = peer().Init(1);
  for (std::size_t n = 0; n < init.size(); n += 7) {
    worker().GiveDatagram(Remote(0), Local(), ByteView(init).first(n));
    Run(1);
  }
  EXPECT_GT(Dropped(DropReason::kTooShort), 50U);
  ExpectNoTrace();
}

TEST_F(HandshakeTest, ReplayedAndOldInitsAreRefused) {
  Start(1, Policy::Reference());
  const Bytes old = peer().Init(4);
  const Bytes init = peer().Init(5);
  worker().GiveDatagram(Remote(0), Local(), init);
  Run(2);
  worker().TakeLog();
  Datagrams();
  worker().GiveDatagram(Remote(0), Local(), init);
  worker().GiveDatagram(Remote(0), Local(), old);
  Run(2);
  EXPECT_EQ(Dropped(DropReason::kOldTimestamp), 2U);
  EXPECT_THAT(worker().TakeLog(), IsEmpty());
  EXPECT_EQ(core->Sessions(now).size(), 1U);
}

TEST_F(HandshakeTest, ARepeatedInitReplacesTheBirthBeforeIt) {
  Start(1, Policy::Reference());
  Handshake(1);
  const SessionId first = peer().response().session_id;
  Handshake(2);
  EXPECT_NE(peer().response().session_id, first);
  EXPECT_EQ(core->Sessions(now).size(), 1U);
  EXPECT_EQ(peer().response().inner_v4.ToString(), "10.9.0.2/24");
}

TEST_F(HandshakeTest, WithoutACommonSuiteTheAnswerSaysSo) {
  Start(1, Policy::Reference());
  worker().GiveDatagram(Remote(0), Local(), peer().Init(1, 0, {9}));
  Run(2);
  const auto answers = Datagrams();
  ASSERT_EQ(answers.size(), 1U);
  ASSERT_TRUE(peer().ReadResponse(answers[0].payload));
  EXPECT_EQ(peer().response().status, HandshakeStatus::kNoCommonSuite);
  EXPECT_THAT(worker().TakeLog(), ElementsAre("link"));
  ExpectNoTrace();
}

TEST_F(HandshakeTest, TakesTheFirstOfTheClientsSuitesThatIsAllowed) {
  config.suites = {Suite::kAes128Gcm, Suite::kChaCha20Poly1305};
  Start(1, Policy::Reference());
  worker().GiveDatagram(Remote(0), Local(), peer().Init(1, 0, {2, 3, 1}));
  Run(2);
  const auto answers = Datagrams();
  ASSERT_EQ(answers.size(), 1U);
  ASSERT_TRUE(peer().ReadResponse(answers[0].payload));
  EXPECT_EQ(peer().response().suite, 3);
}

TEST_F(HandshakeTest, APolicyWithoutTheProtocolOfTheTransportTakesNothing) {
  Policy policy = Policy::Reference();
  policy.allowed_protocols = {"quic"};
  Start(1, policy);
  worker().GiveDatagram(Remote(0), Local(), peer().Init(1));
  Run(2);
  const auto answers = Datagrams();
  ASSERT_EQ(answers.size(), 1U);
  ASSERT_TRUE(peer().ReadResponse(answers[0].payload));
  EXPECT_EQ(peer().response().status, HandshakeStatus::kPolicyDenied);
  EXPECT_TRUE(core->Sessions(now).empty());
}

TEST_F(HandshakeTest, AFullGatewaySaysSoAndTakesNothing) {
  Start(1, Policy::Reference(), /*peer_count=*/3, /*max_sessions=*/2);
  Handshake(1, 0);
  Handshake(1, 1);
  worker().GiveDatagram(Remote(0, 2), Local(), peer(2).Init(1));
  Run(2);
  const auto answers = Datagrams();
  ASSERT_EQ(answers.size(), 1U);
  ASSERT_TRUE(peer(2).ReadResponse(answers[0].payload));
  EXPECT_EQ(peer(2).response().status, HandshakeStatus::kGatewayFull);
  EXPECT_EQ(core->Sessions(now).size(), 2U);
}

TEST_F(HandshakeTest, ANewSessionEndsTheOldOneOnlyWhenItIsUsed) {
  Start(1, Policy::Reference());
  Attach(1);
  const SessionId first = peer().response().session_id;
  events.Take();
  Handshake(2);
  EXPECT_TRUE(core->FindSession(first, now));
  EXPECT_EQ(worker().routes.at(*Prefix::Parse("10.9.0.2/32")).session, SessionSlot{0});
  Hear(0);
  Run(4);
  EXPECT_FALSE(core->FindSession(first, now));
  const Texts seen = events.Take();
  ASSERT_EQ(seen.size(), 4U);
  EXPECT_EQ(seen[0], "SSC ATTACHED>TERMINATED peer_terminated v2");
  EXPECT_EQ(seen[1].substr(0, 33), "SessionTerminated peer_terminated");
  EXPECT_EQ(seen[2], "TransportAttached 0");
  EXPECT_EQ(seen[3], "SSC BIRTH>ATTACHED attached_to_transport v1");
  EXPECT_EQ(worker().routes.at(*Prefix::Parse("10.9.0.2/32")).session, SlotOf());
}

TEST_F(HandshakeTest, AFullCommandRingDelaysTheResponseAndIsRepaired) {
  Start(1, Policy::Reference());
  while (lanes[0]->commands.TryPush(SendLink{})) {
  }
  GiveInit(1);
  now += Millis(1);
  core->Turn(now);
  EXPECT_EQ(core->Sessions(now).size(), 1U);
  Run(3);
  EXPECT_EQ(worker().sessions.size(), 1U);  // programmed when there was room
  EXPECT_THAT(Datagrams(), IsEmpty());      // the answer was not kept: the client asks again
  Handshake(2);
}

}  // namespace
}  // namespace jvpn
