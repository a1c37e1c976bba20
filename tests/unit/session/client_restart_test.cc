// The client when its gateway was restarted (docs/wire.md 6.5).
#include <gmock/gmock.h>

#include "crypto/control_seal.h"
#include "tests/support/client_world.h"

namespace jvpn {
namespace {

using testing::IsEmpty;
using testing::Not;

constexpr TransportId kFirst{0};
constexpr TransportId kSecond{1};

void Call(ClientWorld& world, TransportId transport, std::uint32_t epoch = 1) {
  world.FromGateway(world.gateway().SendControl(
      transport,
      Solicit{ReattachCause::kRestart, transport, epoch, world.gateway().TokenAt(world.Now())}));
}

TEST(ClientRestart, IsCalledAndGoesOnUnderNewKeys) {
  ClientWorld world(2);
  world.RunUntilReady();
  const std::uint64_t before = world.View().transports[0].sent;
  world.gateway().LoseKeys();
  Call(world, kFirst);
  world.Run(1070);
  EXPECT_EQ(world.TakeLog(),
            "1020 TransportDead 0 peer_signal\n"
            "1020 SSC ATTACHED>VOLATILE transport_dead v2\n"
            "1020 TransportSwitchDenied no_valid_candidate\n"
            "1020 SSC VOLATILE>DEGRADED no_candidate_transports v3\n"
            "1020 SSC DEGRADED>RECOVERING dead_transport_recovery v4\n"
            "1020 ReattachAttempt 0\n"
            "1060 ReattachResult SUCCESS reattach_success\n"
            "1060 KeyRotated node_restart\n"
            "1060 TransportRevalidated 0\n"
            "1060 SSC RECOVERING>ATTACHED reattach_success v5\n");
  EXPECT_EQ(world.gateway().key_epoch(), KeyEpoch{2});
  // Counters began anew, and the gateway opens what comes.
  EXPECT_LT(world.View().transports[0].sent, before);
  world.SendInner();
  world.ReceiveInner(0);
  world.Run(1200);
  EXPECT_EQ(world.gateway().arrivals().size(), 1U);
  EXPECT_EQ(world.delivered().size(), 1U);
  // The other transport proves itself again, under the new keys.
  world.Run(2000);
  EXPECT_TRUE(world.View().transports[1].fresh);
}

TEST(ClientRestart, ACallOfAnotherBindingMovesNothing) {
  ClientWorld world(2);
  world.RunUntilReady();
  Call(world, kFirst, 3);
  Call(world, kFirst, 0);
  world.Run(1100);
  EXPECT_THAT(world.TakeLog(), IsEmpty());
}

TEST(ClientRestart, ACopyOfTheCallAfterTheCommitMovesNothing) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.gateway().LoseKeys();
  const auto call = world.gateway().SendControl(
      kFirst, Solicit{ReattachCause::kRestart, kFirst, 1, world.gateway().TokenAt(world.Now())});
  world.FromGateway(call);
  world.Run(1100);
  ASSERT_EQ(world.View().state, State::kAttached);
  world.TakeLog();
  world.FromGateway(call);
  world.Run(1200);
  EXPECT_THAT(world.TakeLog(), IsEmpty());
}

TEST(ClientRestart, AnAckOfAnEpochThatIsNotTheNextIsDropped) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.gateway().behaviour.on_request = TestGateway::OnRequest::kIgnore;
  world.gateway().LoseKeys();
  Call(world, kFirst);
  world.Run(1030);
  for (const std::uint32_t epoch : {0U, 3U}) {
    world.FromGateway(world.gateway().SendControl(
        kFirst, ReattachAck{.transport = kFirst,
                            .binding_epoch = 2,
                            .counter = 1,
                            .key_epoch = static_cast<KeyEpoch>(epoch)}));
  }
  world.Run(1060);
  EXPECT_EQ(world.View().state, State::kRecovering);
  EXPECT_EQ(world.View().drops[static_cast<std::size_t>(DropReason::kBadControl)], 2U);
}

TEST(ClientRestart, AStandbyThatWasNotCalledIsNoCandidate) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.gateway().behaviour.on_request = TestGateway::OnRequest::kIgnore;
  world.gateway().LoseKeys();
  Call(world, kSecond);
  world.Run(1030);
  ASSERT_EQ(world.gateway().requests().size(), 0U);
  world.Run(1045);
  ASSERT_GE(world.gateway().requests().size(), 1U);
  EXPECT_EQ(world.gateway().requests()[0].transport, kSecond);
  EXPECT_FALSE(world.View().transports[0].fresh && world.View().transports[0].bound);
}

TEST(ClientRestart, KnocksWhereItHearsNothingAndAnswersACheckWithItsValue) {
  ClientWorld world(1);
  world.RunUntilReady();
  world.gateway().LoseKeys();
  world.Run(4000);
  ASSERT_THAT(world.gateway().knocks(), Not(IsEmpty()));
  EXPECT_EQ(world.gateway().knocks()[0].value, 0U);
  world.FromGateway(world.gateway().SendControl(kFirst, Check{.value = 99}));
  world.Run(4100);
  EXPECT_EQ(world.gateway().knocks().back().value, 99U);
  Call(world, kFirst);
  world.Run(4300);
  EXPECT_EQ(world.View().state, State::kAttached) << world.TakeLog();
}

TEST(ClientRestart, ADenialOfTheNewProcessBringsTheTokenThatItWants) {
  ClientWorld world(2);
  world.RunUntilReady();
  // In the middle of an attempt: the request on the way bears a token of the process before.
  world.gateway().behaviour.on_request = TestGateway::OnRequest::kIgnore;
  world.Link(0, LinkEvent::kDown);
  world.Run(1100);
  ASSERT_EQ(world.View().state, State::kRecovering);
  world.gateway().LoseKeys();
  Call(world, kSecond);
  world.gateway().behaviour.on_request = TestGateway::OnRequest::kAccept;
  world.Run(1250);
  EXPECT_EQ(world.View().state, State::kAttached);
  const auto& requests = world.gateway().requests();
  EXPECT_NE(requests.back().message.token.instance, requests.front().message.token.instance);
  // One binding epoch, one client random.
  EXPECT_EQ(requests.back().message.random, requests.front().message.random);
}

}  // namespace
}  // namespace jvpn
