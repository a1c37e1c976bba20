#include "dataplane/handoff.h"

#include <gtest/gtest.h>

#include "tests/dataplane/ring_rig.h"

namespace jvpn::testing {
namespace {

constexpr SessionSlot kSlot{3};
constexpr WorkerId kSecond{1};

TEST(HandOver, BringsPacketsOfBothDirectionsToTheOwner) {
  RingRig rig({.workers = 2});
  TunnelPeer peer(kSlot, kSecond, Suite::kAes128Gcm, 1);
  rig.Install(rig.scene.ProgramFor(peer, Generation{1}), kSecond);
  rig.Arrive(PortSide::kWan, rig.scene.FromClient(peer.Seal(0, InnerUp())), 0);
  rig.Arrive(PortSide::kCore, rig.scene.FromHost(InnerDown()), 0);
  rig.Poll(0);
  EXPECT_TRUE(rig.Sent(PortSide::kCore, 0).empty());
  EXPECT_EQ(rig.dataplane->stats(0).handed_over.Get(), 2U);
  rig.Poll(1);
  EXPECT_EQ(rig.Sent(PortSide::kCore, 1).size(), 1U) << "sent by the owner";
  const auto down = rig.Sent(PortSide::kWan, 1);
  ASSERT_EQ(down.size(), 1U);
  EXPECT_TRUE(peer.Open(0, ReadUdpPacket(*ReadEthernet(down[0]))->payload).has_value());
  EXPECT_EQ(rig.dataplane->stats(1).uplink_packets.Get(), 1U);
  EXPECT_EQ(rig.dataplane->stats(1).downlink_packets.Get(), 1U);
  EXPECT_EQ(rig.DroppedInAll(), 0U);
  EXPECT_EQ(rig.Balance(), 0);
}

TEST(HandOver, FreesAndCountsWhatTheRingDoesNotTake) {
  RingRig rig({.workers = 2});
  TunnelPeer peer(kSlot, kSecond, Suite::kAes128Gcm, 1);
  rig.Install(rig.scene.ProgramFor(peer, Generation{1}), kSecond);
  constexpr std::uint64_t kPackets = 600;
  for (std::uint64_t i = 0; i < kPackets; ++i) {
    rig.Arrive(PortSide::kWan, rig.scene.FromClient(peer.Seal(0, InnerUp())));
  }
  while (rig.Poll(0)) {
  }
  const std::uint64_t refused = rig.Dropped(DropReason::kHandoffFull);
  EXPECT_GT(refused, 0U);
  while (rig.Poll(1)) {
  }
  EXPECT_EQ(rig.dataplane->stats(1).uplink_packets.Get() + refused, kPackets);
  rig.Sent(PortSide::kCore, 1);
  EXPECT_EQ(rig.Balance(), 0);
}

TEST(HandOver, FreesWhatNobodyTookAtTheEnd) {
  RingRig rig({.workers = 2});
  TunnelPeer peer(kSlot, kSecond, Suite::kAes128Gcm, 1);
  rig.Install(rig.scene.ProgramFor(peer, Generation{1}), kSecond);
  rig.Arrive(PortSide::kWan, rig.scene.FromClient(peer.Seal(0, InnerUp())));
  rig.Poll(0);
  EXPECT_EQ(rig.Balance(), 1);
}

// A device with fewer queues than there are workers: the second one receives and sends through the
// first.
TEST(HandOver, LetsAWorkerWithoutQueuesWork) {
  RingRig rig({.workers = 2, .queues = 1});
  TunnelPeer peer(kSlot, kSecond, Suite::kAes128Gcm, 1);
  rig.Install(rig.scene.ProgramFor(peer, Generation{1}), kSecond);
  rig.Arrive(PortSide::kWan, rig.scene.FromClient(peer.Seal(0, InnerUp())));
  rig.Arrive(PortSide::kCore, rig.scene.FromHost(InnerDown()));
  rig.Poll(0);
  rig.Poll(1);
  EXPECT_TRUE(rig.Sent(PortSide::kCore).empty());
  rig.Poll(0);
  EXPECT_EQ(rig.Sent(PortSide::kCore).size(), 1U);
  EXPECT_EQ(rig.Sent(PortSide::kWan).size(), 1U);
  EXPECT_EQ(rig.DroppedInAll(), 0U);
  EXPECT_EQ(rig.Balance(), 0);
}

}  // namespace
}  // namespace jvpn::testing
