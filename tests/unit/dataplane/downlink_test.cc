#include "dataplane/downlink.h"

#include <gtest/gtest.h>

#include "tests/unit/dataplane/forwarder_rig.h"

namespace jvpn::testing {
namespace {

constexpr SessionSlot kSlot{3};
constexpr WorkerId kSelf{0};
const Link kFromHost{kCoreMac, kCoreHostMac};

struct Combination {
  Suite suite;
  bool outer_v6;
  bool inner_v6;
};

class DownlinkCombination : public ::testing::TestWithParam<Combination> {};

TEST_P(DownlinkCombination, SealsAnInnerPacketOnTheBoundTransport) {
  const auto [suite, outer_v6, inner_v6] = GetParam();
  ForwarderRig rig;
  TunnelPeer peer(kSlot, kSelf, suite, 1);
  rig.Install(rig.ProgramFor(peer, Generation{1}, outer_v6));
  std::uint64_t counter = 0;
  for (const std::size_t size : {64U, 65U, 577U, 1420U}) {
    const Bytes inner = inner_v6 ? InnerPacket(Ip("2001:db8:2::9"), Ip("fd00:64::5"), size)
                                 : InnerPacket(Ip("10.0.0.9"), Ip("10.64.0.5"), size);
    const Outcome out = rig.FromCore(Ethernet(kFromHost, inner));
    ASSERT_EQ(out.fate, Fate::kTransmit);
    EXPECT_EQ(out.side, PortSide::kWan);
    const auto read = ReadEthernet(out.frame);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->link.to, kWanRouterMac);
    EXPECT_EQ(read->link.from, kWanMac);
    EXPECT_EQ(read->ttl, 64);
    const auto udp = ReadUdpPacket(*read);
    ASSERT_TRUE(udp.has_value());
    EXPECT_EQ(udp->from, At(outer_v6 ? "2001:db8:1::1" : "192.0.2.1", kListenPort));
    EXPECT_EQ(udp->to, At(outer_v6 ? "2001:db8:9::7" : "198.51.100.7", 40000));
    EXPECT_EQ(read->ip.size(), size + (outer_v6 ? 80 : 60)) << "the overhead of docs/wire.md 5";
    const auto opened = peer.Open(0, udp->payload);
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(peer.last_opened(), counter++);
    const auto inside = ReadEthernet(Ethernet(kFromHost, *opened));
    ASSERT_TRUE(inside.has_value());
    EXPECT_EQ(inside->ttl, 63);
    EXPECT_EQ(inside->payload, Bytes(inner.begin() + (inner_v6 ? 40 : 20), inner.end()));
  }
  EXPECT_EQ(rig.stats.downlink_packets.Get(), 4U);
  EXPECT_EQ(rig.stats.downlink_bytes.Get(), 64U + 65 + 577 + 1420);
  EXPECT_EQ(rig.DroppedInAll(), 0U);
}

INSTANTIATE_TEST_SUITE_P(All, DownlinkCombination,
                         ::testing::Values(Combination{Suite::kAes128Gcm, false, false},
                                           Combination{Suite::kAes128Gcm, false, true},
                                           Combination{Suite::kAes128Gcm, true, false},
                                           Combination{Suite::kAes128Gcm, true, true},
                                           Combination{Suite::kAes256Gcm, false, false},
                                           Combination{Suite::kAes256Gcm, true, true},
                                           Combination{Suite::kChaCha20Poly1305, false, false},
                                           Combination{Suite::kChaCha20Poly1305, false, true},
                                           Combination{Suite::kChaCha20Poly1305, true, false},
                                           Combination{Suite::kChaCha20Poly1305, true, true}));

class Downlink4 : public ::testing::Test {
 protected:
  Downlink4() { rig.Install(rig.ProgramFor(peer, Generation{1})); }

  static Bytes ToPeer(std::size_t size = 100) {
    return Ethernet(kFromHost, InnerPacket(Ip("10.0.0.9"), Ip("10.64.0.5"), size));
  }
  void ExpectDropped(const Bytes& frame, DropReason reason, std::uint64_t times = 1) {
    EXPECT_EQ(rig.FromCore(frame).fate, Fate::kRelease);
    EXPECT_EQ(rig.Dropped(reason), times);
    EXPECT_EQ(rig.DroppedInAll(), times) << "and for no other reason";
    EXPECT_EQ(rig.stats.downlink_packets.Get(), 0U);
  }

  ForwarderRig rig;
  TunnelPeer peer{kSlot, kSelf, Suite::kAes128Gcm, 1};
};

TEST_F(Downlink4, DropsTheLinksPadding) {
  Bytes frame = Ethernet(kFromHost, IpPacket(Ip("10.0.0.9"), Ip("10.64.0.5"), 17, Bytes(8)));
  frame.resize(60);
  const auto udp = ReadUdpPacket(*ReadEthernet(rig.FromCore(frame).frame));
  ASSERT_TRUE(udp.has_value());
  EXPECT_EQ(peer.Open(0, udp->payload)->size(), 28U);
}

TEST_F(Downlink4, FollowsTheBinding) {
  SessionProgram program = rig.ProgramFor(peer, Generation{2});
  program.bound = TransportId{1};
  program.retired = TransportId{0};
  rig.Run(program);
  const auto udp = ReadUdpPacket(*ReadEthernet(rig.FromCore(ToPeer()).frame));
  ASSERT_TRUE(udp.has_value());
  EXPECT_EQ(udp->to.port, 40001);
  EXPECT_TRUE(peer.Open(1, udp->payload).has_value());
}

TEST_F(Downlink4, DropsWhileNothingIsBound) {
  SessionProgram program = rig.ProgramFor(peer, Generation{2});
  program.bound = TransportId::kNone;
  rig.Run(program);
  ExpectDropped(ToPeer(), DropReason::kNoBinding);
}

TEST_F(Downlink4, DropsWhileTheBoundTransportIsNotValidated) {
  SessionProgram program = rig.ProgramFor(peer, Generation{2});
  program.transports[0].validated = false;
  rig.Run(program);
  ExpectDropped(ToPeer(), DropReason::kNotValidated);
}

TEST_F(Downlink4, DropsWhatNoSessionHas) {
  ExpectDropped(Ethernet(kFromHost, InnerPacket(Ip("10.0.0.9"), Ip("10.64.0.6"))),
                DropReason::kNoRoute);
  ExpectDropped(Ethernet(kFromHost, InnerPacket(Ip("2001:db8:2::9"), Ip("fd00:64::6"))),
                DropReason::kNoRoute, 2);
}

TEST_F(Downlink4, DropsWhatIsTooBigAndTellsTheControlCoreIfTheSenderWantsToKnow) {
  ExpectDropped(ToPeer(1421), DropReason::kInnerTooBig);
  const auto frames = rig.Frames();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].kind, UpFrame::Kind::kLink);
  EXPECT_EQ(frames[0].side, PortSide::kCore);
  EXPECT_EQ(Bytes(frames[0].bytes.view().begin(), frames[0].bytes.view().end()), ToPeer(1421));

  Bytes may_fragment = ToPeer(1421);
  may_fragment[14 + 6] = 0;
  ExpectDropped(may_fragment, DropReason::kInnerTooBig, 2);
  EXPECT_TRUE(rig.Frames().empty());

  ExpectDropped(Ethernet(kFromHost, InnerPacket(Ip("2001:db8:2::9"), Ip("fd00:64::5"), 1500)),
                DropReason::kInnerTooBig, 3);
  const auto v6 = rig.Frames();
  ASSERT_EQ(v6.size(), 1U);
  EXPECT_EQ(v6[0].bytes.size, kMaxLaneFrame) << "its start is enough";
}

TEST_F(Downlink4, TellsOfTooBigPacketsAtABoundedRate) {
  for (int i = 0; i < 200; ++i) rig.FromCore(ToPeer(1421));
  EXPECT_LT(rig.Frames().size(), 50U);
  EXPECT_EQ(rig.Dropped(DropReason::kInnerTooBig), 200U);
}

TEST_F(Downlink4, DropsWhatHasNoHopLeft) {
  ExpectDropped(Ethernet(kFromHost, IpPacket(Ip("10.0.0.9"), Ip("10.64.0.5"), 6, Bytes(20), 1)),
                DropReason::kTtlExpired);
}

TEST_F(Downlink4, DropsWhileTheNextHopIsUnresolved) {
  rig.Run(NeighborProgram{kWanRouterV4, PortSide::kWan, Ip("192.0.2.254"), {}});
  ExpectDropped(ToPeer(), DropReason::kNoNeighbor);
}

TEST_F(Downlink4, RefusesToWrapACounter) {
  auto& tx = rig.forwarder->sessions().slab(kSlot).tx(0);
  tx.counter = kLastCounter;
  EXPECT_EQ(rig.FromCore(ToPeer()).fate, Fate::kTransmit);
  EXPECT_EQ(rig.FromCore(ToPeer()).fate, Fate::kRelease);
  EXPECT_EQ(rig.Dropped(DropReason::kCounterExhausted), 1U);
  EXPECT_EQ(tx.counter, kLastCounter + 1);
}

TEST_F(Downlink4, HandsOverWhatAnotherWorkerOwns) {
  ForwarderRig two({.workers = 2});
  two.Run(RouteProgram{*Prefix::Parse("10.64.0.5/32"), Generation{1}, true, WorkerId{1}, kSlot});
  const Outcome out = two.FromCore(ToPeer());
  EXPECT_EQ(out.fate, Fate::kHandOver);
  EXPECT_EQ(out.owner, WorkerId{1});
  EXPECT_EQ(out.frame, ToPeer()) << "as it came";
}

TEST_F(Downlink4, ReachesAPrefixBehindThePeerByLongestMatch) {
  rig.Run(
      RouteProgram{*Prefix::Parse("172.16.0.0/16"), Generation{3}, true, kSelf, SessionSlot{9}});
  rig.Run(RouteProgram{*Prefix::Parse("172.16.8.0/24"), Generation{4}, true, kSelf, kSlot});
  EXPECT_EQ(rig.FromCore(Ethernet(kFromHost, InnerPacket(Ip("10.0.0.9"), Ip("172.16.8.1")))).fate,
            Fate::kTransmit);
  rig.FromCore(Ethernet(kFromHost, InnerPacket(Ip("10.0.0.9"), Ip("172.16.9.1"))));
  EXPECT_EQ(rig.Dropped(DropReason::kNoBinding), 1U) << "slot 9 holds no session";
}

TEST(DownlinkTagged, WritesTheConfiguredTag) {
  ForwarderRig rig({.vlan = 42});
  TunnelPeer peer(kSlot, kSelf, Suite::kAes128Gcm, 1);
  rig.Install(rig.ProgramFor(peer, Generation{1}));
  const Bytes inner = InnerPacket(Ip("10.0.0.9"), Ip("10.64.0.5"));
  const Outcome out = rig.FromCore(Ethernet({kCoreMac, kCoreHostMac, 42}, inner));
  const auto read = ReadEthernet(out.frame);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->link.vlan, 42);
  EXPECT_TRUE(ReadUdpPacket(*read).has_value());
}

TEST(DownlinkTagged, SendsTheControlCoresFramesTagged) {
  ForwarderRig rig({.vlan = 42});
  SendLink send;
  send.side = PortSide::kCore;
  const Bytes arp = ArpRequest({kCoreHostMac, kCoreMac}, Ip("10.0.0.1"), Ip("10.0.0.9"));
  send.frame.Assign(arp);
  const auto out = rig.Run(send);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].side, PortSide::kCore);
  EXPECT_EQ(out[0].frame, ArpRequest({kCoreHostMac, kCoreMac, 42}, Ip("10.0.0.1"), Ip("10.0.0.9")));
}

}  // namespace
}  // namespace jvpn::testing
