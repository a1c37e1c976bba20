// Link frames: Ethernet, ARP, IPv4, IPv6, UDP, ICMP and neighbor discovery, built and taken apart.
//
// For the control core's own conversation with its neighbors and for tests; the packet path has its
// own templates. No kernel stack owns the gateway's addresses, so somebody must answer for them.
//
// Units      Sizes in bytes. Parsers return views into the frame, builders whole frames without
// VLAN tag
//            and without frame check sequence.
// Errors     nullopt: cut short, a wrong checksum, or a form that jvpn does not take (fragments,
// IPv4
//            options are taken, IPv6 extension headers are not).
// Source     IEEE 802.3, RFC 826, RFC 791, RFC 8200, RFC 768, RFC 792, RFC 4443, RFC 4861.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "wire/ip_address.h"

namespace jvpn {

inline constexpr std::size_t kEthernetHeaderBytes = 14;
inline constexpr std::size_t kIpv4HeaderBytes = 20;
inline constexpr std::size_t kIpv6HeaderBytes = 40;
inline constexpr std::size_t kUdpHeaderBytes = 8;

enum class EtherType : std::uint16_t { kIpv4 = 0x0800, kArp = 0x0806, kIpv6 = 0x86dd };
enum class IpProtocol : std::uint8_t { kIcmp = 1, kUdp = 17, kIcmpv6 = 58 };

inline constexpr MacAddress kBroadcastMac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

// The group address of an IPv6 multicast destination (RFC 2464, 7).
MacAddress MulticastMac(const IpAddress& group);
// ff02::1:ffXX:XXXX of an address (RFC 4291, 2.7.1).
IpAddress SolicitedNodeGroup(const IpAddress& address);

struct EthernetFrame {
  MacAddress to;
  MacAddress from;
  EtherType type{};
  ByteView payload{};
};
std::optional<EthernetFrame> ParseEthernet(ByteView frame);
Bytes BuildEthernet(const MacAddress& to, const MacAddress& from, EtherType type, ByteView payload);

struct ArpPacket {
  bool reply = false;
  MacAddress sender_mac{};
  IpAddress sender{};
  MacAddress target_mac{};
  IpAddress target{};
};
std::optional<ArpPacket> ParseArp(ByteView payload);
Bytes BuildArp(const ArpPacket& packet);  // without Ethernet header

struct IpPacket {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;
  std::uint8_t hop_limit = 64;
  ByteView payload{};
};
// What follows the IP header, exactly as long as the header says. IPv4: header checksum verified,
// not a fragment.
std::optional<IpPacket> ParseIp(ByteView packet);
// IPv4 with DF and id 0: jvpn never sends a fragment.
Bytes BuildIp(const IpPacket& packet);

struct UdpDatagram {
  Endpoint source;
  Endpoint destination;
  ByteView payload{};
};
// The checksum is verified when there is one.
std::optional<UdpDatagram> ParseUdp(const IpPacket& packet);
// A whole Ethernet frame; empty when the two addresses are of different families.
Bytes BuildUdpFrame(const MacAddress& to, const MacAddress& from, const UdpDatagram& datagram);

// ICMP and ICMPv6 have the same first eight bytes. `rest` are the four after the checksum.
struct IcmpMessage {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint32_t rest = 0;
  ByteView body{};
};
inline constexpr std::uint8_t kIcmpEchoReply = 0;
inline constexpr std::uint8_t kIcmpUnreachable = 3;
inline constexpr std::uint8_t kIcmpFragmentationNeeded = 4;  // code of kIcmpUnreachable
inline constexpr std::uint8_t kIcmpEchoRequest = 8;
inline constexpr std::uint8_t kIcmpv6PacketTooBig = 2;
inline constexpr std::uint8_t kIcmpv6EchoRequest = 128;
inline constexpr std::uint8_t kIcmpv6EchoReply = 129;
inline constexpr std::uint8_t kNeighborSolicitation = 135;
inline constexpr std::uint8_t kNeighborAdvertisement = 136;

// nullopt when the packet carries neither protocol, or the checksum is wrong.
std::optional<IcmpMessage> ParseIcmp(const IpPacket& packet);
// The whole IP packet, ICMP or ICMPv6 by the family of the addresses.
Bytes BuildIcmp(const IpAddress& source, const IpAddress& destination, std::uint8_t hop_limit,
                const IcmpMessage& message);

// Neighbor solicitation or advertisement (RFC 4861, 4.3 and 4.4).
struct NeighborMessage {
  bool advertisement = false;
  bool solicited = false;  // advertisement only
  IpAddress target{};
  std::optional<MacAddress> link_address{};  // source option of the one, target option of the other
};
inline constexpr std::uint8_t kNeighborHopLimit = 255;  // RFC 4861, 7.1: nobody routed it to us

std::optional<NeighborMessage> ParseNeighbor(const IpPacket& packet);
Bytes BuildNeighbor(const IpAddress& source, const IpAddress& destination,
                    const NeighborMessage& message);  // the whole IP packet

}  // namespace jvpn
