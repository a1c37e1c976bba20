// Handshakes under flood (docs/wire.md 3.5): what a loaded gateway still does, and for whom.
#include <gmock/gmock.h>

#include "control/handshake_gate.h"
#include "tests/support/control_fixture.h"

namespace jvpn {
namespace {

using testing::ElementsAre;

class HandshakeFloodTest : public ControlFixture {
 protected:
  // One init of somebody who knows the gateway's public key, from a made-up address.
  void Spoof(std::uint32_t n) {
    std::array<std::uint8_t, 4> address{203, 0, 113, 0};
    StoreBe32(address.data(), 0xcb00'0000 + n);
    worker().GiveDatagram({IpAddress::V4(address), 4000}, Local(), spoofed_);
  }
  // Uses up what a calm gateway does without asking; a moment later no time has passed.
  void Load() {
    spoofed_ = TestPeer(random, config.identity.public_key, 1).Init(1);
    for (std::uint32_t i = 0; i < kCalmHandshakeBurst + 8; ++i) {
      Spoof(i);
      core->Turn(now);
    }
    Run(1);
    Datagrams();
  }
  std::vector<TestWorker::Datagram> Give(const Endpoint& from, const Bytes& init) {
    worker().GiveDatagram(from, Local(), init);
    Run(2);
    return Datagrams();
  }
  // The same init with the cookie that the gateway sent for it.
  Bytes Proved(const Endpoint& from, Bytes init, std::size_t p = 0) {
    const auto replies = Give(from, init);
    EXPECT_EQ(replies.size(), 1U);
    EXPECT_TRUE(!replies.empty() && peer(p).Prove(replies[0].payload, init));
    return init;
  }

  Bytes spoofed_;
};

TEST_F(HandshakeFloodTest, ACalmGatewayAsksForNoCookie) {
  Start(1, Policy::Reference());
  Handshake(1);
  EXPECT_EQ(Dropped(DropReason::kNoCookie), 0U);
}

TEST_F(HandshakeFloodTest, UnderLoadAnInitWithoutACookieGetsOneAndNothingElse) {
  Start(1, Policy::Reference());
  Load();
  const std::uint64_t worked = Dropped(DropReason::kBadHandshake);
  const Bytes init = peer().Init(1);
  const auto replies = Give(Remote(0), init);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].to, Remote(0));
  EXPECT_EQ(replies[0].from, Local());
  EXPECT_EQ(replies[0].payload.size(), kCookieFrameBytes);
  EXPECT_LT(replies[0].payload.size(), init.size());
  EXPECT_TRUE(core->Sessions(now).empty());
  EXPECT_EQ(Dropped(DropReason::kBadHandshake), worked) << "no public-key work";
  EXPECT_THAT(events.Take(), ElementsAre());
}

TEST_F(HandshakeFloodTest, UnderLoadTheSameInitWithItsCookieBeginsASession) {
  Start(1, Policy::Reference());
  Load();
  const auto answers = Give(Remote(0), Proved(Remote(0), peer().Init(1)));
  ASSERT_EQ(answers.size(), 1U);
  ASSERT_TRUE(peer().ReadResponse(answers[0].payload));
  EXPECT_EQ(peer().response().status, HandshakeStatus::kAccepted);
}

TEST_F(HandshakeFloodTest, UnderLoadACookieOfAnotherPortIsAnsweredWithACookie) {
  Start(1, Policy::Reference());
  Load();
  const Bytes init = Proved(Remote(0), peer().Init(1));
  Endpoint other = Remote(0);
  ++other.port;
  const auto replies = Give(other, init);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_TRUE(DecodeCookieFrame(replies[0].payload));
}

TEST_F(HandshakeFloodTest, UnderLoadABadMac1IsNotAnswered) {
  Start(1, Policy::Reference());
  Load();
  Bytes init = peer().Init(1);
  init[40] ^= 1;
  EXPECT_TRUE(Give(Remote(0), init).empty());
  EXPECT_EQ(Dropped(DropReason::kBadMac1), 1U);
}

TEST_F(HandshakeFloodTest, ASecondAfterTheFloodItIsCalmAgain) {
  Start(1, Policy::Reference());
  Load();
  Run(1100);
  Handshake(1);
}

TEST_F(HandshakeFloodTest, PublicKeyWorkOfOneTurnIsBoundedAndTheRestWaits) {
  Start(1, Policy::Reference());
  spoofed_ = TestPeer(random, config.identity.public_key, 1).Init(1);
  for (std::uint32_t i = 0; i < 20; ++i) Spoof(i);
  core->Turn(now);
  EXPECT_EQ(Dropped(DropReason::kBadHandshake), 4U);
  core->Turn(now);
  EXPECT_EQ(Dropped(DropReason::kBadHandshake), 8U);
  for (int i = 0; i < 5; ++i) core->Turn(now);
  EXPECT_EQ(Dropped(DropReason::kBadHandshake), 20U) << "none was lost";
}

TEST_F(HandshakeFloodTest, AFloodOnOneLaneLeavesTheOthersTheirTurn) {
  Start(2, Policy::Reference());
  spoofed_ = TestPeer(random, config.identity.public_key, 1).Init(1);
  for (std::uint32_t i = 0; i < kLaneHandshakes; ++i) Spoof(i);
  worker(1).GiveDatagram(Remote(0), Local(), peer().Init(1));
  core->Turn(now);
  EXPECT_EQ(core->Sessions(now).size(), 1U);
}

TEST_F(HandshakeFloodTest, AFloodDelaysNoReattach) {
  Start(1, Policy::Reference());
  Attach(1);
  Validate(1);
  spoofed_ = TestPeer(random, config.identity.public_key, 1).Init(1);
  for (std::uint32_t i = 0; i < 4 * kLaneHandshakes; ++i) Spoof(i);
  GiveControl(1, peer().Seal(1, peer().Request(1, 1, 1, NowMs())));
  Run(2);
  EXPECT_THAT(Messages(), testing::Contains("ack 1 transport 1 epoch 2 to 198.51.100.11"));
}

TEST_F(HandshakeFloodTest, OneAddressGetsItsShareOfTheBudgetHoweverManyPortsItProves) {
  Start(1, Policy::Reference());
  Load();
  const std::uint64_t before = Dropped(DropReason::kBadHandshake);
  TestPeer stranger(random, config.identity.public_key, 1);
  Endpoint from = Remote(0);
  std::vector<std::pair<Endpoint, Bytes>> proved;
  for (std::uint32_t i = 0; i < 2 * kSourceBurst; ++i, ++from.port) {
    Bytes init = stranger.Init(1);
    worker().GiveDatagram(from, Local(), init);
    core->Turn(now);
    worker().Work();
    const auto replies = Datagrams();
    ASSERT_EQ(replies.size(), 1U);
    ASSERT_TRUE(stranger.Prove(replies[0].payload, init));
    proved.emplace_back(from, init);
  }
  for (const auto& [source, init] : proved) {
    worker().GiveDatagram(source, Local(), init);
    core->Turn(now);  // no time passes
  }
  EXPECT_EQ(Dropped(DropReason::kBadHandshake) - before, kSourceBurst);
  // Somebody else is served meanwhile.
  const auto answers = Give(Remote(1), Proved(Remote(1), peer().Init(1, 1)));
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_TRUE(peer().ReadResponse(answers[0].payload));
}

TEST_F(HandshakeFloodTest, CookiesLeaveTheCommandRingToSessions) {
  Start(1, Policy::Reference());
  Load();
  for (std::uint32_t i = 0; i < 4 * kLaneCommands; ++i) {
    Spoof(i);
    core->Turn(now);  // the worker takes nothing
  }
  EXPECT_GE(lanes[0]->commands.Free(), kLaneCommands / 2);
  EXPECT_GT(Dropped(DropReason::kLaneFull), 0U);
}

}  // namespace
}  // namespace jvpn
