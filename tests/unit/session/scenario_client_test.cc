// Acceptance scenarios whose point is what the client does, or leaves undone: the shipped client
// against a gateway end, in virtual time. Transport 0 is A, 1 is B.
#include <gtest/gtest.h>

#include "tests/support/client_world.h"
#include "tests/unit/session/timeline.h"

namespace jvpn {
namespace {

std::size_t HandshakesAfter(const ClientWorld& world, std::int64_t ms) {
  std::size_t count = 0;
  for (const ClientWorld::Sent& sent : world.sent()) {
    if (sent.ms > ms && sent.bytes[0] == static_cast<std::uint8_t>(FrameType::kHandshakeInit)) {
      ++count;
    }
  }
  return count;
}

// FM-1.1-e, FM-1.1-f, FM-1.1-g: the same session on B, and no word of a handshake.
TEST(ScenarioS03, SwitchesWithoutALogin) {
  for (const bool silent : {false, true}) {
    ClientWorld world(2);
    world.RunUntilReady();
    const SessionId id = world.gateway().session_id();
    const std::int64_t died = world.now_ms();
    if (silent) {
      world.wire(0).Cut();
    } else {
      world.Link(0, LinkEvent::kDown);
    }
    world.Run(died + 3'000);
    EXPECT_EQ(world.View().bound, kB);
    EXPECT_EQ(world.gateway().bound(), kB);
    EXPECT_EQ(world.gateway().inits(), 1U);
    EXPECT_EQ(HandshakesAfter(world, died), 0U);
    EXPECT_EQ(world.gateway().session_id(), id);
    const std::size_t before = world.CountSent(1, FrameType::kData);
    world.SendInner();
    world.Run(died + 3'100);
    EXPECT_GT(world.CountSent(1, FrameType::kData), before);
  }
}

// FM-1.2-e, FM-4-g, FM-4-j: an ended session stays ended on both ends, even if the path comes back.
TEST(ScenarioS06, StartsNothingByItselfWhenThePathReturns) {
  ClientWorld world(1);
  world.RunUntilReady();
  const std::int64_t died = world.now_ms();
  world.wire(0).Cut();
  world.Run(died + 20'000);
  ASSERT_TRUE(world.ended());
  EXPECT_EQ(world.ended()->reason, Reason::kTransportTtlExceeded);
  world.wire(0).Mend();
  const std::size_t sent = world.sent().size();
  world.Run(died + 120'000);
  EXPECT_EQ(world.sent().size(), sent);
  EXPECT_EQ(world.gateway().inits(), 1U);

  Timeline gateway = Timeline::Attached({});
  gateway.Dies(10'000, kA);
  gateway.Run(25'001);
  gateway.Take();
  gateway.Feed(30'000, Valid(kA));
  EXPECT_EQ(gateway.Take(), "30000 ReattachResult DENIED invalid_state_for_reattach");
}

// The gateway still hears A; the client does not hear the gateway.
TEST(ScenarioN16, LeavesAPathThatIsDeadInOneDirection) {
  ClientWorld world(2);
  world.RunUntilReady();
  const std::int64_t cut = world.now_ms();
  world.wire(0).to_client = false;
  world.Run(cut + 2'000 + 500 + 100);  // silence, one heartbeat before it, the round trip
  ASSERT_FALSE(world.gateway().requests().empty());
  EXPECT_EQ(world.gateway().requests()[0].message.cause, ReattachCause::kDead);
  EXPECT_EQ(world.gateway().bound(), kB);
  EXPECT_EQ(world.View().bound, kB);
  EXPECT_EQ(world.View().binding_epoch, 2U);
}

}  // namespace
}  // namespace jvpn
