#include <gtest/gtest.h>

#include <random>

#include "dataplane/checksum.h"
#include "dataplane/flow_table.h"
#include "dataplane/prefix_match.h"
#include "dataplane/route_table.h"
#include "dataplane/session_table.h"
#include "tests/support/packet_builder.h"

namespace jvpn::testing {
namespace {

TEST(FlowTable, FindsWhatWasSetAndNothingElse) {
  auto table = FlowTable::Create(64, false);
  ASSERT_TRUE(table.ok());
  FlowPlace place;
  EXPECT_FALSE(table->Find(FlowIndex{0}, place)) << "0 names nothing";
  table->Set(FlowIndex{0x0100'0005}, FlowPlace::Of(SessionSlot{77}, 16));
  ASSERT_TRUE(table->Find(FlowIndex{0x0100'0005}, place));
  EXPECT_EQ(place.session(), SessionSlot{77});
  EXPECT_EQ(place.transport(), 16U);
  EXPECT_FALSE(table->Find(FlowIndex{0x0100'0045}, place)) << "same position";
  table->Erase(FlowIndex{0x0100'0045});
  EXPECT_TRUE(table->Find(FlowIndex{0x0100'0005}, place)) << "another flow's";
  table->Erase(FlowIndex{0x0100'0005});
  EXPECT_FALSE(table->Find(FlowIndex{0x0100'0005}, place));
}

TEST(PrefixMatch, AgreesWithPrefixOnRandomAddresses) {
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    const bool v4 = i % 2 == 0;
    Bytes base(v4 ? 4 : 16);
    for (auto& byte : base) byte = static_cast<std::uint8_t>(random());
    Prefix prefix{v4 ? IpAddress::V4(base) : IpAddress::V6(base),
                  static_cast<std::uint8_t>(random() % (v4 ? 33 : 129))};
    Bytes other = base;
    const auto bit = random() % (other.size() * 8);
    other[bit / 8] ^= static_cast<std::uint8_t>(0x80 >> bit % 8);
    const IpAddress address = v4 ? IpAddress::V4(other) : IpAddress::V6(other);
    ASSERT_EQ(PrefixMatch(prefix).Contains(other.data()), prefix.Contains(address))
        << prefix.ToString() << " " << address.ToString();
    ASSERT_TRUE(PrefixMatch(prefix).Contains(base.data()));
  }
}

// The obvious way: a list, longest match by comparing all.
TEST(RouteTable, AgreesWithALinearSearchOnRandomPrograms) {
  const Prefix pools[] = {*Prefix::Parse("10.64.0.0/16"), *Prefix::Parse("fd00:64::/64")};
  auto table = RouteTable::Create(pools[0], pools[1], 64, false);
  ASSERT_TRUE(table.ok());
  std::map<Prefix, std::uint32_t> model;
  std::mt19937 random(11);
  const auto address = [&] {
    const bool v4 = random() % 2 == 0;
    IpAddress a = Ip(v4 ? (random() % 2 ? "10.64.0.0" : "172.16.0.0")
                        : (random() % 2 ? "fd00:64::" : "2001:db8::"));
    const std::size_t last = a.is_v4() ? 3 : 15;
    a.bytes[last] = static_cast<std::uint8_t>(random() % 8);
    a.bytes[last - 1] = static_cast<std::uint8_t>(random() % 3);
    return a;
  };
  for (std::uint32_t i = 0; i < 20000; ++i) {
    const IpAddress a = address();
    const std::uint8_t bits = a.is_v4() ? 32 : 128;
    const Prefix prefix =
        Prefix{a, static_cast<std::uint8_t>(bits - (random() % 2 ? 0 : random() % 14))}.Network();
    const bool present = random() % 3 != 0;
    table->Apply({prefix, Generation{i}, present, WorkerId{3}, SessionSlot{i % 5000}});
    if (present) {
      model[prefix] = i % 5000;
    } else {
      model.erase(prefix);
    }
    const IpAddress asked = address();
    const std::pair<const Prefix, std::uint32_t>* best = nullptr;
    for (const auto& entry : model) {
      if (entry.first.Contains(asked) && (!best || entry.first.length > best->first.length)) {
        best = &entry;
      }
    }
    Route route;
    ASSERT_EQ(table->Find(asked.family, asked.bytes.data(), route), best != nullptr);
    if (best != nullptr) {
      ASSERT_EQ(route.session, SessionSlot{best->second});
      ASSERT_EQ(route.owner, WorkerId{3});
    }
  }
}

TEST(RouteTable, KnowsItsPoolsWithoutRoutes) {
  auto table = RouteTable::Create(*Prefix::Parse("10.64.0.0/16"), Prefix{}, 16, false);
  ASSERT_TRUE(table.ok());
  EXPECT_TRUE(table->InPool(IpFamily::kV4, Ip("10.64.255.255").bytes.data()));
  EXPECT_FALSE(table->InPool(IpFamily::kV4, Ip("10.65.0.0").bytes.data()));
  EXPECT_FALSE(table->InPool(IpFamily::kV6, Ip("fd00:64::1").bytes.data()));
}

TEST(EndpointTag, TellsPortsAndAddressesApart) {
  const auto tag = [](const char* address, std::uint16_t port) {
    const IpAddress a = Ip(address);
    return EndpointTag(a.family, a.bytes.data(), port);
  };
  EXPECT_NE(tag("198.51.100.7", 1), tag("198.51.100.7", 2));
  EXPECT_NE(tag("198.51.100.7", 1), tag("198.51.100.8", 1));
  EXPECT_NE(tag("2001:db8::1", 1), tag("2001:db8::1", 2));
  EXPECT_NE(tag("2001:db8::1", 1), tag("2001:db8:0:1::1", 1));
  EXPECT_NE(tag("0.0.0.0", 0), 0U);
  EXPECT_NE(tag("::", 0), 0U);
}

TEST(Checksum, AgreesWithTheObviousSumForEveryLength) {
  std::mt19937 random(3);
  for (std::size_t size = 0; size < 200; ++size) {
    Bytes bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < size; ++i)
      sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8 : std::uint32_t{bytes[i]};
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    std::uint8_t stored[2];
    StoreChecksum(stored, FoldChecksum(OnesSum(bytes)));
    ASSERT_EQ(LoadBe16(stored), static_cast<std::uint16_t>(~sum)) << size;
  }
}

}  // namespace
}  // namespace jvpn::testing
