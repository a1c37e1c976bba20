// Cookies of a loaded gateway, as the client takes them (docs/wire.md 3.5).
#include <gtest/gtest.h>

#include "tests/support/client_world.h"

namespace jvpn {
namespace {

TEST(ClientCookie, RepeatsTheSameInitWithACookieWhenTheGatewayIsLoaded) {
  ClientWorld world(1);
  world.gateway().behaviour.wants_cookies = true;
  world.Run(200);
  ASSERT_EQ(world.CountSent(0, FrameType::kHandshakeInit), 2U);
  const Bytes& first = world.sent()[0].bytes;
  const Bytes& again = world.sent()[1].bytes;
  EXPECT_EQ(world.sent()[1].ms, 40) << "at once, one round trip later";
  EXPECT_EQ(Bytes(first.begin(), first.end() - 16), Bytes(again.begin(), again.end() - 16));
  EXPECT_NE(Bytes(again.end() - 16, again.end()), Bytes(16));
  EXPECT_EQ(world.View().bound, TransportId{0});
}

TEST(ClientCookie, KeepsACookieForLaterInitsOfItsTransport) {
  ClientWorld world(1);
  world.gateway().behaviour.wants_cookies = true;
  world.gateway().behaviour.answer_probes = false;  // so that there are later inits
  world.Run(4900);
  EXPECT_EQ(world.gateway().cookies(), 1U);
  EXPECT_GT(world.CountSent(0, FrameType::kHandshakeInit), 3U);
}

TEST(ClientCookie, RepeatsAnInitOnceHoweverOftenTheCookieComes) {
  ClientWorld world(1);
  world.gateway().behaviour.wants_cookies = true;
  world.Run(30);
  world.wire(0).to_gateway = false;
  world.Run(45);
  ASSERT_EQ(world.received().size(), 1U);
  const Bytes reply = world.received()[0];
  for (int i = 0; i < 20; ++i) world.Inject(0, reply);
  world.Run(400);
  EXPECT_EQ(world.CountSent(0, FrameType::kHandshakeInit), 2U);
}

TEST(ClientCookie, TakesNoCookieThatDoesNotFitItsInit) {
  // Two runs of one seed: what the gateway says in one is what it would say in the other.
  ClientWorld overheard(1);
  overheard.gateway().behaviour.wants_cookies = true;
  overheard.Run(30);
  ASSERT_EQ(overheard.received().size(), 1U);
  const Bytes reply = overheard.received()[0];
  ClientWorld world(1);
  world.wire(0).Cut();
  world.Run(30);
  for (std::size_t byte = 0; byte < reply.size(); ++byte) {
    Bytes forged = reply;
    forged[byte] ^= 0x10;
    world.Inject(0, forged);
  }
  EXPECT_EQ(world.CountSent(0, FrameType::kHandshakeInit), 1U);
  world.Inject(0, reply);
  EXPECT_EQ(world.CountSent(0, FrameType::kHandshakeInit), 2U) << "the reply itself is good";
}

}  // namespace
}  // namespace jvpn
