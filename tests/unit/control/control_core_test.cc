#include <gmock/gmock.h>

#include "tests/support/control_fixture.h"

namespace jvpn {
namespace {

using testing::IsEmpty;

class ControlCoreTest : public ControlFixture {};

TEST_F(ControlCoreTest, AnswersArpOnTheLaneAndSideItCameFrom) {
  Start(2, Policy::Reference());
  worker(1).GiveLink(PortSide::kCore,
                     BuildEthernet(kBroadcastMac, kNextHopMac, EtherType::kArp,
                                   BuildArp({.sender_mac = kNextHopMac,
                                             .sender = *IpAddress::Parse("10.0.0.7"),
                                             .target = *IpAddress::Parse("10.0.0.1")})));
  Run(1);
  EXPECT_THAT(worker(0).links, IsEmpty());
  ASSERT_EQ(worker(1).links.size(), 1U);
  EXPECT_EQ(worker(1).links[0].side, PortSide::kCore);
  const auto arp = ParseArp(ParseEthernet(worker(1).links[0].frame.view())->payload);
  ASSERT_TRUE(arp);
  EXPECT_EQ(arp->sender_mac, config.core.mac);
}

TEST_F(ControlCoreTest, ResolvesWhatAWorkerNeedsAndTellsEveryWorker) {
  Start(2, Policy::Reference());
  HealthSignal need;
  need.kind = HealthSignal::Kind::kNeedNeighbor;
  need.side = static_cast<std::uint8_t>(PortSide::kCore);
  need.remote.address = *IpAddress::Parse("10.0.0.7");
  worker(1).Give(need);
  Run(1);
  EXPECT_EQ(worker(0).links.size(), 1U);  // the ARP request
  worker(0).GiveLink(PortSide::kCore,
                     BuildEthernet(config.core.mac, kNextHopMac, EtherType::kArp,
                                   BuildArp({.reply = true,
                                             .sender_mac = kNextHopMac,
                                             .sender = need.remote.address,
                                             .target_mac = config.core.mac,
                                             .target = *IpAddress::Parse("10.0.0.1")})));
  Run(1);
  for (const auto& each : workers) {
    const auto& known = each->neighbors;
    EXPECT_TRUE(std::any_of(known.begin(), known.end(), [&](const auto& entry) {
      return entry.second.address == need.remote.address && entry.second.mac == kNextHopMac;
    }));
  }
}

TEST_F(ControlCoreTest, AsksNobodyWhoIsNotOnTheLink) {
  Start(1, Policy::Reference());
  HealthSignal need;
  need.kind = HealthSignal::Kind::kNeedNeighbor;
  need.side = static_cast<std::uint8_t>(PortSide::kCore);
  need.remote.address = *IpAddress::Parse("203.0.113.1");
  worker().Give(need);
  Run(1);
  EXPECT_THAT(worker().links, IsEmpty());
}

TEST_F(ControlCoreTest, AnIdleCoreSleepsUntilItsNextDeadline) {
  Start(1, Policy::Reference());
  Attach(1);
  Run(3000);  // ARP, acknowledgements and the first window of stability are behind
  EXPECT_FALSE(core->Turn(now));
  EXPECT_GT(core->NextDeadline(), now + Millis(1000));
}

TEST_F(ControlCoreTest, CountsDatagramsOfNoKnownType) {
  Start(1, Policy::Reference());
  worker().GiveDatagram(Remote(0), Local(), Bytes{});
  worker().GiveDatagram(Remote(0), Local(), Bytes{3, 1, 2});
  Run(1);
  EXPECT_EQ(Dropped(DropReason::kTooShort), 1U);
  EXPECT_EQ(Dropped(DropReason::kUnknownType), 1U);
}

}  // namespace
}  // namespace jvpn
