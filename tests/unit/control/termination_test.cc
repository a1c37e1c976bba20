#include <gmock/gmock.h>

#include "tests/support/control_fixture.h"

namespace jvpn {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class TerminationTest : public ControlFixture {
 protected:
  void AttachAll() {
    Start(1, Policy::Reference());
    Attach(1);
    Validate(1);
    Validate(2);
    Run(2);
    events.Take();
    Datagrams();
    worker().TakeLog();
  }
  SessionId Id() { return peer().response().session_id; }
};

TEST_F(TerminationTest, TheOperatorEndsASessionAtOnceAndThePeerIsTold) {
  AttachAll();
  EXPECT_EQ(core->Terminate(Id(), now), TerminateResult::kDone);
  Run(3);
  EXPECT_THAT(worker().TakeLog(),
              ElementsAre("link", "link", "link", "remove route 10.9.0.2/32", "remove session 0"));
  EXPECT_THAT(Messages(), ElementsAre("close 3 to 198.51.100.10", "close 3 to 198.51.100.11",
                                      "close 3 to 198.51.100.12"));
  EXPECT_TRUE(worker().sessions.empty());
  EXPECT_TRUE(worker().routes.empty());
  EXPECT_EQ(events.Take().front(), "SSC ATTACHED>TERMINATED operator_terminated v2");
  EXPECT_EQ(core->Terminate(Id(), now), TerminateResult::kAlreadyTerminated);
  EXPECT_EQ(core->Terminate(SessionId{}, now), TerminateResult::kUnknownSession);
  EXPECT_THAT(events.Take(), IsEmpty());
}

TEST_F(TerminationTest, ALateRequestGetsTheSealedCloseAndADenial) {
  AttachAll();
  core->Terminate(Id(), now);
  Run(3);
  Datagrams();
  events.Take();
  const Bytes request = peer().Seal(1, peer().Request(1, 1, 1, NowMs()));
  GiveControl(1, request);
  Run(1);
  EXPECT_THAT(events.Take(), ElementsAre("ReattachResult DENIED invalid_state_for_reattach"));
  EXPECT_THAT(Messages(), ElementsAre("close 3 to 198.51.100.11"));
  for (int i = 0; i < 50; ++i) {
    GiveControl(1, request);
    Run(1);
  }
  EXPECT_LE(Messages().size(), 5U);
}

TEST_F(TerminationTest, AfterFiveMinutesTheSessionIsForgotten) {
  AttachAll();
  core->Terminate(Id(), now);
  Run(3);
  Datagrams();
  now += std::chrono::seconds(301);
  Run(1);
  GiveControl(1, peer().Seal(1, peer().Request(1, 1, 1, NowMs())));
  Run(1);
  EXPECT_THAT(Messages(), IsEmpty());
  EXPECT_EQ(Dropped(DropReason::kUnknownFlow), 1U);
  EXPECT_EQ(core->Terminate(Id(), now), TerminateResult::kUnknownSession);
}

TEST_F(TerminationTest, ThePeersCloseEndsTheSessionAndItsCopiesDoNothing) {
  AttachAll();
  const Bytes close = peer().Seal(
      0, Close{.reason = CloseReason::kPeerTerminated, .counter = 1, .session_id = Id()});
  GiveControl(0, close);
  GiveControl(0, close);
  Run(2);
  const Texts seen = events.Take();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0], "SSC ATTACHED>TERMINATED peer_terminated v2");
  EXPECT_EQ(StateOf(), "none");
}

TEST_F(TerminationTest, ACloseWhoseCounterIsNotGreaterIsRefused) {
  AttachAll();
  GiveControl(0, peer().Seal(0, peer().Request(0, 0, 5, NowMs())));
  Run(1);
  GiveControl(0, peer().Seal(0, Close{.counter = 5, .session_id = Id()}));
  Run(1);
  EXPECT_EQ(StateOf(), "ATTACHED");
  GiveControl(0, peer().Seal(0, Close{.counter = 6, .session_id = Id()}));
  Run(1);
  EXPECT_EQ(StateOf(), "none");
}

TEST_F(TerminationTest, TheLifetimeEndsASessionInAnyState) {
  Policy policy = Policy::Reference();
  policy.max_lifetime = Millis(30'000);
  Start(1, policy);
  Attach(1);
  events.Take();
  while (StateOf() == "ATTACHED") {
    Hear(0);
    Run(1);
    ASSERT_LT(NowMs(), 140'000U);
  }
  EXPECT_THAT(events.Take(),
              ElementsAre("SSC ATTACHED>TERMINATED session_lifetime_exceeded v2",
                          "SessionTerminated session_lifetime_exceeded age=30001 tless=0"));
}

TEST_F(TerminationTest, AddressAndSlotAreUsableAgain) {
  Start(1, Policy::Reference(), /*peer_count=*/2, /*max_sessions=*/1);
  Attach(1, 0);
  core->Terminate(peer(0).response().session_id, now);
  Run(3);
  Datagrams();
  Attach(1, 1);
  EXPECT_EQ(core->Sessions(now).size(), 1U);
}

TEST_F(TerminationTest, ASlotIsNotUsedAgainBeforeTheWorkerHasLetGo) {
  Start(1, Policy::Reference(), /*peer_count=*/2, /*max_sessions=*/1);
  Attach(1, 0);
  worker().deaf = true;
  core->Terminate(peer(0).response().session_id, now);
  Run(3);
  Datagrams();
  GiveInit(1, 1);
  Run(2);
  const auto answers = Datagrams();
  ASSERT_EQ(answers.size(), 1U);
  ASSERT_TRUE(peer(1).ReadResponse(answers[0].payload));
  EXPECT_EQ(peer(1).response().status, HandshakeStatus::kGatewayFull);
  worker().deaf = false;
  Run(300);  // the removal is repeated and acknowledged
  Datagrams();
  Handshake(2, 1);
}

TEST_F(TerminationTest, AllSessionsEndWhenTheGatewayStops) {
  Start(2, Policy::Reference(), /*peer_count=*/6);
  for (std::size_t p = 0; p < 6; ++p) {
    GiveInit(1, p);
    Run(2);
    const auto answers = Datagrams();
    ASSERT_EQ(answers.size(), 1U);
    ASSERT_TRUE(peer(p).ReadResponse(answers[0].payload));
    Hear(0, p);
    Run(3);
  }
  core->TerminateAll(now);
  EXPECT_EQ(core->NextDeadline(), now);
  Run(5);
  EXPECT_TRUE(core->Sessions(now).empty());
  EXPECT_EQ(Datagrams().size(), 6U);
  EXPECT_TRUE(worker(0).sessions.empty());
  EXPECT_TRUE(worker(1).sessions.empty());
  GiveInit(2, 0);
  Run(2);
  EXPECT_THAT(Datagrams(), IsEmpty());  // nobody comes in any more
}

}  // namespace
}  // namespace jvpn
