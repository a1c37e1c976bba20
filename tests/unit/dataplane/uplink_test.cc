#include "dataplane/uplink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dataplane/forwarder_rig.h"
#include "wire/data_header.h"

namespace jvpn::testing {
namespace {

using ::testing::ElementsAre;

constexpr SessionSlot kSlot{3};
constexpr WorkerId kSelf{0};

struct Combination {
  Suite suite;
  bool outer_v6;
  bool inner_v6;
};

class UplinkCombination : public ::testing::TestWithParam<Combination> {};

TEST_P(UplinkCombination, ForwardsAnInnerPacketToTheHostItIsFor) {
  const auto [suite, outer_v6, inner_v6] = GetParam();
  ForwarderRig rig;
  TunnelPeer peer(kSlot, kSelf, suite, 1);
  rig.Install(rig.ProgramFor(peer, Generation{1}, outer_v6));
  for (const std::size_t size : {64U, 65U, 577U, 1420U}) {
    const Bytes inner = inner_v6 ? InnerPacket(Ip("fd00:64::5"), Ip("2001:db8:2::9"), size)
                                 : InnerPacket(Ip("10.64.0.5"), Ip("10.0.0.9"), size);
    const Outcome out = rig.FromWan(rig.WanFrame(peer.Seal(0, inner), outer_v6));
    ASSERT_EQ(out.fate, Fate::kTransmit);
    EXPECT_EQ(out.side, PortSide::kCore);
    const auto read = ReadEthernet(out.frame);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->link.to, kCoreHostMac);
    EXPECT_EQ(read->link.from, kCoreMac);
    EXPECT_EQ(read->ttl, 63);
    Bytes payload(inner.begin() + (inner_v6 ? 40 : 20), inner.end());
    EXPECT_EQ(read->payload, payload);
  }
  EXPECT_EQ(rig.stats.uplink_packets.Get(), 4U);
  EXPECT_EQ(rig.stats.uplink_bytes.Get(), 64U + 65 + 577 + 1420);
  EXPECT_EQ(rig.DroppedInAll(), 0U);
}

INSTANTIATE_TEST_SUITE_P(All, UplinkCombination,
                         ::testing::Values(Combination{Suite::kAes128Gcm, false, false},
                                           Combination{Suite::kAes128Gcm, false, true},
                                           Combination{Suite::kAes128Gcm, true, false},
                                           Combination{Suite::kAes128Gcm, true, true},
                                           Combination{Suite::kAes256Gcm, false, false},
                                           Combination{Suite::kAes256Gcm, false, true},
                                           Combination{Suite::kAes256Gcm, true, false},
                                           Combination{Suite::kAes256Gcm, true, true},
                                           Combination{Suite::kChaCha20Poly1305, false, false},
                                           Combination{Suite::kChaCha20Poly1305, false, true},
                                           Combination{Suite::kChaCha20Poly1305, true, false},
                                           Combination{Suite::kChaCha20Poly1305, true, true}));

class Uplink4 : public ::testing::Test {
 protected:
  Uplink4() { rig.Install(rig.ProgramFor(peer, Generation{1})); }

  Bytes Inner(std::size_t size = 100) const {
    return InnerPacket(Ip("10.64.0.5"), Ip("10.0.0.9"), size);
  }
  void ExpectDropped(const Bytes& wan_frame, DropReason reason, std::uint64_t times = 1) {
    EXPECT_EQ(rig.FromWan(wan_frame).fate, Fate::kRelease);
    EXPECT_EQ(rig.Dropped(reason), times);
    EXPECT_EQ(rig.DroppedInAll(), times) << "and for no other reason";
    EXPECT_EQ(rig.stats.uplink_packets.Get(), 0U);
  }
  const RxTransport& Rx(std::uint32_t transport) const {
    return rig.forwarder->sessions().slab(kSlot).rx(transport);
  }

  ForwarderRig rig;
  TunnelPeer peer{kSlot, kSelf, Suite::kAes128Gcm, 1};
};

TEST_F(Uplink4, SendsToTheRouterWhatIsNotOnTheLink) {
  const Bytes inner = InnerPacket(Ip("10.64.0.5"), Ip("203.0.113.80"));
  const auto read = ReadEthernet(rig.FromWan(rig.WanFrame(peer.Seal(0, inner))).frame);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->link.to, kCoreRouterMac);
}

TEST_F(Uplink4, OpensMixedSuitesInOneBurstInOrder) {
  TunnelPeer other{SessionSlot{4}, kSelf, Suite::kChaCha20Poly1305, 2};
  SessionProgram program = rig.ProgramFor(other, Generation{2});
  program.inner_v4.address = Ip("10.64.0.6");
  rig.Install(program);
  std::vector<Bytes> burst;
  for (std::size_t i = 0; i < 16; ++i) {
    burst.push_back(rig.WanFrame(peer.Seal(0, Inner(100 + i))));
    const std::size_t size = 200 + i;
    burst.push_back(
        rig.WanFrame(other.Seal(0, InnerPacket(Ip("10.64.0.6"), Ip("10.0.0.9"), size))));
  }
  const auto out = rig.WanBurst(burst);
  for (std::size_t i = 0; i < out.size(); ++i) {
    ASSERT_EQ(out[i].fate, Fate::kTransmit);
    EXPECT_EQ(out[i].frame.size(), 14 + (i % 2 == 0 ? 100 : 200) + i / 2);
  }
}

TEST_F(Uplink4, DeliversADuplicateInsideOneBurstOnce) {
  const Bytes frame = rig.WanFrame(peer.Seal(0, Inner()));
  const auto out = rig.WanBurst({frame, frame, frame});
  EXPECT_EQ(out[0].fate, Fate::kTransmit);
  EXPECT_EQ(out[1].fate, Fate::kRelease);
  EXPECT_EQ(out[2].fate, Fate::kRelease);
  EXPECT_EQ(rig.Dropped(DropReason::kReplayed), 2U);
  EXPECT_EQ(Rx(0).window.count(), 1U);
}

TEST_F(Uplink4, RefusesAReplayInALaterBurst) {
  const Bytes frame = rig.WanFrame(peer.Seal(0, Inner()));
  EXPECT_EQ(rig.FromWan(frame).fate, Fate::kTransmit);
  EXPECT_EQ(rig.FromWan(frame).fate, Fate::kRelease);
  EXPECT_EQ(rig.Dropped(DropReason::kReplayed), 1U);
}

TEST_F(Uplink4, MovesNothingBeforeTheTagVerifies) {
  Bytes forged = peer.SealAt(0, 1'000'000, Inner());
  forged.back() ^= 1;
  ExpectDropped(rig.WanFrame(forged), DropReason::kBadTag);
  EXPECT_EQ(Rx(0).window.next(), 0U);
  EXPECT_EQ(Rx(0).last_heard, Instant{});
  EXPECT_EQ(rig.FromWan(rig.WanFrame(peer.Seal(0, Inner()))).fate, Fate::kTransmit);
}

TEST_F(Uplink4, AuthenticatesTheHeaderToo) {
  Bytes frame = peer.Seal(0, Inner());
  StoreBe64(frame.data() + 8, 77);
  ExpectDropped(rig.WanFrame(frame), DropReason::kBadTag);
}

TEST_F(Uplink4, RefusesAFrameWithAnyBitOfHeaderOrTagFlippedAndMovesNothing) {
  const Bytes frame = peer.Seal(0, Inner());
  std::uint64_t refused = 0;
  for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
    const bool header_or_tag = bit < 16 * 8 || bit >= (frame.size() - 16) * 8;
    if (!header_or_tag) continue;
    Bytes forged = frame;
    forged[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    // A type that is another frame's may go to the control core; it is never delivered.
    EXPECT_EQ(rig.FromWan(rig.WanFrame(forged)).fate, Fate::kRelease) << bit;
    EXPECT_EQ(Rx(0).window.next(), 0U) << bit;
    EXPECT_EQ(Rx(0).last_heard, Instant{}) << bit;
    ++refused;
  }
  EXPECT_EQ(refused, 256U);
  EXPECT_EQ(rig.DroppedInAll() + rig.Frames().size() + rig.Handshakes().size(), refused);
  EXPECT_EQ(rig.stats.uplink_packets.Get(), 0U);
  EXPECT_EQ(rig.FromWan(rig.WanFrame(frame)).fate, Fate::kTransmit);
}

TEST_F(Uplink4, RefusesUnknownFlowsAndIndexZero) {
  Bytes frame = peer.Seal(0, Inner());
  StoreBe32(frame.data() + 4, peer.rx_index(3).value);
  ExpectDropped(rig.WanFrame(frame), DropReason::kUnknownFlow);
  StoreBe32(frame.data() + 4, 0);
  ExpectDropped(rig.WanFrame(frame), DropReason::kUnknownFlow, 2);
  StoreBe32(frame.data() + 4, FlowIndex::Of(WorkerId{9}, 1).value);
  ExpectDropped(rig.WanFrame(frame), DropReason::kUnknownFlow, 3);
}

// The position in the table is shared, all 32 bits are not.
TEST_F(Uplink4, ComparesTheWholeFlowIndex) {
  Bytes frame = peer.Seal(0, Inner());
  StoreBe32(frame.data() + 4, peer.rx_index(0).value + 0x20'0000);
  ExpectDropped(rig.WanFrame(frame), DropReason::kUnknownFlow);
}

TEST_F(Uplink4, RefusesAnotherKeyPhase) {
  Bytes frame = peer.Seal(0, Inner());
  frame[1] = 2;
  ExpectDropped(rig.WanFrame(frame), DropReason::kUnknownEpoch);
}

TEST_F(Uplink4, RefusesCountersThatWouldWrap) {
  ExpectDropped(rig.WanFrame(peer.SealAt(0, ~std::uint64_t{0}, Inner())),
                DropReason::kCounterExhausted);
  EXPECT_EQ(Rx(0).window.next(), 0U);
}

TEST_F(Uplink4, RefusesAPacketThatIsNotWhole) {
  Bytes trailing = Inner();
  trailing.push_back(0);
  ExpectDropped(rig.WanFrame(peer.Seal(0, trailing)), DropReason::kMalformedInner);
  ExpectDropped(rig.WanFrame(peer.Seal(0, Bytes{0x45, 0, 0})), DropReason::kMalformedInner, 2);
  ExpectDropped(rig.WanFrame(peer.Seal(0, Bytes{})), DropReason::kMalformedInner, 3);
  ExpectDropped(rig.WanFrame(peer.Seal(0, Bytes{0x77, 1, 2})), DropReason::kMalformedInner, 4);
}

TEST_F(Uplink4, RefusesAForeignInnerSource) {
  const Bytes v4 = InnerPacket(Ip("10.64.0.6"), Ip("10.0.0.9"));
  ExpectDropped(rig.WanFrame(peer.Seal(0, v4)), DropReason::kWrongInnerSource);
  const Bytes v6 = InnerPacket(Ip("fd00:64::6"), Ip("2001:db8:2::9"));
  ExpectDropped(rig.WanFrame(peer.Seal(0, v6)), DropReason::kWrongInnerSource, 2);
}

TEST_F(Uplink4, AcceptsAnAllowedPrefixAsInnerSource) {
  SessionProgram program = rig.ProgramFor(peer, Generation{2});
  program.allowed[1] = *Prefix::Parse("172.16.8.0/21");
  program.allowed[3] = *Prefix::Parse("2001:db8:77::/48");
  rig.Run(program);
  for (const char* source : {"172.16.8.0", "172.16.15.255"}) {
    const Bytes inner = InnerPacket(Ip(source), Ip("10.0.0.9"));
    EXPECT_EQ(rig.FromWan(rig.WanFrame(peer.Seal(0, inner))).fate, Fate::kTransmit) << source;
  }
  const Bytes v6 = InnerPacket(Ip("2001:db8:77:1::1"), Ip("2001:db8:2::9"));
  EXPECT_EQ(rig.FromWan(rig.WanFrame(peer.Seal(0, v6))).fate, Fate::kTransmit);
  const Bytes outside = InnerPacket(Ip("172.16.16.0"), Ip("10.0.0.9"));
  EXPECT_EQ(rig.FromWan(rig.WanFrame(peer.Seal(0, outside))).fate, Fate::kRelease);
  EXPECT_EQ(rig.Dropped(DropReason::kWrongInnerSource), 1U);
}

TEST_F(Uplink4, CarriesNothingFromPeerToPeer) {
  ExpectDropped(rig.WanFrame(peer.Seal(0, InnerPacket(Ip("10.64.0.5"), Ip("10.64.0.6")))),
                DropReason::kNoRoute);
  rig.Run(
      RouteProgram{*Prefix::Parse("172.16.0.0/16"), Generation{9}, true, kSelf, SessionSlot{7}});
  ExpectDropped(rig.WanFrame(peer.Seal(0, InnerPacket(Ip("10.64.0.5"), Ip("172.16.3.4")))),
                DropReason::kNoRoute, 2);
}

TEST_F(Uplink4, CarriesNothingThatNoRouterMayForwardNorToItself) {
  std::uint64_t times = 0;
  for (const char* to : {"224.0.0.1", "127.0.0.1", "255.255.255.255", "0.0.0.0", "10.0.0.1"}) {
    ExpectDropped(rig.WanFrame(peer.Seal(0, InnerPacket(Ip("10.64.0.5"), Ip(to)))),
                  DropReason::kNoRoute, ++times);
  }
  for (const char* to : {"ff02::1", "::1", "fe80::1", "2001:db8:2::1"}) {
    ExpectDropped(rig.WanFrame(peer.Seal(0, InnerPacket(Ip("fd00:64::5"), Ip(to)))),
                  DropReason::kNoRoute, ++times);
  }
}

TEST_F(Uplink4, DropsWhatHasNoHopLeft) {
  ExpectDropped(
      rig.WanFrame(peer.Seal(0, IpPacket(Ip("10.64.0.5"), Ip("10.0.0.9"), 6, Bytes(20), 1))),
      DropReason::kTtlExpired);
}

TEST_F(Uplink4, KeepsTheChecksumRightForEveryTtl) {
  for (int ttl = 2; ttl < 256; ++ttl) {
    const Bytes inner =
        IpPacket(Ip("10.64.0.5"), Ip("10.0.0.9"), 6, Bytes(20), static_cast<std::uint8_t>(ttl));
    const Outcome out = rig.FromWan(rig.WanFrame(peer.Seal(0, inner)));
    ASSERT_TRUE(ReadEthernet(out.frame).has_value()) << ttl;
  }
}

TEST_F(Uplink4, AsksForAnUnresolvedNeighborOnceInAWhile) {
  const auto send = [&] {
    rig.FromWan(rig.WanFrame(peer.Seal(0, InnerPacket(Ip("10.64.0.5"), Ip("10.0.0.77")))));
  };
  rig.Signals();
  send();
  send();
  auto asked = rig.Signals(HealthSignal::Kind::kNeedNeighbor);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].remote.address.ToString(), "10.0.0.77");
  EXPECT_EQ(asked[0].side, static_cast<std::uint8_t>(PortSide::kCore));
  EXPECT_EQ(rig.Dropped(DropReason::kNoNeighbor), 2U);
  rig.Advance(Millis(100));
  send();
  EXPECT_EQ(rig.Signals(HealthSignal::Kind::kNeedNeighbor).size(), 1U);
}

// Rows P1, P3; K4.
TEST_F(Uplink4, DeliversOnTheBoundTransportOnly) {
  ExpectDropped(rig.WanFrame(peer.Seal(1, Inner())), DropReason::kNotBound);
  // It is a sign of life all the same.
  EXPECT_EQ(Rx(1).window.count(), 1U);
  EXPECT_EQ(Rx(1).last_heard, rig.now);
}

// Row P2; K4.
TEST_F(Uplink4, DeliversFromTheRetiredTransportUntilItHasDrained) {
  SessionProgram program = rig.ProgramFor(peer, Generation{2});
  program.bound = TransportId{1};
  program.retired = TransportId{0};
  program.drain_until = rig.now + Millis(250);
  rig.Run(program);
  EXPECT_EQ(rig.FromWan(rig.WanFrame(peer.Seal(0, Inner()))).fate, Fate::kTransmit);
  EXPECT_EQ(rig.FromWan(rig.WanFrame(peer.Seal(1, Inner()))).fate, Fate::kTransmit);
  rig.Advance(Millis(250));
  EXPECT_EQ(rig.FromWan(rig.WanFrame(peer.Seal(0, Inner()))).fate, Fate::kTransmit) << "equal";
  rig.Advance(Millis(1));
  EXPECT_EQ(rig.FromWan(rig.WanFrame(peer.Seal(0, Inner()))).fate, Fate::kRelease);
  EXPECT_EQ(rig.Dropped(DropReason::kNotBound), 1U);
}

TEST_F(Uplink4, HandsOverWhatAnotherWorkerOwns) {
  ForwarderRig two({.workers = 2});
  TunnelPeer elsewhere(kSlot, WorkerId{1}, Suite::kAes128Gcm, 5);
  const Bytes frame = two.WanFrame(elsewhere.Seal(0, Inner()));
  const Outcome out = two.FromWan(frame);
  EXPECT_EQ(out.fate, Fate::kHandOver);
  EXPECT_EQ(out.owner, WorkerId{1});
  EXPECT_EQ(out.frame, frame) << "as it came";
}

TEST_F(Uplink4, SignalsANewAddressOncePerChangeAndSlowlyAgain) {
  rig.FromWan(rig.WanFrame(peer.Seal(0, Inner())));
  rig.Signals();
  const auto from = [&](std::uint16_t port) {
    return rig.FromWan(rig.WanFrame(peer.Seal(0, Inner()), false, port)).fate;
  };
  EXPECT_EQ(from(40001), Fate::kTransmit) << "delivery goes on";
  EXPECT_EQ(from(40001), Fate::kTransmit);
  auto signals = rig.Signals(HealthSignal::Kind::kNewAddress);
  ASSERT_EQ(signals.size(), 1U);
  EXPECT_EQ(signals[0].remote.ToString(), "198.51.100.7:40001");
  EXPECT_EQ(signals[0].local.ToString(), "192.0.2.1:4600");
  EXPECT_EQ(signals[0].transport, TransportId{0});
  EXPECT_EQ(from(40002), Fate::kTransmit) << "another change";
  EXPECT_EQ(rig.Signals(HealthSignal::Kind::kNewAddress).size(), 1U);
  rig.Advance(Millis(100));
  from(40002);
  EXPECT_EQ(rig.Signals(HealthSignal::Kind::kNewAddress).size(), 1U);
  from(40000);
  EXPECT_TRUE(rig.Signals(HealthSignal::Kind::kNewAddress).empty()) << "it is back";
}

TEST_F(Uplink4, IgnoresTheAddressOfALateFrame) {
  const Bytes late = peer.Seal(0, Inner());
  rig.FromWan(rig.WanFrame(peer.Seal(0, Inner())));
  rig.Signals();
  rig.FromWan(rig.WanFrame(late, false, 41000));
  EXPECT_TRUE(rig.Signals(HealthSignal::Kind::kNewAddress).empty());
}

TEST_F(Uplink4, TakesUntaggedFramesOnlyOnAnUntaggedPort) {
  Bytes tagged = Ethernet(
      {kWanMac, kWanRouterMac, 7},
      UdpPacket(At("198.51.100.7", 40000), At("192.0.2.1", kListenPort), peer.Seal(0, Inner())));
  ExpectDropped(tagged, DropReason::kMalformedEthernet);
}

TEST(UplinkTagged, TakesAndWritesTheConfiguredTag) {
  ForwarderRig rig({.vlan = 42});
  TunnelPeer peer(kSlot, kSelf, Suite::kAes128Gcm, 1);
  rig.Install(rig.ProgramFor(peer, Generation{1}));
  const Bytes inner = InnerPacket(Ip("10.64.0.5"), Ip("10.0.0.9"));
  const auto read = ReadEthernet(rig.FromWan(rig.WanFrame(peer.Seal(0, inner))).frame);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->link.vlan, 42);
  EXPECT_EQ(read->ip.size(), inner.size());
}

}  // namespace
}  // namespace jvpn::testing
