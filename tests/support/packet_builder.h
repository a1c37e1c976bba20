// Builds and reads Ethernet frames byte by byte, independently of dataplane/'s own code.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "wire/ip_address.h"

namespace jvpn::testing {

IpAddress Ip(const char* text);
Endpoint At(const char* address, std::uint16_t port);
MacAddress Mac(std::uint8_t last);

struct Link {
  MacAddress to;
  MacAddress from;
  std::uint16_t vlan = 0;
};

// An IP packet of the addresses' family, checksum right, don't-fragment set.
Bytes IpPacket(const IpAddress& from, const IpAddress& to, std::uint8_t protocol, ByteView payload,
               std::uint8_t ttl = 64);
Bytes UdpPacket(const Endpoint& from, const Endpoint& to, ByteView payload);
// An IP packet whose whole length is `size`.
Bytes InnerPacket(const IpAddress& from, const IpAddress& to, std::size_t size = 100);
// Packs an IP packet; the type follows from its version.
Bytes Ethernet(const Link& link, ByteView ip);
Bytes EthernetOfType(const Link& link, std::uint16_t type, ByteView payload);
Bytes ArpRequest(const Link& link, const IpAddress& from, const IpAddress& target);
Bytes NeighborSolicitation(const Link& link, const IpAddress& from, const IpAddress& target);

// What a frame says, every checksum verified; nullopt when anything is wrong with it.
struct ReadFrame {
  Link link;
  IpAddress from;
  IpAddress to;
  std::uint8_t protocol = 0;
  std::uint8_t ttl = 0;
  Bytes ip;       // the IP packet
  Bytes payload;  // of IP
};
std::optional<ReadFrame> ReadEthernet(ByteView frame);

struct ReadUdp {
  Endpoint from;
  Endpoint to;
  Bytes payload;
};
std::optional<ReadUdp> ReadUdpPacket(const ReadFrame& frame);

}  // namespace jvpn::testing
