#include "control/inner_addresses.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

ControlConfig Config(const char* v4_pool, std::size_t peers) {
  ControlConfig config;
  config.inner_v4_pool = *Prefix::Parse(v4_pool);
  config.peers.resize(peers);
  return config;
}

std::string V4(InnerAddresses& addresses, std::size_t peer) {
  const auto pair = addresses.Acquire(peer);
  return pair ? pair->v4.ToString() : "none";
}

TEST(InnerAddresses, LeavesOutNetworkGatewayBroadcastAndFixedOnes) {
  ControlConfig config = Config("10.9.0.0/29", 6);
  config.peers[5].inner_v4 = *IpAddress::Parse("10.9.0.3");
  InnerAddresses addresses(config);
  EXPECT_EQ(V4(addresses, 0), "10.9.0.2");
  EXPECT_EQ(V4(addresses, 1), "10.9.0.4");
  EXPECT_EQ(V4(addresses, 5), "10.9.0.3");
  EXPECT_EQ(V4(addresses, 2), "10.9.0.5");
  EXPECT_EQ(V4(addresses, 3), "10.9.0.6");
  EXPECT_EQ(V4(addresses, 4), "none");
}

TEST(InnerAddresses, APeerComesBackToItsAddress) {
  InnerAddresses addresses(Config("10.9.0.0/24", 2));
  EXPECT_EQ(V4(addresses, 0), "10.9.0.2");
  addresses.Release(0);
  EXPECT_EQ(V4(addresses, 1), "10.9.0.3");
  EXPECT_EQ(V4(addresses, 0), "10.9.0.2");
}

TEST(InnerAddresses, TwoSessionsOfOnePeerShareItsAddress) {
  InnerAddresses addresses(Config("10.9.0.0/29", 5));
  EXPECT_EQ(V4(addresses, 0), "10.9.0.2");
  EXPECT_EQ(V4(addresses, 0), "10.9.0.2");
  addresses.Release(0);
  for (std::size_t peer = 1; peer < 5; ++peer) EXPECT_NE(V4(addresses, peer), "10.9.0.2");
}

TEST(InnerAddresses, TakesTheLongestUnusedAddressWhenNoFreshOneIsLeft) {
  InnerAddresses addresses(Config("10.9.0.0/30", 3));
  EXPECT_EQ(V4(addresses, 0), "10.9.0.2");
  EXPECT_EQ(V4(addresses, 1), "none");
  addresses.Release(0);
  EXPECT_EQ(V4(addresses, 1), "10.9.0.2");
  EXPECT_EQ(V4(addresses, 0), "none");
}

TEST(InnerAddresses, APeerWithoutAnyAddressGetsNone) {
  ControlConfig config;
  config.peers.resize(1);
  InnerAddresses addresses(config);
  EXPECT_FALSE(addresses.Acquire(0));
}

TEST(InnerAddresses, GivesTheIpv4AddressBackWhenIpv6IsUsedUp) {
  ControlConfig config = Config("10.9.0.0/29", 3);
  config.inner_v6_pool = *Prefix::Parse("fd00::/126");
  config.peers[2].inner_v6 = *IpAddress::Parse("fd00::9");
  InnerAddresses addresses(config);
  const auto first = addresses.Acquire(0);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->v6.ToString(), "fd00::2");
  EXPECT_TRUE(addresses.Acquire(1));
  EXPECT_EQ(V4(addresses, 2), "10.9.0.4");
  InnerAddresses scarce([] {
    ControlConfig c = Config("10.9.0.0/29", 3);
    c.inner_v6_pool = *Prefix::Parse("fd00::/127");
    return c;
  }());
  EXPECT_FALSE(scarce.Acquire(0));
}

TEST(InnerAddresses, ComingAndGoingForeverDoesNotGrow) {
  AddressPool pool(*Prefix::Parse("10.9.0.0/29"), {});
  std::optional<IpAddress> mine = pool.Take(std::nullopt);
  for (int i = 0; i < 10'000; ++i) {
    pool.GiveBack(*mine);
    mine = pool.Take(mine);
    ASSERT_EQ(mine->ToString(), "10.9.0.2");
  }
}

}  // namespace
}  // namespace jvpn
