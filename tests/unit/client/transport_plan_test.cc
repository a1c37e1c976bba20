#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/endpoint_resolver.h"

namespace jvpn {
namespace {

using ::testing::ElementsAre;

Endpoint At(const char* address, std::uint16_t port = 4600) {
  return {*IpAddress::Parse(address), port};
}

TEST(TransportPlan, UsesEveryUplinkOnceBeforeAFurtherGatewayAddress) {
  const LinkTable links({"a", "b"});
  const std::vector<Endpoint> gateways = {At("192.0.2.1"), At("192.0.2.2")};
  EXPECT_THAT(PlanTransports(2, gateways, links),
              ElementsAre(PlannedTransport{0, gateways[0]}, PlannedTransport{1, gateways[0]},
                          PlannedTransport{0, gateways[1]}, PlannedTransport{1, gateways[1]}));
}

TEST(TransportPlan, BeginsWithAFamilyThatTheUplinkHas) {
  LinkTable links({"a", "b"});
  links.OnLink(Instant{}, 2, "b", true);
  links.OnAddress(Instant{}, 2, *IpAddress::Parse("2001:db8::9"), true);
  links.Take(Instant{} + LinkTable::kSettle);
  const std::vector<Endpoint> gateways = {At("192.0.2.1"), At("2001:db8::1")};
  EXPECT_THAT(PlanTransports(2, gateways, links),
              ElementsAre(PlannedTransport{0, gateways[0]}, PlannedTransport{1, gateways[1]},
                          PlannedTransport{0, gateways[1]}, PlannedTransport{1, gateways[0]}));
}

TEST(TransportPlan, StopsAtTheMostTransportsOfASession) {
  const LinkTable links({"a", "b", "c", "d"});
  std::vector<Endpoint> gateways;
  for (std::uint16_t port = 1; port <= 6; ++port) gateways.push_back(At("192.0.2.1", port));
  EXPECT_EQ(PlanTransports(4, gateways, links).size(), kMaxTransports);
}

TEST(EndpointResolver, TakesAddressesAsTheyAreAndEachOnce) {
  const std::vector<HostPort> endpoints = {
      {"192.0.2.1", 4600}, {"2001:db8::1", 4600}, {"192.0.2.1", 4600}};
  const auto resolved = ResolveEndpoints(endpoints);
  ASSERT_TRUE(resolved.ok());
  EXPECT_THAT(*resolved, ElementsAre(At("192.0.2.1"), At("2001:db8::1")));
}

TEST(EndpointResolver, SaysWhichNamesDoNotResolve) {
  const std::vector<HostPort> endpoints = {{"no-such-host.invalid", 4600}};
  const auto resolved = ResolveEndpoints(endpoints);
  ASSERT_FALSE(resolved.ok());
  EXPECT_THAT(std::string(resolved.status().message()),
              ::testing::StartsWith("no gateway endpoint resolves (no-such-host.invalid: "));
}

}  // namespace
}  // namespace jvpn
