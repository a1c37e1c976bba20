// GatewayScene: the network around one gateway in the tests of its packet side.
//
//   client 198.51.100.7 ── WAN 192.0.2.1 [gateway] core 10.0.0.1 ── host 10.0.0.9,
//   router 10.0.0.254 client 2001:db8:9::7 ─ WAN 2001:db8:1::1       core 2001:db8:2::1 ── host
//   ::9, router ::fe
//
// The client's inner addresses are 10.64.0.5 and fd00:64::5; transport k has source port 40000 + k.
#pragma once

#include <vector>

#include "channel/worker_command.h"
#include "dataplane/forwarder_config.h"
#include "tests/support/packet_builder.h"
#include "tests/support/tunnel_peer.h"

namespace jvpn::testing {

inline constexpr std::uint16_t kListenPort = 4600;
inline const MacAddress kWanRouterMac = Mac(3);
inline const MacAddress kCoreHostMac = Mac(4);
inline const MacAddress kCoreRouterMac = Mac(5);
inline constexpr NeighborId kWanRouterV4{0};
inline constexpr NeighborId kWanRouterV6{1};

struct GatewayScene {
  MacAddress wan_mac = Mac(1);
  MacAddress core_mac = Mac(2);
  std::uint16_t vlan = 0;

  SideConfig Wan() const;
  SideConfig Core() const;

  // The program of a peer whose transports are at the addresses of the picture.
  SessionProgram ProgramFor(const TunnelPeer& peer, Generation generation, bool outer_v6 = false,
                            std::uint8_t transports = 2) const;
  std::vector<NeighborProgram> Neighbors() const;
  // Routes to the session's inner addresses.
  std::vector<RouteProgram> Routes(const SessionProgram& program, WorkerId owner) const;

  // A tunnel frame of the client, as it arrives on the WAN port.
  Bytes FromClient(ByteView payload, bool outer_v6 = false, std::uint16_t port = 40000) const;
  // An inner packet, as it arrives from the host on the core port.
  Bytes FromHost(ByteView inner) const;
};

// Inner packets between client and host.
Bytes InnerUp(std::size_t size = 100);
Bytes InnerDown(std::size_t size = 100);

}  // namespace jvpn::testing
