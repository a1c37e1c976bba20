#include "wire/link_frame.h"

#include <algorithm>

#include "base/byte_cursor.h"

namespace jvpn {
namespace {

constexpr std::size_t kArpBytes = 28;
constexpr std::size_t kIcmpHeaderBytes = 8;
constexpr std::uint16_t kDontFragment = 0x4000;
constexpr std::uint16_t kFragmentMask = 0x3fff;  // more fragments, and the offset
constexpr std::uint8_t kSourceLinkOption = 1;
constexpr std::uint8_t kTargetLinkOption = 2;
constexpr std::uint32_t kSolicitedFlag = 0x4000'0000;
constexpr std::uint32_t kOverrideFlag = 0x2000'0000;

// Ones' complement sum (RFC 1071), not folded.
std::uint64_t Sum(ByteView bytes, std::uint64_t sum = 0) {
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) sum += LoadBe16(bytes.data() + i);
  if (i < bytes.size()) sum += static_cast<std::uint64_t>(bytes[i]) << 8;
  return sum;
}

std::uint16_t Fold(std::uint64_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

// RFC 768 and RFC 8200, 8.1; ICMP over IPv4 has none.
std::uint64_t PseudoHeaderSum(const IpAddress& source, const IpAddress& destination,
                              std::uint8_t protocol, std::size_t length) {
  return Sum(source.view(), Sum(destination.view())) + protocol + length;
}

EtherType EtherTypeOf(const IpAddress& address) {
  return address.is_v4() ? EtherType::kIpv4 : EtherType::kIpv6;
}

std::optional<IpPacket> ParseIpv4(ByteView packet) {
  if (packet.size() < kIpv4HeaderBytes) return std::nullopt;
  const std::size_t header = static_cast<std::size_t>(packet[0] & 15) * 4;
  const std::size_t total = LoadBe16(packet.data() + 2);
  if (header < kIpv4HeaderBytes || total < header || total > packet.size()) return std::nullopt;
  if ((LoadBe16(packet.data() + 6) & kFragmentMask) != 0) return std::nullopt;
  if (Fold(Sum(packet.first(header))) != 0) return std::nullopt;
  return IpPacket{.source = IpAddress::V4(packet.subspan(12, 4)),
                  .destination = IpAddress::V4(packet.subspan(16, 4)),
                  .protocol = packet[9],
                  .hop_limit = packet[8],
                  .payload = packet.subspan(header, total - header)};
}

std::optional<IpPacket> ParseIpv6(ByteView packet) {
  if (packet.size() < kIpv6HeaderBytes) return std::nullopt;
  const std::size_t length = LoadBe16(packet.data() + 4);
  if (length > packet.size() - kIpv6HeaderBytes) return std::nullopt;
  return IpPacket{.source = IpAddress::V6(packet.subspan(8, 16)),
                  .destination = IpAddress::V6(packet.subspan(24, 16)),
                  .protocol = packet[6],
                  .hop_limit = packet[7],
                  .payload = packet.subspan(kIpv6HeaderBytes, length)};
}

}  // namespace

MacAddress MulticastMac(const IpAddress& group) {
  return MacAddress{
      {0x33, 0x33, group.bytes[12], group.bytes[13], group.bytes[14], group.bytes[15]}};
}

IpAddress SolicitedNodeGroup(const IpAddress& address) {
  std::array<std::uint8_t, 16> bytes{0xff, 0x02};
  bytes[11] = 1;
  bytes[12] = 0xff;
  std::copy(address.bytes.begin() + 13, address.bytes.end(), bytes.begin() + 13);
  return IpAddress::V6(bytes);
}

std::optional<EthernetFrame> ParseEthernet(ByteView frame) {
  ByteReader reader(frame);
  EthernetFrame parsed;
  parsed.to.bytes = reader.Array<6>();
  parsed.from.bytes = reader.Array<6>();
  parsed.type = static_cast<EtherType>(reader.U16());
  parsed.payload = reader.rest();
  if (!reader.ok()) return std::nullopt;
  return parsed;
}

Bytes BuildEthernet(const MacAddress& to, const MacAddress& from, EtherType type,
                    ByteView payload) {
  Bytes frame(kEthernetHeaderBytes + payload.size());
  ByteWriter writer(frame);
  writer.Copy(to.bytes);
  writer.Copy(from.bytes);
  writer.U16(static_cast<std::uint16_t>(type));
  writer.Copy(payload);
  return frame;
}

std::optional<ArpPacket> ParseArp(ByteView payload) {
  ByteReader reader(payload);
  const std::uint64_t fixed = reader.U64();
  ArpPacket packet;
  packet.sender_mac.bytes = reader.Array<6>();
  const ByteView sender = reader.Take(4);
  packet.target_mac.bytes = reader.Array<6>();
  const ByteView target = reader.Take(4);
  // Ethernet (1), IPv4 (0x0800), 6 and 4 bytes of address, request (1) or reply (2).
  if (!reader.ok() || fixed >> 16 != 0x0001'0800'0604) return std::nullopt;
  const auto operation = static_cast<std::uint16_t>(fixed);
  if (operation != 1 && operation != 2) return std::nullopt;
  packet.reply = operation == 2;
  packet.sender = IpAddress::V4(sender);
  packet.target = IpAddress::V4(target);
  return packet;
}

Bytes BuildArp(const ArpPacket& packet) {
  Bytes out(kArpBytes);
  ByteWriter writer(out);
  writer.U64(0x0001'0800'0604'0000 | (packet.reply ? 2 : 1));
  writer.Copy(packet.sender_mac.bytes);
  writer.Copy(packet.sender.view());
  writer.Copy(packet.target_mac.bytes);
  writer.Copy(packet.target.view());
  return out;
}

std::optional<IpPacket> ParseIp(ByteView packet) {
  if (packet.empty()) return std::nullopt;
  if (packet[0] >> 4 == 4) return ParseIpv4(packet);
  if (packet[0] >> 4 == 6) return ParseIpv6(packet);
  return std::nullopt;
}

Bytes BuildIp(const IpPacket& packet) {
  const bool v4 = packet.source.is_v4();
  Bytes out((v4 ? kIpv4HeaderBytes : kIpv6HeaderBytes) + packet.payload.size());
  ByteWriter writer(out);
  if (v4) {
    writer.U16(0x4500);
    writer.U16(static_cast<std::uint16_t>(out.size()));
    writer.U16(0);
    writer.U16(kDontFragment);
    writer.U8(packet.hop_limit);
    writer.U8(packet.protocol);
    writer.U16(0);
  } else {
    writer.U32(0x6000'0000);
    writer.U16(static_cast<std::uint16_t>(packet.payload.size()));
    writer.U8(packet.protocol);
    writer.U8(packet.hop_limit);
  }
  writer.Copy(packet.source.view());
  writer.Copy(packet.destination.view());
  writer.Copy(packet.payload);
  if (v4) StoreBe16(out.data() + 10, Fold(Sum(ByteView(out).first(kIpv4HeaderBytes))));
  return out;
}

std::optional<UdpDatagram> ParseUdp(const IpPacket& packet) {
  if (packet.protocol != static_cast<std::uint8_t>(IpProtocol::kUdp)) return std::nullopt;
  const ByteView udp = packet.payload;
  if (udp.size() < kUdpHeaderBytes) return std::nullopt;
  const std::size_t length = LoadBe16(udp.data() + 4);
  if (length < kUdpHeaderBytes || length > udp.size()) return std::nullopt;
  const bool has_checksum = LoadBe16(udp.data() + 6) != 0;
  if (!has_checksum && packet.source.is_v6()) return std::nullopt;
  if (has_checksum && Fold(Sum(udp.first(length), PseudoHeaderSum(packet.source, packet.destination,
                                                                  packet.protocol, length))) != 0) {
    return std::nullopt;
  }
  return UdpDatagram{.source = {packet.source, LoadBe16(udp.data())},
                     .destination = {packet.destination, LoadBe16(udp.data() + 2)},
                     .payload = udp.subspan(kUdpHeaderBytes, length - kUdpHeaderBytes)};
}

Bytes BuildUdpFrame(const MacAddress& to, const MacAddress& from, const UdpDatagram& datagram) {
  const IpAddress& source = datagram.source.address;
  const IpAddress& destination = datagram.destination.address;
  if (source.family != destination.family || source.is_none()) return {};
  constexpr auto kProtocol = static_cast<std::uint8_t>(IpProtocol::kUdp);
  Bytes udp(kUdpHeaderBytes + datagram.payload.size());
  ByteWriter writer(udp);
  writer.U16(datagram.source.port);
  writer.U16(datagram.destination.port);
  writer.U16(static_cast<std::uint16_t>(udp.size()));
  writer.U16(0);
  writer.Copy(datagram.payload);
  const std::uint16_t sum =
      Fold(Sum(udp, PseudoHeaderSum(source, destination, kProtocol, udp.size())));
  StoreBe16(udp.data() + 6, sum == 0 ? 0xffff : sum);
  return BuildEthernet(
      to, from, EtherTypeOf(source),
      BuildIp(
          {.source = source, .destination = destination, .protocol = kProtocol, .payload = udp}));
}

std::optional<IcmpMessage> ParseIcmp(const IpPacket& packet) {
  const bool v4 = packet.source.is_v4();
  const auto protocol = static_cast<std::uint8_t>(v4 ? IpProtocol::kIcmp : IpProtocol::kIcmpv6);
  const ByteView icmp = packet.payload;
  if (packet.protocol != protocol || icmp.size() < kIcmpHeaderBytes) return std::nullopt;
  const std::uint64_t pseudo =
      v4 ? 0 : PseudoHeaderSum(packet.source, packet.destination, protocol, icmp.size());
  if (Fold(Sum(icmp, pseudo)) != 0) return std::nullopt;
  return IcmpMessage{.type = icmp[0],
                     .code = icmp[1],
                     .rest = LoadBe32(icmp.data() + 4),
                     .body = icmp.subspan(kIcmpHeaderBytes)};
}

Bytes BuildIcmp(const IpAddress& source, const IpAddress& destination, std::uint8_t hop_limit,
                const IcmpMessage& message) {
  const bool v4 = source.is_v4();
  const auto protocol = static_cast<std::uint8_t>(v4 ? IpProtocol::kIcmp : IpProtocol::kIcmpv6);
  Bytes icmp(kIcmpHeaderBytes + message.body.size());
  ByteWriter writer(icmp);
  writer.U8(message.type);
  writer.U8(message.code);
  writer.U16(0);
  writer.U32(message.rest);
  writer.Copy(message.body);
  const std::uint64_t pseudo = v4 ? 0 : PseudoHeaderSum(source, destination, protocol, icmp.size());
  StoreBe16(icmp.data() + 2, Fold(Sum(icmp, pseudo)));
  return BuildIp({.source = source,
                  .destination = destination,
                  .protocol = protocol,
                  .hop_limit = hop_limit,
                  .payload = icmp});
}

std::optional<NeighborMessage> ParseNeighbor(const IpPacket& packet) {
  if (!packet.source.is_v6() || packet.hop_limit != kNeighborHopLimit) return std::nullopt;
  const auto icmp = ParseIcmp(packet);
  if (!icmp || icmp->code != 0) return std::nullopt;
  if (icmp->type != kNeighborSolicitation && icmp->type != kNeighborAdvertisement) {
    return std::nullopt;
  }
  NeighborMessage message;
  message.advertisement = icmp->type == kNeighborAdvertisement;
  message.solicited = message.advertisement && (icmp->rest & kSolicitedFlag) != 0;
  ByteReader reader(icmp->body);
  const ByteView target = reader.Take(16);
  if (!reader.ok() || target[0] == 0xff) return std::nullopt;
  message.target = IpAddress::V6(target);
  const std::uint8_t wanted = message.advertisement ? kTargetLinkOption : kSourceLinkOption;
  while (!reader.rest().empty()) {
    const std::uint8_t type = reader.U8();
    const std::size_t units = reader.U8();
    if (!reader.ok() || units == 0) return std::nullopt;  // RFC 4861, 4.6
    const ByteView option = reader.Take(units * 8 - 2);
    if (!reader.ok()) return std::nullopt;
    if (type != wanted || units != 1) continue;
    MacAddress mac;
    std::copy(option.begin(), option.end(), mac.bytes.begin());
    message.link_address = mac;
  }
  return message;
}

Bytes BuildNeighbor(const IpAddress& source, const IpAddress& destination,
                    const NeighborMessage& message) {
  std::array<std::uint8_t, 24> body{};
  ByteWriter writer(body);
  writer.Copy(message.target.view());
  if (message.link_address) {
    writer.U8(message.advertisement ? kTargetLinkOption : kSourceLinkOption);
    writer.U8(1);
    writer.Copy(message.link_address->bytes);
  }
  IcmpMessage icmp;
  icmp.type = message.advertisement ? kNeighborAdvertisement : kNeighborSolicitation;
  if (message.advertisement) {
    icmp.rest = kOverrideFlag | (message.solicited ? kSolicitedFlag : 0);
  }
  icmp.body = ByteView(body).first(writer.written());
  return BuildIcmp(source, destination, kNeighborHopLimit, icmp);
}

}  // namespace jvpn
