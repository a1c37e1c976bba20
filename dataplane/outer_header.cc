#include "dataplane/outer_header.h"

#include <algorithm>
#include <cstring>

#include "dataplane/checksum.h"
#include "dataplane/ip_layout.h"

namespace jvpn {
namespace {

// The sum of 16-bit words that an IPv4 header of these values has.
std::uint16_t V4Checksum(std::uint32_t local, std::uint32_t remote, std::uint16_t length) {
  constexpr std::uint32_t kSame = 0x4500 + kV4DontFragment + (kOuterTtl << 8 | kProtocolUdp);
  std::uint32_t sum =
      kSame + length + (local >> 16) + (local & 0xffff) + (remote >> 16) + (remote & 0xffff);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

// The checksum comes from the values: summing up what was just stored would wait for the stores.
void WriteV4(std::uint8_t* ip, const OuterPath& path, std::uint16_t length) {
  const std::uint32_t local = LoadBe32(path.local);
  const std::uint32_t remote = LoadBe32(path.remote);
  StoreBe16(ip, 0x4500);
  StoreBe16(ip + kV4LengthOffset, length);
  StoreBe16(ip + 4, 0);  // the identification of an atomic datagram means nothing (RFC 6864)
  StoreBe16(ip + kV4FragmentOffset, kV4DontFragment);
  ip[kV4TtlOffset] = kOuterTtl;
  ip[kV4ProtocolOffset] = kProtocolUdp;
  StoreBe16(ip + kV4ChecksumOffset, V4Checksum(local, remote, length));
  StoreBe32(ip + kV4SourceOffset, local);
  StoreBe32(ip + kV4DestinationOffset, remote);
}

void WriteV6(std::uint8_t* ip, const OuterPath& path, std::uint16_t udp_length) {
  StoreBe16(ip, 0x6000);
  StoreBe16(ip + 2, 0);
  StoreBe16(ip + kV6LengthOffset, udp_length);
  ip[kV6NextHeaderOffset] = kProtocolUdp;
  ip[kV6HopLimitOffset] = kOuterTtl;
  std::memcpy(ip + kV6SourceOffset, path.local, 16);
  std::memcpy(ip + kV6DestinationOffset, path.remote, 16);
}

// Over the pseudo header, header and payload; `udp` has a zero checksum yet.
std::uint16_t UdpChecksumV6(const std::uint8_t* ip, const std::uint8_t* udp, std::uint16_t length) {
  std::uint8_t pseudo[8] = {};
  StoreBe16(pseudo + 2, length);
  pseudo[7] = kProtocolUdp;
  std::uint64_t sum = OnesSum({ip + kV6SourceOffset, 32});
  sum = OnesSum({pseudo, sizeof pseudo}, sum);
  const std::uint16_t folded = FoldChecksum(OnesSum({udp, length}, sum));
  return folded == 0 ? std::uint16_t{0xffff} : folded;  // 0 would mean "none" (RFC 768)
}

}  // namespace

void OuterHeader::WriteLink(Packet& packet, const MacAddress& destination, IpFamily family) const {
  const std::uint16_t type = family == IpFamily::kV4 ? kEtherTypeV4 : kEtherTypeV6;
  const bool tagged = vlan_ != 0;
  packet.Prepend(tagged ? std::uint16_t{kEthernetBytes + kVlanTagBytes} : kEthernetBytes);
  std::uint8_t* to = packet.data;
  std::copy(destination.bytes.begin(), destination.bytes.end(), to);
  std::copy(source_.bytes.begin(), source_.bytes.end(), to + 6);
  to += kEtherTypeOffset;
  if (tagged) {
    StoreBe16(to, kEtherTypeVlan);
    StoreBe16(to + 2, vlan_);
    to += kVlanTagBytes;
  }
  StoreBe16(to, type);
}

void OuterHeader::WriteTunnel(Packet& packet, const OuterPath& path,
                              std::uint16_t source_port) const {
  packet.Prepend(kUdpBytes);
  std::uint8_t* udp = packet.data;
  const std::uint16_t udp_length = packet.length;
  StoreBe16(udp, source_port);
  StoreBe16(udp + 2, path.remote_port);
  StoreBe16(udp + kUdpLengthOffset, udp_length);
  StoreBe16(udp + 6, 0);
  if (path.family == IpFamily::kV4) {
    packet.Prepend(kV4Bytes);
    WriteV4(packet.data, path, packet.length);
  } else {
    packet.Prepend(kV6Bytes);
    WriteV6(packet.data, path, udp_length);
    StoreChecksum(udp + 6, UdpChecksumV6(packet.data, udp, udp_length));
  }
  WriteLink(packet, *path.next_hop, path.family);
}

}  // namespace jvpn
