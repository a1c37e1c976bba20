#include "dataplane/classify.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/dataplane/forwarder_rig.h"
#include "wire/handshake_frame.h"
#include "wire/session_control.h"

namespace jvpn::testing {
namespace {

const Link kToWan{kWanMac, kWanRouterMac};
const Link kToCore{kCoreMac, kCoreHostMac};

class Classify : public ::testing::Test {
 protected:
  void ExpectWan(const Bytes& frame, DropReason reason) {
    const auto before = rig.Dropped(reason);
    const auto all = rig.DroppedInAll();
    EXPECT_EQ(rig.FromWan(frame).fate, Fate::kRelease);
    EXPECT_EQ(rig.Dropped(reason), before + 1);
    EXPECT_EQ(rig.DroppedInAll(), all + 1);
  }
  void ExpectCore(const Bytes& frame, DropReason reason) {
    const auto before = rig.Dropped(reason);
    EXPECT_EQ(rig.FromCore(frame).fate, Fate::kRelease);
    EXPECT_EQ(rig.Dropped(reason), before + 1);
  }
  static Bytes Tunnel(const Bytes& payload) {
    return Ethernet(kToWan,
                    UdpPacket(At("198.51.100.7", 1111), At("192.0.2.1", kListenPort), payload));
  }
  static Bytes OfType(FrameType type, std::size_t size) {
    Bytes payload(size);
    if (size > 0) payload[0] = static_cast<std::uint8_t>(type);
    return Tunnel(payload);
  }

  ForwarderRig rig;
};

TEST_F(Classify, RefusesFramesThatAreCutShort) {
  const Bytes whole = OfType(FrameType::kData, 64);
  for (std::size_t size = 0; size < 14; ++size) {
    ExpectWan(Bytes(whole.begin(), whole.begin() + static_cast<long>(size)),
              DropReason::kMalformedEthernet);
  }
  for (std::size_t size = 14; size < whole.size(); ++size) {
    ExpectWan(Bytes(whole.begin(), whole.begin() + static_cast<long>(size)),
              DropReason::kMalformedIp);
  }
  const Bytes v6 = Ethernet(
      kToWan, UdpPacket(At("2001:db8:9::7", 1), At("2001:db8:1::1", kListenPort), Bytes(64)));
  for (std::size_t size = 14; size < v6.size(); ++size) {
    ExpectWan(Bytes(v6.begin(), v6.begin() + static_cast<long>(size)), DropReason::kMalformedIp);
  }
}

TEST_F(Classify, RefusesUnknownTypesAndForeignAddresses) {
  ExpectWan(EthernetOfType(kToWan, 0x88cc, Bytes(60)), DropReason::kMalformedEthernet);
  ExpectWan(Ethernet({kCoreMac, kWanRouterMac}, InnerPacket(Ip("1.2.3.4"), Ip("192.0.2.1"))),
            DropReason::kNotOurs);
  ExpectWan(Ethernet(kToWan, UdpPacket(At("198.51.100.7", 1), At("192.0.2.2", kListenPort), {})),
            DropReason::kNotOurs);
  ExpectWan(Ethernet(kToWan, UdpPacket(At("198.51.100.7", 1), At("192.0.2.1", 53), Bytes(64))),
            DropReason::kNotOurs);
  ExpectWan(Ethernet(kToWan, InnerPacket(Ip("198.51.100.7"), Ip("192.0.2.1"))),
            DropReason::kNotOurs);
  ExpectCore(
      Ethernet(kToCore, UdpPacket(At("10.0.0.9", 1), At("10.0.0.1", kListenPort), Bytes(64))),
      DropReason::kNotOurs);
}

TEST_F(Classify, RefusesFragmentsToItselfButTunnelsThem) {
  Bytes fragment = OfType(FrameType::kData, 64);
  fragment[14 + 6] = 0x20;
  ExpectWan(fragment, DropReason::kFragment);
  fragment[14 + 6] = 0;
  fragment[14 + 7] = 1;
  ExpectWan(fragment, DropReason::kFragment);
  ExpectWan(Ethernet(kToWan, IpPacket(Ip("2001:db8:9::7"), Ip("2001:db8:1::1"), 44, Bytes(80))),
            DropReason::kFragment);
  Bytes inner = Ethernet(kToCore, InnerPacket(Ip("10.0.0.9"), Ip("10.64.0.5")));
  inner[14 + 6] = 0x20;
  ExpectCore(inner, DropReason::kNoRoute);
}

TEST_F(Classify, RefusesWrongLengthsAndTypesOfTunnelFrames) {
  ExpectWan(OfType(FrameType::kData, 0), DropReason::kTooShort);
  ExpectWan(OfType(FrameType::kData, 31), DropReason::kTooShort);
  ExpectWan(OfType(FrameType::kHandshakeInit, kMinHandshakeInit - 1), DropReason::kTooShort);
  ExpectWan(OfType(FrameType::kHandshakeInit, kMaxHandshakeInit + 1), DropReason::kTooLong);
  ExpectWan(OfType(FrameType::kSessionControl, kControlOverheadBytes - 1), DropReason::kTooShort);
  ExpectWan(OfType(FrameType::kSessionControl, 1501), DropReason::kTooLong);
  ExpectWan(OfType(FrameType::kHandshakeResponse, 500), DropReason::kUnknownType);
  ExpectWan(Tunnel(Bytes(500, 3)), DropReason::kUnknownType);
  Bytes reserved(64);
  reserved[0] = 4;
  reserved[1] = 4;
  ExpectWan(Tunnel(reserved), DropReason::kReservedBits);
  reserved[1] = 0;
  reserved[3] = 1;
  ExpectWan(Tunnel(reserved), DropReason::kReservedBits);
}

TEST_F(Classify, RefusesAUdpLengthThatLies) {
  Bytes frame = OfType(FrameType::kData, 64);
  frame[14 + 20 + 5] = 7;
  ExpectWan(frame, DropReason::kMalformedIp);
  frame[14 + 20 + 5] = 64 + 8 + 1;
  ExpectWan(frame, DropReason::kMalformedIp);
}

TEST_F(Classify, PassesHandshakesAndSessionControlToTheControlCore) {
  rig.FromWan(OfType(FrameType::kHandshakeInit, 400));
  rig.FromWan(OfType(FrameType::kSessionControl, 100));
  const auto handshakes = rig.Handshakes();
  ASSERT_EQ(handshakes.size(), 1U);
  EXPECT_EQ(handshakes[0].kind, UpFrame::Kind::kDatagram);
  EXPECT_EQ(handshakes[0].bytes.size, 400);
  EXPECT_EQ(handshakes[0].bytes.bytes[0], 1);
  EXPECT_EQ(handshakes[0].remote.ToString(), "198.51.100.7:1111");
  const auto frames = rig.Frames();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].kind, UpFrame::Kind::kDatagram);
  EXPECT_EQ(frames[0].remote.ToString(), "198.51.100.7:1111");
  EXPECT_EQ(frames[0].local.ToString(), "192.0.2.1:4600");
  EXPECT_EQ(frames[0].source_mac, kWanRouterMac);
  EXPECT_EQ(frames[0].bytes.size, 100);
  EXPECT_EQ(rig.DroppedInAll(), 0U);
}

TEST_F(Classify, AFloodOfInitsTakesNoRoomFromSessionControl) {
  for (std::uint32_t i = 0; i < 2 * kLaneFrames; ++i) {
    rig.FromWan(OfType(FrameType::kHandshakeInit, 400));
  }
  EXPECT_EQ(rig.Dropped(DropReason::kLaneFull), 2 * kLaneFrames - kLaneHandshakes);
  rig.FromWan(OfType(FrameType::kSessionControl, 100));
  EXPECT_EQ(rig.Frames().size(), 1U);
}

TEST_F(Classify, RefusesWhatOnlyAGatewaySends) {
  ExpectWan(OfType(FrameType::kHandshakeResponse, 400), DropReason::kUnknownType);
  ExpectWan(OfType(FrameType::kCookieReply, 64), DropReason::kUnknownType);
}

TEST_F(Classify, PassesArpForItselfOnly) {
  const Link broadcast{{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}, kWanRouterMac};
  const Bytes ours = ArpRequest(broadcast, Ip("192.0.2.254"), Ip("192.0.2.1"));
  rig.FromWan(ours);
  const auto frames = rig.Frames();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].kind, UpFrame::Kind::kLink);
  EXPECT_EQ(Bytes(frames[0].bytes.view().begin(), frames[0].bytes.view().end()), ours);
  ExpectWan(ArpRequest(broadcast, Ip("192.0.2.254"), Ip("192.0.2.2")), DropReason::kNotOurs);
}

TEST_F(Classify, PassesNeighborDiscoveryForItselfOnly) {
  rig.FromCore(NeighborSolicitation(kToCore, Ip("2001:db8:2::9"), Ip("2001:db8:2::1")));
  EXPECT_EQ(rig.Frames().size(), 1U);
  // The same solicited-node group, another address.
  ExpectCore(NeighborSolicitation(kToCore, Ip("2001:db8:2::9"), Ip("2001:db8:2:1::1")),
             DropReason::kNotOurs);
  ExpectCore(NeighborSolicitation(kToCore, Ip("2001:db8:2::9"), Ip("2001:db8:2::2")),
             DropReason::kNotOurs);
  Bytes advertisement(24);
  advertisement[0] = 136;
  rig.FromCore(Ethernet(
      kToCore, IpPacket(Ip("2001:db8:2::9"), Ip("2001:db8:2::1"), 58, advertisement, 255)));
  EXPECT_EQ(rig.Frames().size(), 1U);
}

TEST_F(Classify, PassesEchoRequestsForItselfOnly) {
  Bytes echo(8);
  echo[0] = 8;
  rig.FromWan(Ethernet(kToWan, IpPacket(Ip("198.51.100.7"), Ip("192.0.2.1"), 1, echo)));
  rig.FromCore(Ethernet(kToCore, IpPacket(Ip("10.0.0.9"), Ip("10.0.0.1"), 1, echo)));
  echo[0] = 128;
  rig.FromCore(Ethernet(kToCore, IpPacket(Ip("2001:db8:2::9"), Ip("2001:db8:2::1"), 58, echo)));
  EXPECT_EQ(rig.Frames().size(), 3U);
  echo[0] = 3;
  ExpectWan(Ethernet(kToWan, IpPacket(Ip("198.51.100.7"), Ip("192.0.2.1"), 1, echo)),
            DropReason::kNotOurs);
}

TEST_F(Classify, TakesLinkFramesWithoutTheirTag) {
  ForwarderRig tagged({.vlan = 42});
  tagged.FromCore(ArpRequest({kCoreMac, kCoreHostMac, 42}, Ip("10.0.0.9"), Ip("10.0.0.1")));
  const auto frames = tagged.Frames();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(Bytes(frames[0].bytes.view().begin(), frames[0].bytes.view().end()),
            ArpRequest({kCoreMac, kCoreHostMac}, Ip("10.0.0.9"), Ip("10.0.0.1")));
}

}  // namespace
}  // namespace jvpn::testing
