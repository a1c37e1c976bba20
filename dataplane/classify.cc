#include "dataplane/classify.h"

#include <algorithm>

#include "base/limits.h"
#include "dataplane/ip_layout.h"
#include "wire/data_header.h"
#include "wire/handshake_frame.h"
#include "wire/session_control.h"

namespace jvpn {
namespace {

constexpr std::uint16_t kArpBytes = 28;
constexpr std::uint16_t kArpTargetOffset = 24;
constexpr std::uint8_t kIcmpEchoRequest = 8;
constexpr std::uint8_t kIcmp6EchoRequest = 128;
constexpr std::uint8_t kIcmp6NeighborSolicitation = 135;
constexpr std::uint8_t kIcmp6NeighborAdvertisement = 136;
constexpr std::uint16_t kNeighborMessageBytes = 24;
constexpr std::uint16_t kNeighborTargetOffset = 8;

void Refuse(Classified& what, DropReason reason) {
  what.kind = Classified::Kind::kDrop;
  what.reason = reason;
}

void Link(Classified& what) { what.kind = Classified::Kind::kLink; }

void Inner(Classified& what, IpFamily family, std::uint16_t offset, std::uint16_t length) {
  what.kind = Classified::Kind::kInner;
  what.family = family;
  what.ip_offset = offset;
  what.payload_offset = offset;
  what.payload_length = length;
}

bool IsMulticastMac(const std::uint8_t* mac) { return (mac[0] & 1) != 0; }

// Which kind a UDP payload on the tunnel's port is, by its first byte and length.
void ByFrameType(ByteView frame, Classified& what) {
  if (frame.empty()) return Refuse(what, DropReason::kTooShort);
  switch (static_cast<FrameType>(frame[0])) {
    case FrameType::kData:
      if (frame.size() < kDataOverheadBytes) return Refuse(what, DropReason::kTooShort);
      if ((frame[1] & ~3U) != 0 || LoadBe16(frame.data() + 2) != 0) {
        return Refuse(what, DropReason::kReservedBits);
      }
      what.kind = Classified::Kind::kData;
      return;
    case FrameType::kHandshakeInit:
      if (frame.size() < kMinHandshakeInit) return Refuse(what, DropReason::kTooShort);
      if (frame.size() > kMaxHandshakeInit) return Refuse(what, DropReason::kTooLong);
      what.kind = Classified::Kind::kHandshake;
      return;
    case FrameType::kSessionControl:
      if (frame.size() < kControlOverheadBytes) return Refuse(what, DropReason::kTooShort);
      if (frame.size() > kMaxLaneFrame) return Refuse(what, DropReason::kTooLong);
      what.kind = Classified::Kind::kDatagram;
      return;
    case FrameType::kHandshakeResponse:
    case FrameType::kCookieReply:
      break;
  }
  return Refuse(what, DropReason::kUnknownType);
}

}  // namespace

Classifier::Classifier(PortSide side, const SideConfig& config, std::uint16_t listen_port)
    : side_(side), mac_(config.mac), vlan_(config.vlan), listen_port_(listen_port) {
  for (const Prefix& own : config.addresses) {
    if (own.address.is_v4()) own_v4_.push_back(LoadBe32(own.address.bytes.data()));
    if (own.address.is_v6()) own_v6_.push_back(own.address.bytes);
  }
}

bool Classifier::IsOwn(IpFamily family, const std::uint8_t* address) const {
  if (family == IpFamily::kV4) {
    return std::find(own_v4_.begin(), own_v4_.end(), LoadBe32(address)) != own_v4_.end();
  }
  return std::any_of(own_v6_.begin(), own_v6_.end(),
                     [&](const auto& own) { return std::equal(own.begin(), own.end(), address); });
}

bool Classifier::IsSolicitedNode(const std::uint8_t* address) const {
  static constexpr std::uint8_t kPrefix[13] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
  if (!std::equal(std::begin(kPrefix), std::end(kPrefix), address)) return false;
  return std::any_of(own_v6_.begin(), own_v6_.end(), [&](const auto& own) {
    return std::equal(own.begin() + 13, own.end(), address + 13);
  });
}

void Classifier::Classify(const Packet& packet, Classified& what) const {
  if (packet.length < kEthernetBytes) return Refuse(what, DropReason::kMalformedEthernet);
  std::uint16_t type = LoadBe16(packet.data + kEtherTypeOffset);
  std::uint16_t offset = kEthernetBytes;
  std::uint16_t vlan = packet.vlan;
  if (type == kEtherTypeVlan) {
    if (packet.length < kEthernetBytes + kVlanTagBytes) {
      return Refuse(what, DropReason::kMalformedEthernet);
    }
    vlan = LoadBe16(packet.data + offset) & 0x0fff;
    type = LoadBe16(packet.data + offset + 2);
    offset = kEthernetBytes + kVlanTagBytes;
  }
  if (vlan != vlan_) return Refuse(what, DropReason::kMalformedEthernet);
  if (!IsMulticastMac(packet.data) &&
      !std::equal(mac_.bytes.begin(), mac_.bytes.end(), packet.data)) {
    return Refuse(what, DropReason::kNotOurs);
  }
  switch (type) {
    case kEtherTypeV4:
      return ClassifyV4(packet, offset, what);
    case kEtherTypeV6:
      return ClassifyV6(packet, offset, what);
    case kEtherTypeArp:
      return ClassifyArp(packet, offset, what);
    default:
      return Refuse(what, DropReason::kMalformedEthernet);
  }
}

void Classifier::ClassifyArp(const Packet& packet, std::uint16_t offset, Classified& what) const {
  if (packet.length < offset + kArpBytes) return Refuse(what, DropReason::kMalformedIp);
  if (!IsOwn(IpFamily::kV4, packet.data + offset + kArpTargetOffset)) {
    return Refuse(what, DropReason::kNotOurs);
  }
  return Link(what);
}

void Classifier::ClassifyV4(const Packet& packet, std::uint16_t offset, Classified& what) const {
  const std::uint8_t* header = packet.data + offset;
  const std::uint32_t there = packet.length - std::uint32_t{offset};
  if (there < kV4Bytes || header[0] >> 4 != 4) return Refuse(what, DropReason::kMalformedIp);
  const auto header_bytes = static_cast<std::uint16_t>((header[0] & 15) * 4);
  const std::uint16_t length = LoadBe16(header + kV4LengthOffset);
  if (header_bytes < kV4Bytes || length < header_bytes || length > there) {
    return Refuse(what, DropReason::kMalformedIp);
  }
  const Ip ip{.offset = offset,
              .length = length,
              .transport = static_cast<std::uint16_t>(offset + header_bytes),
              .protocol = header[kV4ProtocolOffset],
              .fragment = (LoadBe16(header + kV4FragmentOffset) & kV4MoreOrOffset) != 0};
  if (IsOwn(IpFamily::kV4, header + kV4DestinationOffset)) {
    return ClassifyOwn(packet, IpFamily::kV4, ip, what);
  }
  if (side_ == PortSide::kWan || IsMulticastMac(packet.data))
    return Refuse(what, DropReason::kNotOurs);
  Inner(what, IpFamily::kV4, offset, length);
}

void Classifier::ClassifyV6(const Packet& packet, std::uint16_t offset, Classified& what) const {
  const std::uint8_t* header = packet.data + offset;
  const std::uint32_t there = packet.length - std::uint32_t{offset};
  if (there < kV6Bytes || header[0] >> 4 != 6) return Refuse(what, DropReason::kMalformedIp);
  const std::uint32_t length = std::uint32_t{LoadBe16(header + kV6LengthOffset)} + kV6Bytes;
  if (length > there) return Refuse(what, DropReason::kMalformedIp);
  const std::uint8_t protocol = header[kV6NextHeaderOffset];
  const Ip ip{.offset = offset,
              .length = static_cast<std::uint16_t>(length),
              .transport = static_cast<std::uint16_t>(offset + kV6Bytes),
              .protocol = protocol,
              .fragment = protocol == kProtocolV6Fragment};
  const std::uint8_t* destination = header + kV6DestinationOffset;
  if (IsOwn(IpFamily::kV6, destination)) return ClassifyOwn(packet, IpFamily::kV6, ip, what);
  if (destination[0] == 0xff) {
    return protocol == kProtocolIcmp6 ? ClassifyNeighbor(packet, ip, what)
                                      : Refuse(what, DropReason::kNotOurs);
  }
  if (side_ == PortSide::kWan || IsMulticastMac(packet.data))
    return Refuse(what, DropReason::kNotOurs);
  Inner(what, IpFamily::kV6, offset, ip.length);
}

// Addressed to us: the tunnel's port, an echo request or neighbour discovery; we serve nothing
// else.
void Classifier::ClassifyOwn(const Packet& packet, IpFamily family, const Ip& ip,
                             Classified& what) const {
  if (ip.fragment) return Refuse(what, DropReason::kFragment);
  if (ip.protocol == kProtocolUdp) return ClassifyUdp(packet, family, ip, what);
  const std::uint8_t* message = packet.data + ip.transport;
  const bool has_type = ip.offset + ip.length > ip.transport;
  if (family == IpFamily::kV4 && ip.protocol == kProtocolIcmp && has_type &&
      message[0] == kIcmpEchoRequest) {
    return Link(what);
  }
  if (family == IpFamily::kV6 && ip.protocol == kProtocolIcmp6 && has_type) {
    return message[0] == kIcmp6EchoRequest ? Link(what) : ClassifyNeighbor(packet, ip, what);
  }
  return Refuse(what, DropReason::kNotOurs);
}

void Classifier::ClassifyUdp(const Packet& packet, IpFamily family, const Ip& ip,
                             Classified& what) const {
  const std::uint8_t* udp = packet.data + ip.transport;
  const int there = ip.offset + ip.length - ip.transport;
  if (there < kUdpBytes) return Refuse(what, DropReason::kMalformedIp);
  const std::uint16_t length = LoadBe16(udp + kUdpLengthOffset);
  if (length < kUdpBytes || length > there) return Refuse(what, DropReason::kMalformedIp);
  if (side_ != PortSide::kWan || LoadBe16(udp + 2) != listen_port_) {
    return Refuse(what, DropReason::kNotOurs);
  }
  what.family = family;
  what.ip_offset = ip.offset;
  what.payload_offset = static_cast<std::uint16_t>(ip.transport + kUdpBytes);
  what.payload_length = static_cast<std::uint16_t>(length - kUdpBytes);
  ByFrameType({udp + kUdpBytes, what.payload_length}, what);
}

// A solicitation of one of our addresses, or an advertisement (to us, or to all nodes): RFC 4861.
void Classifier::ClassifyNeighbor(const Packet& packet, const Ip& ip, Classified& what) const {
  if (ip.offset + ip.length < ip.transport + kNeighborMessageBytes) {
    return Refuse(what, DropReason::kNotOurs);
  }
  const std::uint8_t* message = packet.data + ip.transport;
  const std::uint8_t* destination = packet.data + ip.offset + kV6DestinationOffset;
  static constexpr std::uint8_t kAllNodes[16] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const bool own = IsOwn(IpFamily::kV6, destination);
  const bool ours =
      message[0] == kIcmp6NeighborSolicitation
          ? (own || IsSolicitedNode(destination)) &&
                IsOwn(IpFamily::kV6, message + kNeighborTargetOffset)
          : message[0] == kIcmp6NeighborAdvertisement &&
                (own || std::equal(std::begin(kAllNodes), std::end(kAllNodes), destination));
  ours ? Link(what) : Refuse(what, DropReason::kNotOurs);
}

Endpoint SourceOf(const Packet& packet, const Classified& what) {
  const std::uint8_t* ip = packet.data + what.ip_offset;
  const std::uint16_t port = LoadBe16(packet.data + what.payload_offset - kUdpBytes);
  if (what.family == IpFamily::kV4) return {IpAddress::V4({ip + kV4SourceOffset, 4}), port};
  return {IpAddress::V6({ip + kV6SourceOffset, 16}), port};
}

Endpoint DestinationOf(const Packet& packet, const Classified& what) {
  const std::uint8_t* ip = packet.data + what.ip_offset;
  const std::uint16_t port = LoadBe16(packet.data + what.payload_offset - kUdpBytes + 2);
  if (what.family == IpFamily::kV4) return {IpAddress::V4({ip + kV4DestinationOffset, 4}), port};
  return {IpAddress::V6({ip + kV6DestinationOffset, 16}), port};
}

}  // namespace jvpn
