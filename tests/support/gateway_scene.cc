#include "tests/support/gateway_scene.h"

namespace jvpn::testing {

SideConfig GatewayScene::Wan() const {
  return {wan_mac,
          {*Prefix::Parse("192.0.2.1/24"), *Prefix::Parse("2001:db8:1::1/64")},
          {Ip("192.0.2.254"), Ip("2001:db8:1::fe")},
          vlan};
}

SideConfig GatewayScene::Core() const {
  return {core_mac,
          {*Prefix::Parse("10.0.0.1/24"), *Prefix::Parse("2001:db8:2::1/64")},
          {Ip("10.0.0.254"), Ip("2001:db8:2::fe")},
          vlan};
}

SessionProgram GatewayScene::ProgramFor(const TunnelPeer& peer, Generation generation,
                                        bool outer_v6, std::uint8_t transports) const {
  SessionProgram program = peer.Program(generation, transports);
  program.inner_v4 = {Ip("10.64.0.5"), 16};
  program.inner_v6 = {Ip("fd00:64::5"), 64};
  for (std::uint32_t k = 0; k < transports; ++k) {
    TransportProgram& transport = program.transports[k];
    transport.validated = true;
    const auto port = static_cast<std::uint16_t>(40000 + k);
    transport.remote = At(outer_v6 ? "2001:db8:9::7" : "198.51.100.7", port);
    transport.local = At(outer_v6 ? "2001:db8:1::1" : "192.0.2.1", kListenPort);
    transport.next_hop = outer_v6 ? kWanRouterV6 : kWanRouterV4;
  }
  return program;
}

std::vector<NeighborProgram> GatewayScene::Neighbors() const {
  return {{kWanRouterV4, PortSide::kWan, Ip("192.0.2.254"), kWanRouterMac},
          {kWanRouterV6, PortSide::kWan, Ip("2001:db8:1::fe"), kWanRouterMac},
          {NeighborId{2}, PortSide::kCore, Ip("10.0.0.9"), kCoreHostMac},
          {NeighborId{3}, PortSide::kCore, Ip("2001:db8:2::9"), kCoreHostMac},
          {NeighborId{4}, PortSide::kCore, Ip("10.0.0.254"), kCoreRouterMac},
          {NeighborId{5}, PortSide::kCore, Ip("2001:db8:2::fe"), kCoreRouterMac}};
}

std::vector<RouteProgram> GatewayScene::Routes(const SessionProgram& program,
                                               WorkerId owner) const {
  std::vector<RouteProgram> routes;
  for (const Prefix& inner : {program.inner_v4, program.inner_v6}) {
    if (inner.address.is_none()) continue;
    const std::uint8_t host = inner.address.is_v4() ? 32 : 128;
    routes.push_back({{inner.address, host}, program.generation, true, owner, program.session});
  }
  return routes;
}

Bytes GatewayScene::FromClient(ByteView payload, bool outer_v6, std::uint16_t port) const {
  const Endpoint remote = At(outer_v6 ? "2001:db8:9::7" : "198.51.100.7", port);
  const Endpoint local = At(outer_v6 ? "2001:db8:1::1" : "192.0.2.1", kListenPort);
  return Ethernet({wan_mac, kWanRouterMac, vlan}, UdpPacket(remote, local, payload));
}

Bytes GatewayScene::FromHost(ByteView inner) const {
  return Ethernet({core_mac, kCoreHostMac, vlan}, inner);
}

Bytes InnerUp(std::size_t size) { return InnerPacket(Ip("10.64.0.5"), Ip("10.0.0.9"), size); }
Bytes InnerDown(std::size_t size) { return InnerPacket(Ip("10.0.0.9"), Ip("10.64.0.5"), size); }

}  // namespace jvpn::testing
