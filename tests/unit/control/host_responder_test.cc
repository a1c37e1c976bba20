#include "control/host_responder.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

const MacAddress kOurs{{2, 0, 0, 0, 0, 1}};
const MacAddress kTheirs{{2, 0, 0, 0, 0, 2}};

IpAddress Ip(const char* text) { return *IpAddress::Parse(text); }

class HostResponderTest : public testing::Test {
 protected:
  HostResponderTest() {
    config_.wan = {kOurs,
                   {*Prefix::Parse("192.0.2.1/24"), *Prefix::Parse("2001:db8::1/64")},
                   {Ip("192.0.2.254"), Ip("2001:db8::fe")}};
    config_.core = {kOurs, {*Prefix::Parse("10.0.0.1/24"), *Prefix::Parse("fd00::1/64")}, {}};
    config_.inner_mtu = 1420;
  }

  std::optional<Bytes> Answer(const Bytes& frame, PortSide side = PortSide::kWan) {
    return responder_.Answer(side, frame, now_);
  }
  std::uint64_t Dropped(DropReason reason) const {
    return drops_[static_cast<std::size_t>(reason)];
  }
  static Bytes ArpRequest(const char* target) {
    return BuildEthernet(
        kBroadcastMac, kTheirs, EtherType::kArp,
        BuildArp({.sender_mac = kTheirs, .sender = Ip("192.0.2.7"), .target = Ip(target)}));
  }

  Instant now_{Millis(1000)};
  ControlConfig config_;
  DropCounters drops_{};
  NeighborResolver resolver_;
  HostResponder responder_{config_, resolver_, drops_};
};

TEST_F(HostResponderTest, AnswersArpForItsOwnAddress) {
  const auto answer = Answer(ArpRequest("192.0.2.1"));
  ASSERT_TRUE(answer);
  const auto ethernet = ParseEthernet(*answer);
  EXPECT_EQ(ethernet->to, kTheirs);
  const auto arp = ParseArp(ethernet->payload);
  ASSERT_TRUE(arp);
  EXPECT_TRUE(arp->reply);
  EXPECT_EQ(arp->sender_mac, kOurs);
  EXPECT_EQ(arp->sender, Ip("192.0.2.1"));
  EXPECT_EQ(arp->target, Ip("192.0.2.7"));
}

TEST_F(HostResponderTest, IsSilentAboutOtherAddressesAndTheOtherSide) {
  EXPECT_FALSE(Answer(ArpRequest("192.0.2.9")));
  EXPECT_FALSE(Answer(ArpRequest("192.0.2.1"), PortSide::kCore));
  EXPECT_EQ(Dropped(DropReason::kNotOurs), 2U);
}

TEST_F(HostResponderTest, LearnsANextHopFromItsArpReply) {
  const NeighborId id = resolver_.Acquire(PortSide::kWan, Ip("192.0.2.254"), now_);
  Answer(BuildEthernet(kOurs, kTheirs, EtherType::kArp,
                       BuildArp({.reply = true,
                                 .sender_mac = kTheirs,
                                 .sender = Ip("192.0.2.254"),
                                 .target_mac = kOurs,
                                 .target = Ip("192.0.2.1")})));
  EXPECT_EQ(resolver_.Find(id), kTheirs);
}

TEST_F(HostResponderTest, AnswersANeighborSolicitationToTheSolicitedNodeGroup) {
  const IpAddress group = SolicitedNodeGroup(Ip("2001:db8::1"));
  const auto answer =
      Answer(BuildEthernet(MulticastMac(group), kTheirs, EtherType::kIpv6,
                           BuildNeighbor(Ip("2001:db8::7"), group,
                                         {.target = Ip("2001:db8::1"), .link_address = kTheirs})));
  ASSERT_TRUE(answer);
  const auto ethernet = ParseEthernet(*answer);
  EXPECT_EQ(ethernet->to, kTheirs);
  const auto ip = ParseIp(ethernet->payload);
  ASSERT_TRUE(ip);
  EXPECT_EQ(ip->destination, Ip("2001:db8::7"));
  const auto message = ParseNeighbor(*ip);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->advertisement);
  EXPECT_TRUE(message->solicited);
  EXPECT_EQ(message->link_address, kOurs);
}

TEST_F(HostResponderTest, TellsAllWhenSomebodyTestsWhetherItsAddressIsFree) {
  const IpAddress group = SolicitedNodeGroup(Ip("2001:db8::1"));
  const auto answer =
      Answer(BuildEthernet(MulticastMac(group), kTheirs, EtherType::kIpv6,
                           BuildNeighbor(Ip("::"), group, {.target = Ip("2001:db8::1")})));
  ASSERT_TRUE(answer);
  const auto ip = ParseIp(ParseEthernet(*answer)->payload);
  EXPECT_EQ(ip->destination, Ip("ff02::1"));
  EXPECT_FALSE(ParseNeighbor(*ip)->solicited);
}

TEST_F(HostResponderTest, LearnsANextHopFromItsAdvertisement) {
  const NeighborId id = resolver_.Acquire(PortSide::kWan, Ip("2001:db8::fe"), now_);
  Answer(BuildEthernet(kOurs, kTheirs, EtherType::kIpv6,
                       BuildNeighbor(Ip("2001:db8::fe"), Ip("2001:db8::1"),
                                     {.advertisement = true,
                                      .solicited = true,
                                      .target = Ip("2001:db8::fe"),
                                      .link_address = kTheirs})));
  EXPECT_EQ(resolver_.Find(id), kTheirs);
}

TEST_F(HostResponderTest, AnswersEchoOverBothFamilies) {
  const Bytes body = {9, 8, 7};
  for (const auto& [ours, theirs, type] :
       {std::tuple{"192.0.2.1", "192.0.2.7", kIcmpEchoRequest},
        std::tuple{"2001:db8::1", "2001:db8::7", kIcmpv6EchoRequest}}) {
    const IpAddress to = Ip(ours);
    const auto answer = Answer(BuildEthernet(
        kOurs, kTheirs, to.is_v4() ? EtherType::kIpv4 : EtherType::kIpv6,
        BuildIcmp(Ip(theirs), to, 64, {.type = type, .rest = 0x12345678, .body = body})));
    ASSERT_TRUE(answer) << ours;
    const auto ip = ParseIp(ParseEthernet(*answer)->payload);
    const auto icmp = ParseIcmp(*ip);
    ASSERT_TRUE(icmp);
    EXPECT_EQ(ip->source, to);
    EXPECT_EQ(icmp->type, to.is_v4() ? kIcmpEchoReply : kIcmpv6EchoReply);
    EXPECT_EQ(icmp->rest, 0x12345678U);
    EXPECT_EQ(Bytes(icmp->body.begin(), icmp->body.end()), body);
  }
}

TEST_F(HostResponderTest, LimitsEchoReplies) {
  const Bytes request =
      BuildEthernet(kOurs, kTheirs, EtherType::kIpv4,
                    BuildIcmp(Ip("192.0.2.7"), Ip("192.0.2.1"), 64, {.type = kIcmpEchoRequest}));
  int answered = 0;
  for (int i = 0; i < 1000; ++i) answered += Answer(request) ? 1 : 0;
  EXPECT_EQ(answered, 100);
  EXPECT_EQ(Dropped(DropReason::kRateLimited), 900U);
  now_ += std::chrono::seconds(1);
  EXPECT_TRUE(Answer(request));
}

TEST_F(HostResponderTest, TellsTheTunnelsMtuToWhoSendsTooBigAnIpv4Packet) {
  const Bytes packet = BuildIp({.source = Ip("10.0.0.7"),
                                .destination = Ip("10.9.0.2"),
                                .protocol = 17,
                                .payload = Bytes(1480)});
  // As a worker hands it up: cut to what fits a lane.
  Bytes frame = BuildEthernet(kOurs, kTheirs, EtherType::kIpv4, packet);
  frame.resize(kMaxLaneFrame);
  const auto answer = Answer(frame, PortSide::kCore);
  ASSERT_TRUE(answer);
  const auto ip = ParseIp(ParseEthernet(*answer)->payload);
  const auto icmp = ParseIcmp(*ip);
  ASSERT_TRUE(icmp);
  EXPECT_EQ(ip->source, Ip("10.0.0.1"));
  EXPECT_EQ(ip->destination, Ip("10.0.0.7"));
  EXPECT_EQ(icmp->type, kIcmpUnreachable);
  EXPECT_EQ(icmp->code, kIcmpFragmentationNeeded);
  EXPECT_EQ(icmp->rest, 1420U);
  EXPECT_TRUE(std::equal(icmp->body.begin(), icmp->body.begin() + 28, packet.begin()));
  EXPECT_LE(ParseEthernet(*answer)->payload.size(), 576U);
}

TEST_F(HostResponderTest, TellsTheTunnelsMtuToWhoSendsTooBigAnIpv6Packet) {
  const Bytes packet = BuildIp({.source = Ip("fd00::7"),
                                .destination = Ip("fd01::2"),
                                .protocol = 17,
                                .payload = Bytes(1440)});
  const auto answer =
      Answer(BuildEthernet(kOurs, kTheirs, EtherType::kIpv6, packet), PortSide::kCore);
  ASSERT_TRUE(answer);
  const auto ip = ParseIp(ParseEthernet(*answer)->payload);
  const auto icmp = ParseIcmp(*ip);
  ASSERT_TRUE(icmp);
  EXPECT_EQ(icmp->type, kIcmpv6PacketTooBig);
  EXPECT_EQ(icmp->rest, 1420U);
  EXPECT_EQ(ip->payload.size(), 1240U);
}

TEST_F(HostResponderTest, SendsNoErrorAboutAnError) {
  const Bytes packet = BuildIcmp(Ip("10.0.0.7"), Ip("10.9.0.2"), 64,
                                 {.type = kIcmpUnreachable, .body = Bytes(1450)});
  EXPECT_FALSE(Answer(BuildEthernet(kOurs, kTheirs, EtherType::kIpv4, packet), PortSide::kCore));
}

TEST_F(HostResponderTest, CountsWhatIsCutShort) {
  const Bytes whole = ArpRequest("192.0.2.1");
  for (std::size_t n = 0; n < whole.size(); ++n) {
    EXPECT_FALSE(Answer(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n))));
  }
  EXPECT_EQ(Dropped(DropReason::kMalformedEthernet), whole.size());
}

TEST_F(HostResponderTest, AsksForNextHopsOfBothFamilies) {
  const auto arp =
      ParseArp(ParseEthernet(responder_.Ask({PortSide::kWan, Ip("192.0.2.254")}))->payload);
  ASSERT_TRUE(arp);
  EXPECT_FALSE(arp->reply);
  EXPECT_EQ(arp->sender, Ip("192.0.2.1"));
  const Bytes raw = responder_.Ask({PortSide::kWan, Ip("2001:db8::fe")});
  const auto ethernet = ParseEthernet(raw);
  EXPECT_EQ(ethernet->to, MulticastMac(SolicitedNodeGroup(Ip("2001:db8::fe"))));
  const auto ip = ParseIp(ethernet->payload);
  EXPECT_EQ(ParseNeighbor(*ip)->target, Ip("2001:db8::fe"));
}

}  // namespace
}  // namespace jvpn
