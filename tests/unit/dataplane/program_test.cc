#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/dataplane/forwarder_rig.h"

namespace jvpn::testing {
namespace {

using ::testing::Each;

constexpr SessionSlot kSlot{3};
constexpr WorkerId kSelf{0};
const Link kFromHost{kCoreMac, kCoreHostMac};

class Program : public ::testing::Test {
 protected:
  Bytes Up(std::uint32_t transport = 0) {
    return rig.WanFrame(peer.Seal(transport, InnerPacket(Ip("10.64.0.5"), Ip("10.0.0.9"))));
  }
  static Bytes Down() { return Ethernet(kFromHost, InnerPacket(Ip("10.0.0.9"), Ip("10.64.0.5"))); }
  SessionSlab slab() const { return rig.forwarder->sessions().slab(kSlot); }
  bool MemoryHolds(ByteView needle) const {
    const ByteView all = rig.forwarder->sessions().memory();
    return std::search(all.begin(), all.end(), needle.begin(), needle.end()) != all.end();
  }
  std::vector<HealthSignal> Acks() { return rig.Signals(HealthSignal::Kind::kApplied); }

  ForwarderRig rig;
  TunnelPeer peer{kSlot, kSelf, Suite::kChaCha20Poly1305, 1};
};

TEST_F(Program, IsAcknowledgedByGeneration) {
  rig.Run(rig.ProgramFor(peer, Generation{5}));
  const auto acks = Acks();
  ASSERT_EQ(acks.size(), 1U);
  EXPECT_EQ(acks[0].generation, Generation{5});
  EXPECT_EQ(acks[0].session, kSlot);
}

TEST_F(Program, AcknowledgesARouteToo) {
  rig.Run(RouteProgram{*Prefix::Parse("10.64.0.9/32"), Generation{8}, true, kSelf, kSlot});
  EXPECT_EQ(Acks().at(0).generation, Generation{8});
}

TEST_F(Program, AcknowledgesManyAtOnceWithTheNewest) {
  for (std::uint64_t g = 1; g <= 4; ++g) {
    ASSERT_TRUE(rig.lane.commands.TryPush(rig.ProgramFor(peer, Generation{g})));
  }
  std::array<Packet, 8> out;
  EXPECT_EQ(rig.forwarder->RunCommands(rig, out, rig.now).commands, 4U);
  const auto acks = Acks();
  ASSERT_EQ(acks.size(), 1U);
  EXPECT_EQ(acks[0].generation, Generation{4});
}

TEST_F(Program, RepeatsAnAcknowledgementThatFoundTheRingFull) {
  while (rig.lane.signals.TryPush(HealthSignal{})) {
  }
  rig.Run(rig.ProgramFor(peer, Generation{5}));
  EXPECT_TRUE(Acks().empty());
  std::array<Packet, 1> out;
  rig.forwarder->RunCommands(rig, out, rig.now);
  EXPECT_EQ(Acks().at(0).generation, Generation{5});
}

TEST_F(Program, OlderOrEqualChangesNothingAndIsAcknowledgedAgain) {
  rig.Install(rig.ProgramFor(peer, Generation{5}));
  Acks();
  SessionProgram old = rig.ProgramFor(peer, Generation{4});
  old.bound = TransportId::kNone;
  rig.Run(old);
  old.generation = Generation{5};
  rig.Run(old);
  EXPECT_EQ(slab().hot().bound, 0);
  EXPECT_EQ(Acks().back().generation, Generation{5});
  old.generation = Generation{6};
  rig.Run(old);
  EXPECT_EQ(slab().hot().bound, kNoTransport);
}

TEST_F(Program, KeepsCountersWindowsAndHealthOfAnUnchangedTransport) {
  rig.Install(rig.ProgramFor(peer, Generation{1}));
  const Bytes first = Up();
  rig.FromWan(first);
  rig.FromWan(Up());
  rig.FromCore(Down());
  rig.Run(rig.ProgramFor(peer, Generation{2}));
  EXPECT_EQ(slab().rx(0).window.count(), 2U);
  EXPECT_EQ(slab().tx(0).counter, 1U);
  EXPECT_EQ(slab().hot().life(0), HealthSignal::Life::kFresh);
  rig.FromWan(first);
  EXPECT_EQ(rig.Dropped(DropReason::kReplayed), 1U);
}

TEST_F(Program, StartsAnewWithANewEpoch) {
  rig.Install(rig.ProgramFor(peer, Generation{1}));
  rig.FromWan(Up());
  rig.FromCore(Down());
  SessionProgram next = rig.ProgramFor(peer, Generation{2});
  next.epoch = KeyEpoch{2};
  next.rx_key.writable()[0] ^= 1;
  next.tx_key.writable()[0] ^= 1;
  rig.Run(next);
  EXPECT_EQ(slab().rx(0).window.count(), 0U);
  EXPECT_EQ(slab().tx(0).counter, 0U);
  EXPECT_EQ(slab().hot().key_phase, 2);
  EXPECT_EQ(slab().hot().life(0), HealthSignal::Life::kUnknown);
}

// The nonce is transport and counter under one key: whatever else changes, it must not come again.
TEST_F(Program, NeverRestartsATransmitCounterUnderTheSameKey) {
  rig.Install(rig.ProgramFor(peer, Generation{1}));
  rig.FromCore(Down());
  SessionProgram other = rig.ProgramFor(peer, Generation{2});
  other.transports[0].rx_index = peer.rx_index(7);
  other.transports[0].tx_index = peer.tx_index(7);
  rig.Run(other);
  EXPECT_EQ(slab().tx(0).counter, 1U);
  other.generation = Generation{3};
  other.transport_count = 1;
  other.transports[0] = {};
  other.bound = TransportId::kNone;
  rig.Run(other);
  rig.Run(rig.ProgramFor(peer, Generation{4}));
  EXPECT_EQ(slab().tx(0).counter, 1U);
}

TEST_F(Program, ForgetsTheFlowOfATransportThatIsGone) {
  rig.Install(rig.ProgramFor(peer, Generation{1}));
  rig.Run(rig.ProgramFor(peer, Generation{2}, false, 1));
  rig.FromWan(Up(1));
  EXPECT_EQ(rig.Dropped(DropReason::kUnknownFlow), 1U);
  EXPECT_EQ(rig.FromWan(Up(0)).fate, Fate::kTransmit);
}

TEST_F(Program, RemovalWipesKeysFlowsAndEverythingElse) {
  rig.Install(rig.ProgramFor(peer, Generation{1}));
  rig.FromWan(Up());
  rig.FromCore(Down());
  EXPECT_TRUE(MemoryHolds(peer.rx_key().view())) << "else this test proves nothing";
  EXPECT_TRUE(MemoryHolds(peer.tx_key().view()));
  SessionProgram removal;
  removal.session = kSlot;
  removal.generation = Generation{2};
  rig.Run(removal);
  EXPECT_FALSE(MemoryHolds(peer.rx_key().view()));
  EXPECT_FALSE(MemoryHolds(peer.tx_key().view()));
  for (const auto* key : {&slab().rx_key(), &slab().tx_key()}) {
    EXPECT_THAT(std::vector<std::uint8_t>(key->bytes, key->bytes + AeadKey::kBytes), Each(0));
  }
  rig.FromWan(Up());
  EXPECT_EQ(rig.Dropped(DropReason::kUnknownFlow), 1U);
  rig.FromCore(Down());
  EXPECT_EQ(rig.Dropped(DropReason::kNoBinding), 1U);
  EXPECT_EQ(slab().hot().generation, Generation{2});
  rig.Run(rig.ProgramFor(peer, Generation{1}));
  EXPECT_FALSE(slab().hot().installed) << "a late copy of an older program";
}

// How far the expansion of a key reaches differs with the processor, and what it leaves zero proves
// nothing: the blocks that hold something.
std::vector<ByteView> WrittenBlocks(const AeadKey& key) {
  constexpr std::size_t kBlock = 16;
  std::vector<ByteView> blocks;
  for (std::size_t at = 0; at + kBlock <= AeadKey::kBytes; at += kBlock) {
    const ByteView block{key.bytes + at, kBlock};
    if (std::any_of(block.begin(), block.end(), [](std::uint8_t byte) { return byte != 0; })) {
      blocks.push_back(block);
    }
  }
  return blocks;
}

TEST_F(Program, ErasesEveryBlockOfTheExpandedKeyOnRemovalOfAGcmSession) {
  TunnelPeer gcm(SessionSlot{5}, kSelf, Suite::kAes256Gcm, 3);
  rig.Run(rig.ProgramFor(gcm, Generation{1}));
  AeadKey expanded{};
  rig.engine->ExpandKey(Suite::kAes256Gcm, gcm.rx_key(), expanded);
  const std::vector<ByteView> blocks = WrittenBlocks(expanded);
  ASSERT_GT(blocks.size(), 15U) << "fifteen round keys, and at least one power of the hash key";
  for (const ByteView block : blocks) ASSERT_TRUE(MemoryHolds(block));
  SessionProgram removal;
  removal.session = SessionSlot{5};
  removal.generation = Generation{2};
  rig.Run(removal);
  for (const ByteView block : blocks) EXPECT_FALSE(MemoryHolds(block));
}

TEST_F(Program, AnotherSessionMayTakeTheSlotWithoutARemovalBetween) {
  rig.Install(rig.ProgramFor(peer, Generation{1}));
  rig.FromWan(Up());
  rig.FromCore(Down());
  TunnelPeer next(kSlot, kSelf, Suite::kAes128Gcm, 9);
  rig.Run(rig.ProgramFor(next, Generation{2}));
  EXPECT_EQ(slab().tx(0).counter, 0U);
  const Bytes up = next.Seal(0, InnerPacket(Ip("10.64.0.5"), Ip("10.0.0.9")));
  EXPECT_EQ(rig.FromWan(rig.WanFrame(up)).fate, Fate::kTransmit);
  rig.FromWan(Up());
  EXPECT_EQ(rig.Dropped(DropReason::kUnknownFlow), 1U);
}

TEST_F(Program, ANeighborIdMayBeGivenToAnotherAddress) {
  rig.Install(rig.ProgramFor(peer, Generation{1}));
  rig.Run(NeighborProgram{NeighborId{2}, PortSide::kCore, Ip("10.0.0.10"), Mac(9)});
  const auto to = [&](const char* host) {
    return rig.FromWan(rig.WanFrame(peer.Seal(0, InnerPacket(Ip("10.64.0.5"), Ip(host)))));
  };
  EXPECT_EQ(ReadEthernet(to("10.0.0.10").frame)->link.to, Mac(9));
  EXPECT_EQ(to("10.0.0.9").fate, Fate::kRelease);
  EXPECT_EQ(rig.Dropped(DropReason::kNoNeighbor), 1U);
}

TEST_F(Program, HoldsNoKeyAfterTheTurn) {
  rig.Run(rig.ProgramFor(peer, Generation{1}));
  SessionProgram removal;
  removal.session = kSlot;
  removal.generation = Generation{2};
  rig.Run(removal);
  const auto* at = reinterpret_cast<const std::uint8_t*>(rig.forwarder.get());
  const ByteView object{at, sizeof(Forwarder)};
  const auto key = peer.rx_key().view();
  EXPECT_EQ(std::search(object.begin(), object.end(), key.begin(), key.end()), object.end());
}

}  // namespace
}  // namespace jvpn::testing
