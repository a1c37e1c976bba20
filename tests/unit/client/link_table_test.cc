#include "client/link_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace jvpn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr IpFamily kV4 = IpFamily::kV4;
constexpr IpFamily kV6 = IpFamily::kV6;

Instant At(int ms) { return Instant{} + std::chrono::milliseconds(ms); }
IpAddress Address(const char* text) { return *IpAddress::Parse(text); }

// eth0 (index 2) up with one IPv4 address and already told; wwan0 not there.
LinkTable Running() {
  LinkTable table({"eth0", "wwan0"});
  table.BeginSync();
  table.OnLink(At(0), 2, "eth0", true);
  table.OnAddress(At(0), 2, Address("192.0.2.1"), true);
  table.EndSync(At(0));
  EXPECT_THAT(table.Take(At(50)), ElementsAre(UplinkChange{0, kV4, UplinkEvent::kUp}));
  return table;
}

TEST(LinkTable, TellsThatALinkIsUpOnlyWhenItHasSettled) {
  LinkTable table({"eth0"});
  table.OnLink(At(0), 2, "eth0", true);
  EXPECT_EQ(table.NextDeadline(), Instant::max()) << "no address, nothing to wait for";
  table.OnAddress(At(10), 2, Address("192.0.2.1"), true);
  EXPECT_EQ(table.NextDeadline(), At(60));
  EXPECT_THAT(table.Take(At(59)), IsEmpty());
  EXPECT_THAT(table.Take(At(60)), ElementsAre(UplinkChange{0, kV4, UplinkEvent::kUp}));
  EXPECT_TRUE(table.up(0, kV4));
  EXPECT_FALSE(table.up(0, kV6));
  EXPECT_THAT(table.Take(At(1000)), IsEmpty());
}

TEST(LinkTable, TellsLossOfCarrierAtOnce) {
  LinkTable table = Running();
  table.OnLink(At(100), 2, "eth0", false);
  EXPECT_THAT(table.Take(At(100)), ElementsAre(UplinkChange{0, kV4, UplinkEvent::kDown}));
  EXPECT_FALSE(table.up(0, kV4));
}

TEST(LinkTable, TellsLossOfTheLastAddressAtOnceAndOfAnotherAsANewAddress) {
  LinkTable table = Running();
  table.OnAddress(At(100), 2, Address("192.0.2.2"), true);
  EXPECT_THAT(table.Take(At(150)), ElementsAre(UplinkChange{0, kV4, UplinkEvent::kNewAddress}));
  table.OnAddress(At(200), 2, Address("192.0.2.1"), false);
  EXPECT_THAT(table.Take(At(250)), ElementsAre(UplinkChange{0, kV4, UplinkEvent::kNewAddress}));
  table.OnAddress(At(300), 2, Address("192.0.2.2"), false);
  EXPECT_THAT(table.Take(At(300)), ElementsAre(UplinkChange{0, kV4, UplinkEvent::kDown}));
}

TEST(LinkTable, KeepsFamiliesApart) {
  LinkTable table = Running();
  table.OnAddress(At(100), 2, Address("2001:db8::1"), true);
  EXPECT_THAT(table.Take(At(150)), ElementsAre(UplinkChange{0, kV6, UplinkEvent::kUp}));
}

TEST(LinkTable, TellsNothingOfALinkThatFlapsBeforeItSettles) {
  LinkTable table({"eth0"});
  table.OnLink(At(0), 2, "eth0", true);
  table.OnAddress(At(0), 2, Address("192.0.2.1"), true);
  table.OnLink(At(30), 2, "eth0", false);
  EXPECT_THAT(table.Take(At(60)), IsEmpty());
  table.OnLink(At(70), 2, "eth0", true);
  EXPECT_THAT(table.Take(At(119)), IsEmpty());
  EXPECT_THAT(table.Take(At(120)), ElementsAre(UplinkChange{0, kV4, UplinkEvent::kUp}));
}

TEST(LinkTable, FollowsADeviceThatGoesAndComesUnderAnotherIndex) {
  LinkTable table = Running();
  table.OnLinkGone(At(100), 2);
  EXPECT_THAT(table.Take(At(100)), ElementsAre(UplinkChange{0, kV4, UplinkEvent::kDown}));
  EXPECT_EQ(table.index(0), 0u);
  table.OnLink(At(200), 7, "eth0", true);
  table.OnAddress(At(200), 7, Address("192.0.2.1"), true);
  EXPECT_EQ(table.index(0), 7u);
  EXPECT_THAT(table.Take(At(250)), ElementsAre(UplinkChange{0, kV4, UplinkEvent::kUp}));
}

TEST(LinkTable, AListingRemovesWhatItDoesNotName) {
  LinkTable table = Running();
  table.BeginSync();
  table.OnLink(At(100), 2, "eth0", true);
  table.EndSync(At(100));  // the address is gone
  EXPECT_THAT(table.Take(At(100)), ElementsAre(UplinkChange{0, kV4, UplinkEvent::kDown}));
}

TEST(LinkTable, AListingThatSaysTheSameChangesNothing) {
  LinkTable table = Running();
  table.BeginSync();
  table.OnLink(At(100), 2, "eth0", true);
  table.OnAddress(At(100), 2, Address("192.0.2.1"), true);
  table.EndSync(At(100));
  EXPECT_THAT(table.Take(At(1000)), IsEmpty());
}

TEST(LinkTable, ANewDefaultRouteCountsAsANewAddress) {
  LinkTable table = Running();
  table.OnRoute(At(100), 2, kV4);
  EXPECT_THAT(table.Take(At(150)), ElementsAre(UplinkChange{0, kV4, UplinkEvent::kNewAddress}));
}

TEST(LinkTable, IgnoresOtherDevices) {
  LinkTable table = Running();
  table.OnLink(At(100), 3, "lo", true);
  table.OnAddress(At(100), 3, Address("127.0.0.1"), true);
  table.OnLinkGone(At(100), 3);
  EXPECT_THAT(table.Take(At(1000)), IsEmpty());
}

}  // namespace
}  // namespace jvpn
