#include "tests/support/packet_builder.h"

#include <algorithm>

#include "base/check.h"

namespace jvpn::testing {
namespace {

void Put16(Bytes& to, unsigned value) {
  to.push_back(static_cast<std::uint8_t>(value >> 8));
  to.push_back(static_cast<std::uint8_t>(value));
}
void PutAll(Bytes& to, ByteView from) { to.insert(to.end(), from.begin(), from.end()); }

// RFC 1071, the slow and obvious way.
std::uint16_t InternetSum(ByteView bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8 : bytes[i];
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(sum);
}

Bytes WithPseudoHeader(const IpAddress& from, const IpAddress& to, std::uint8_t protocol,
                       ByteView payload) {
  Bytes all;
  PutAll(all, from.view());
  PutAll(all, to.view());
  Put16(all, 0);
  Put16(all, static_cast<unsigned>(payload.size()));
  Put16(all, 0);
  Put16(all, protocol);
  PutAll(all, payload);
  return all;
}

}  // namespace

IpAddress Ip(const char* text) {
  const auto address = IpAddress::Parse(text);
  CHECK(address.has_value());
  return *address;
}

Endpoint At(const char* address, std::uint16_t port) { return {Ip(address), port}; }

MacAddress Mac(std::uint8_t last) { return {{0x02, 0, 0, 0, 0, last}}; }

Bytes IpPacket(const IpAddress& from, const IpAddress& to, std::uint8_t protocol, ByteView payload,
               std::uint8_t ttl) {
  Bytes packet;
  if (from.is_v4()) {
    packet = {0x45, 0};
    Put16(packet, static_cast<unsigned>(20 + payload.size()));
    packet.insert(packet.end(), {0, 0, 0x40, 0, ttl, protocol, 0, 0});
    PutAll(packet, from.view());
    PutAll(packet, to.view());
    const unsigned sum = InternetSum(packet) ^ 0xffffU;
    packet[10] = static_cast<std::uint8_t>(sum >> 8);
    packet[11] = static_cast<std::uint8_t>(sum);
  } else {
    packet = {0x60, 0, 0, 0};
    Put16(packet, static_cast<unsigned>(payload.size()));
    packet.insert(packet.end(), {protocol, ttl});
    PutAll(packet, from.view());
    PutAll(packet, to.view());
  }
  PutAll(packet, payload);
  return packet;
}

Bytes UdpPacket(const Endpoint& from, const Endpoint& to, ByteView payload) {
  Bytes udp;
  Put16(udp, from.port);
  Put16(udp, to.port);
  Put16(udp, static_cast<unsigned>(8 + payload.size()));
  Put16(udp, 0);
  PutAll(udp, payload);
  const unsigned sum = InternetSum(WithPseudoHeader(from.address, to.address, 17, udp)) ^ 0xffffU;
  udp[6] = static_cast<std::uint8_t>(sum >> 8);
  udp[7] = static_cast<std::uint8_t>(sum);
  return IpPacket(from.address, to.address, 17, udp);
}

Bytes InnerPacket(const IpAddress& from, const IpAddress& to, std::size_t size) {
  Bytes payload(size - (from.is_v4() ? 20 : 40));
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<std::uint8_t>(i);
  return IpPacket(from, to, 6, payload);
}

Bytes EthernetOfType(const Link& link, std::uint16_t type, ByteView payload) {
  Bytes frame;
  PutAll(frame, link.to.bytes);
  PutAll(frame, link.from.bytes);
  if (link.vlan != 0) {
    Put16(frame, 0x8100);
    Put16(frame, link.vlan);
  }
  Put16(frame, type);
  PutAll(frame, payload);
  return frame;
}

Bytes Ethernet(const Link& link, ByteView ip) {
  return EthernetOfType(link, ip[0] >> 4 == 4 ? 0x0800 : 0x86dd, ip);
}

Bytes ArpRequest(const Link& link, const IpAddress& from, const IpAddress& target) {
  Bytes arp = {0, 1, 8, 0, 6, 4, 0, 1};
  PutAll(arp, link.from.bytes);
  PutAll(arp, from.view());
  arp.insert(arp.end(), 6, 0);
  PutAll(arp, target.view());
  return EthernetOfType(link, 0x0806, arp);
}

Bytes NeighborSolicitation(const Link& link, const IpAddress& from, const IpAddress& target) {
  Bytes message = {135, 0, 0, 0, 0, 0, 0, 0};
  PutAll(message, target.view());
  message.insert(message.end(), {1, 1});
  PutAll(message, link.from.bytes);
  IpAddress group = Ip("ff02::1:ff00:0");
  std::copy(target.bytes.begin() + 13, target.bytes.end(), group.bytes.begin() + 13);
  const unsigned sum = InternetSum(WithPseudoHeader(from, group, 58, message)) ^ 0xffffU;
  message[2] = static_cast<std::uint8_t>(sum >> 8);
  message[3] = static_cast<std::uint8_t>(sum);
  Link to_group = link;
  to_group.to = {{0x33, 0x33, 0xff, group.bytes[13], group.bytes[14], group.bytes[15]}};
  return Ethernet(to_group, IpPacket(from, group, 58, message, 255));
}

std::optional<ReadFrame> ReadEthernet(ByteView frame) {
  if (frame.size() < 18) return std::nullopt;
  ReadFrame read;
  std::copy_n(frame.begin(), 6, read.link.to.bytes.begin());
  std::copy_n(frame.begin() + 6, 6, read.link.from.bytes.begin());
  std::size_t at = 12;
  if (LoadBe16(&frame[at]) == 0x8100) {
    read.link.vlan = LoadBe16(&frame[at + 2]);
    at += 4;
  }
  const std::uint16_t type = LoadBe16(&frame[at]);
  const ByteView ip = frame.subspan(at + 2);
  read.ip.assign(ip.begin(), ip.end());
  if (type == 0x0800) {
    if (ip.size() < 20 || ip[0] != 0x45 || LoadBe16(&ip[2]) != ip.size()) return std::nullopt;
    if (InternetSum(ip.first(20)) != 0xffff) return std::nullopt;
    read.from = IpAddress::V4(ip.subspan(12, 4));
    read.to = IpAddress::V4(ip.subspan(16, 4));
    read.ttl = ip[8];
    read.protocol = ip[9];
    read.payload.assign(ip.begin() + 20, ip.end());
    return read;
  }
  if (type != 0x86dd || ip.size() < 40 || ip[0] >> 4 != 6) return std::nullopt;
  if (LoadBe16(&ip[4]) + std::size_t{40} != ip.size()) return std::nullopt;
  read.from = IpAddress::V6(ip.subspan(8, 16));
  read.to = IpAddress::V6(ip.subspan(24, 16));
  read.ttl = ip[7];
  read.protocol = ip[6];
  read.payload.assign(ip.begin() + 40, ip.end());
  return read;
}

std::optional<ReadUdp> ReadUdpPacket(const ReadFrame& frame) {
  const Bytes& udp = frame.payload;
  if (frame.protocol != 17 || udp.size() < 8 || LoadBe16(&udp[4]) != udp.size()) {
    return std::nullopt;
  }
  const bool has_checksum = LoadBe16(&udp[6]) != 0;
  if (!has_checksum && !frame.from.is_v4()) return std::nullopt;
  if (has_checksum && InternetSum(WithPseudoHeader(frame.from, frame.to, 17, udp)) != 0xffff) {
    return std::nullopt;
  }
  return ReadUdp{{frame.from, LoadBe16(&udp[0])},
                 {frame.to, LoadBe16(&udp[2])},
                 Bytes(udp.begin() + 8, udp.end())};
}

}  // namespace jvpn::testing
