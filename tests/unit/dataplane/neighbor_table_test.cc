#include "dataplane/neighbor_table.h"

#include <gtest/gtest.h>

#include <random>

namespace jvpn::testing {
namespace {

IpAddress Address(const char* text) { return *IpAddress::Parse(text); }

MacAddress Mac(std::uint8_t last) { return {{2, 0, 0, 0, 0, last}}; }

ForwarderConfig TwoFamilies() {
  ForwarderConfig config;
  config.core.addresses = {*Prefix::Parse("10.1.0.1/16"), *Prefix::Parse("fd00::1/64")};
  config.core.next_hops = {Address("10.1.0.254"), Address("fd00::fe")};
  return config;
}

const MacAddress* Link(NeighborTable& table, const IpAddress& to) {
  return table.Link(PortSide::kCore, to.family, to.bytes.data());
}

TEST(NeighborTable, LinkFollowsEveryChangeOfANeighbor) {
  NeighborTable table(TwoFamilies());
  const IpAddress server = Address("10.1.2.3");
  const IpAddress far = Address("192.0.2.9");
  EXPECT_EQ(Link(table, server), nullptr) << "nobody resolved it";
  table.Apply({NeighborId{4}, PortSide::kCore, server, Mac(1)});
  ASSERT_NE(Link(table, server), nullptr);
  EXPECT_EQ(*Link(table, server), Mac(1));
  EXPECT_EQ(Link(table, far), nullptr) << "the next hop is another neighbour";
  table.Apply({NeighborId{5}, PortSide::kCore, Address("10.1.0.254"), Mac(2)});
  EXPECT_EQ(*Link(table, far), Mac(2));
  table.Apply({NeighborId{4}, PortSide::kCore, server, Mac(3)});
  EXPECT_EQ(*Link(table, server), Mac(3));
  table.Apply({NeighborId{4}, PortSide::kCore, Address("10.1.2.4"), Mac(4)});
  EXPECT_EQ(Link(table, server), nullptr) << "its id has another address now";
  EXPECT_EQ(Link(table, Address("fd00::2:3")), nullptr);
}

TEST(NeighborTable, LinkSaysWhatResolveSaysForManyDestinations) {
  NeighborTable table(TwoFamilies());
  std::mt19937 random(5);
  for (int i = 0; i < 20'000; ++i) {
    std::uint8_t raw[16] = {0xfd, 0};
    raw[0] = static_cast<std::uint8_t>(random() % 2 == 0 ? 0xfd : 0x7d);  // one bit apart
    raw[15] = static_cast<std::uint8_t>(random() % 150);
    std::uint8_t four[4] = {10, 1, 0, raw[15]};
    const IpAddress to = random() % 2 == 0 ? IpAddress::V4(four) : IpAddress::V6(raw);
    if (random() % 50 == 0) {
      const auto id = static_cast<std::uint16_t>(random() % 40);
      table.Apply({NeighborId{id}, PortSide::kCore, to, Mac(static_cast<std::uint8_t>(i))});
    }
    EXPECT_EQ(Link(table, to), table.Resolve(PortSide::kCore, to.family, to.bytes.data()).mac);
  }
}

}  // namespace
}  // namespace jvpn::testing
