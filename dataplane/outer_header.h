// The headers around a tunnel frame: Ethernet, VLAN tag, IPv4 or IPv6, UDP.
//
// IPv4: don't-fragment, header checksum, UDP checksum 0, which RFC 768 allows. IPv6: the UDP
// checksum over everything, because hosts drop a zero one (RFC 8200 8.1).
#pragma once

#include <cstdint>

#include "dataplane/packet.h"
#include "wire/ip_address.h"

namespace jvpn {

// Where a frame goes. Points into tables that do not change during a burst.
struct OuterPath {
  IpFamily family = IpFamily::kNone;
  std::uint16_t remote_port = 0;
  const std::uint8_t* remote = nullptr;  // 4 or 16 bytes
  const std::uint8_t* local = nullptr;
  const MacAddress* next_hop = nullptr;
};

// Room that the largest of these headers needs in front of a tunnel frame.
inline constexpr std::uint16_t kOuterHeadroom = 14 + 4 + 40 + 8;

class OuterHeader {
 public:
  OuterHeader(MacAddress source, std::uint16_t vlan) : source_(source), vlan_(vlan) {}

  // packet.data is an IP packet of `family`: puts the link header before it.
  void WriteLink(Packet& packet, const MacAddress& destination, IpFamily family) const;
  // packet.data is a tunnel frame: puts everything before it.
  void WriteTunnel(Packet& packet, const OuterPath& path, std::uint16_t source_port) const;

 private:
  MacAddress source_;
  std::uint16_t vlan_;
};

}  // namespace jvpn
