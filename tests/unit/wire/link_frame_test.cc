#include "wire/link_frame.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

const MacAddress kOurs{{2, 0, 0, 0, 0, 1}};
const MacAddress kTheirs{{2, 0, 0, 0, 0, 2}};

IpAddress Ip(const char* text) { return *IpAddress::Parse(text); }

TEST(LinkFrame, ArpComesBackAsItWentOut) {
  const Bytes raw = BuildArp({.reply = true,
                              .sender_mac = kOurs,
                              .sender = Ip("192.0.2.1"),
                              .target_mac = kTheirs,
                              .target = Ip("192.0.2.2")});
  const Bytes expected = {0,   1, 8, 0, 6, 4, 0, 2, 2, 0, 0,   0, 0, 1,
                          192, 0, 2, 1, 2, 0, 0, 0, 0, 2, 192, 0, 2, 2};
  EXPECT_EQ(raw, expected);
  const auto packet = ParseArp(raw);
  ASSERT_TRUE(packet);
  EXPECT_TRUE(packet->reply);
  EXPECT_EQ(packet->sender, Ip("192.0.2.1"));
  EXPECT_EQ(packet->target_mac, kTheirs);
}

TEST(LinkFrame, RefusesArpThatIsCutOrOfAnotherNetwork) {
  Bytes raw = BuildArp({.sender = Ip("192.0.2.1"), .target = Ip("192.0.2.2")});
  for (std::size_t n = 0; n < raw.size(); ++n) EXPECT_FALSE(ParseArp(ByteView(raw).first(n)));
  raw[2] = 0x86;
  EXPECT_FALSE(ParseArp(raw));
}

TEST(LinkFrame, Ipv4HeaderChecksumIsTheKnownOne) {
  // RFC 1071's arithmetic on a header known from the field.
  const Bytes packet = BuildIp({.source = Ip("192.168.0.1"),
                                .destination = Ip("192.168.0.199"),
                                .protocol = 17,
                                .hop_limit = 64,
                                .payload = Bytes(95)});
  EXPECT_EQ(packet.size(), 115U);
  EXPECT_EQ(LoadBe16(packet.data() + 10), 0xb861);
  EXPECT_TRUE(ParseIp(packet));
}

TEST(LinkFrame, UdpComesBackOverBothFamilies) {
  const Bytes payload = {1, 2, 3};
  for (const char* peer : {"192.0.2.2", "2001:db8::2"}) {
    const IpAddress theirs = Ip(peer);
    const Endpoint from{theirs.is_v4() ? Ip("192.0.2.1") : Ip("2001:db8::1"), 4600};
    const Bytes raw = BuildUdpFrame(
        kTheirs, kOurs, {.source = from, .destination = {theirs, 7}, .payload = payload});
    const auto ethernet = ParseEthernet(raw);
    ASSERT_TRUE(ethernet);
    const auto ip = ParseIp(ethernet->payload);
    ASSERT_TRUE(ip);
    const auto udp = ParseUdp(*ip);
    ASSERT_TRUE(udp);
    EXPECT_EQ(udp->source, from);
    EXPECT_EQ(udp->destination, (Endpoint{theirs, 7}));
    EXPECT_EQ(Bytes(udp->payload.begin(), udp->payload.end()), payload);

    Bytes damaged = raw;
    damaged.back() ^= 1;
    EXPECT_FALSE(ParseUdp(*ParseIp(ParseEthernet(damaged)->payload)));
  }
}

TEST(LinkFrame, BuildsNoDatagramAcrossFamilies) {
  EXPECT_TRUE(BuildUdpFrame(kTheirs, kOurs,
                            {.source = {Ip("192.0.2.1"), 1}, .destination = {Ip("2001:db8::1"), 2}})
                  .empty());
}

TEST(LinkFrame, RefusesIpThatIsCutFragmentedOrDamaged) {
  const Bytes whole = BuildIp({.source = Ip("192.0.2.1"),
                               .destination = Ip("192.0.2.2"),
                               .protocol = 17,
                               .payload = Bytes(8)});
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(ParseIp(ByteView(whole).first(n)));
  Bytes fragment = whole;
  fragment[6] = 0x20;
  EXPECT_FALSE(ParseIp(fragment));
  Bytes damaged = whole;
  damaged[8] ^= 1;
  EXPECT_FALSE(ParseIp(damaged));
}

TEST(LinkFrame, IgnoresEthernetPaddingBehindTheIpPacket) {
  Bytes packet = BuildIp({.source = Ip("192.0.2.1"),
                          .destination = Ip("192.0.2.2"),
                          .protocol = 1,
                          .payload = Bytes(8)});
  packet.resize(46);
  const auto parsed = ParseIp(packet);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->payload.size(), 8U);
}

TEST(LinkFrame, NeighborMessagesComeBackWithTheirLinkAddress) {
  const Bytes raw = BuildNeighbor(Ip("2001:db8::1"), Ip("2001:db8::2"),
                                  {.advertisement = true,
                                   .solicited = true,
                                   .target = Ip("2001:db8::1"),
                                   .link_address = kOurs});
  const auto ip = ParseIp(raw);
  ASSERT_TRUE(ip);
  const auto message = ParseNeighbor(*ip);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->advertisement);
  EXPECT_TRUE(message->solicited);
  EXPECT_EQ(message->link_address, kOurs);
}

TEST(LinkFrame, RefusesANeighborMessageThatWasRouted) {
  Bytes raw = BuildNeighbor(Ip("2001:db8::1"), Ip("2001:db8::2"), {.target = Ip("2001:db8::2")});
  raw[7] = 254;
  EXPECT_FALSE(ParseNeighbor(*ParseIp(raw)));
}

TEST(LinkFrame, RefusesANeighborOptionOfNoLength) {
  std::array<std::uint8_t, 24> body{};
  body[0] = 0x20;
  body[16] = 1;  // type 1, length 0: would loop for ever
  const Bytes raw = BuildIcmp(Ip("2001:db8::1"), Ip("2001:db8::2"), kNeighborHopLimit,
                              {.type = kNeighborSolicitation, .body = body});
  EXPECT_FALSE(ParseNeighbor(*ParseIp(raw)));
}

TEST(LinkFrame, SolicitedNodeGroupTakesTheLast24Bits) {
  const IpAddress group = SolicitedNodeGroup(Ip("2001:db8::1:2:3456:789a"));
  EXPECT_EQ(group, Ip("ff02::1:ff56:789a"));
  EXPECT_EQ(MulticastMac(group), (MacAddress{{0x33, 0x33, 0xff, 0x56, 0x78, 0x9a}}));
}

}  // namespace
}  // namespace jvpn
