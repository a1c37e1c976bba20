#include "control/host_responder.h"

#include "control/packet_too_big.h"
#include "control/port_address.h"

namespace jvpn {

HostResponder::HostResponder(const ControlConfig& config, NeighborResolver& resolver,
                             DropCounters& drops)
    : config_(config), resolver_(resolver), drops_(drops) {}

std::nullopt_t HostResponder::Drop(DropReason reason) {
  ++drops_[static_cast<std::size_t>(reason)];
  return std::nullopt;
}

bool HostResponder::Within(TokenBucket& bucket, Instant now) {
  if (bucket.Take(now)) return true;
  Drop(DropReason::kRateLimited);
  return false;
}

std::optional<Bytes> HostResponder::Answer(PortSide side, ByteView frame, Instant now) {
  const auto ethernet = ParseEthernet(frame);
  if (!ethernet || (ethernet->from.bytes[0] & 1) != 0) {
    return Drop(DropReason::kMalformedEthernet);
  }
  switch (ethernet->type) {
    case EtherType::kArp:
      return AnswerArp(side, *ethernet, now);
    case EtherType::kIpv4:
    case EtherType::kIpv6:
      return AnswerIp(side, *ethernet, frame, now);
  }
  return Drop(DropReason::kMalformedEthernet);
}

std::optional<Bytes> HostResponder::AnswerArp(PortSide side, const EthernetFrame& frame,
                                              Instant now) {
  const auto arp = ParseArp(frame.payload);
  if (!arp) return Drop(DropReason::kMalformedEthernet);
  const PortConfig& port = config_.port(side);
  // Who claims our own address cannot be anybody's next hop.
  if (!IsOwnAddress(port, arp->sender)) {
    resolver_.Heard(side, arp->sender, arp->sender_mac, now);
  }
  if (arp->reply) return std::nullopt;
  if (!IsOwnAddress(port, arp->target)) return Drop(DropReason::kNotOurs);
  if (!Within(resolution_, now)) return std::nullopt;
  return BuildEthernet(frame.from, port.mac, EtherType::kArp,
                       BuildArp({.reply = true,
                                 .sender_mac = port.mac,
                                 .sender = arp->target,
                                 .target_mac = arp->sender_mac,
                                 .target = arp->sender}));
}

std::optional<Bytes> HostResponder::AnswerIp(PortSide side, const EthernetFrame& frame,
                                             ByteView whole, Instant now) {
  const PortConfig& port = config_.port(side);
  const ByteView raw = frame.payload;
  const bool v4 = frame.type == EtherType::kIpv4;
  if (raw.size() < (v4 ? kIpv4HeaderBytes : kIpv6HeaderBytes)) {
    return Drop(DropReason::kMalformedIp);
  }
  const IpAddress to = v4 ? IpAddress::V4(raw.subspan(16, 4)) : IpAddress::V6(raw.subspan(24, 16));
  const bool group = v4 ? to.bytes[0] >= 224 : to.bytes[0] == 0xff;
  if (!group && !IsOwnAddress(port, to)) {
    // The worker sends up a packet for a session's network only when it is too big.
    if (side != PortSide::kCore) return Drop(DropReason::kNotOurs);
    if (!Within(icmp_, now)) return std::nullopt;
    return PacketTooBig(port, config_.inner_mtu, whole);
  }
  const auto packet = ParseIp(raw);
  if (!packet) return Drop(DropReason::kMalformedIp);
  const auto icmp = ParseIcmp(*packet);
  if (!icmp) return Drop(DropReason::kNotOurs);
  if (!v4 && (icmp->type == kNeighborSolicitation || icmp->type == kNeighborAdvertisement)) {
    return AnswerNeighbor(side, frame, *packet, now);
  }
  if (group) return Drop(DropReason::kNotOurs);  // RFC 1122, 3.2.2.6
  return AnswerEcho(side, frame, *packet, now);
}

std::optional<Bytes> HostResponder::AnswerNeighbor(PortSide side, const EthernetFrame& frame,
                                                   const IpPacket& packet, Instant now) {
  const auto message = ParseNeighbor(packet);
  if (!message) return Drop(DropReason::kMalformedIp);
  const PortConfig& port = config_.port(side);
  if (message->advertisement) {
    if (message->link_address && !IsOwnAddress(port, message->target)) {
      resolver_.Heard(side, message->target, *message->link_address, now);
    }
    return std::nullopt;
  }
  if (!IsOwnAddress(port, message->target)) return Drop(DropReason::kNotOurs);
  if (!Within(resolution_, now)) return std::nullopt;
  // A solicitation without a source is somebody's duplicate address detection: all are told.
  const bool unspecified = packet.source == IpAddress::V6(std::array<std::uint8_t, 16>{});
  const IpAddress to = unspecified ? *IpAddress::Parse("ff02::1") : packet.source;
  if (!unspecified && message->link_address) {
    resolver_.Heard(side, packet.source, *message->link_address, now);
  }
  return BuildEthernet(unspecified ? MulticastMac(to) : frame.from, port.mac, EtherType::kIpv6,
                       BuildNeighbor(message->target, to,
                                     {.advertisement = true,
                                      .solicited = !unspecified,
                                      .target = message->target,
                                      .link_address = port.mac}));
}

std::optional<Bytes> HostResponder::AnswerEcho(PortSide side, const EthernetFrame& frame,
                                               const IpPacket& packet, Instant now) {
  const auto icmp = ParseIcmp(packet);
  const bool v4 = packet.source.is_v4();
  if (icmp->type != (v4 ? kIcmpEchoRequest : kIcmpv6EchoRequest) || icmp->code != 0) {
    return Drop(DropReason::kNotOurs);
  }
  if (packet.source.bytes[0] >= 224 && v4) return Drop(DropReason::kMalformedIp);
  if (packet.source.bytes[0] == 0xff && !v4) return Drop(DropReason::kMalformedIp);
  if (!Within(icmp_, now)) return std::nullopt;
  IcmpMessage reply = *icmp;
  reply.type = v4 ? kIcmpEchoReply : kIcmpv6EchoReply;
  return BuildEthernet(frame.from, config_.port(side).mac, frame.type,
                       BuildIcmp(packet.destination, packet.source, 64, reply));
}

Bytes HostResponder::Ask(const NeighborRequest& request) const {
  const PortConfig& port = config_.port(request.side);
  const auto source = AddressOfPort(port, request.target);
  if (!source) return {};
  if (request.target.is_v4()) {
    return BuildEthernet(
        kBroadcastMac, port.mac, EtherType::kArp,
        BuildArp({.sender_mac = port.mac, .sender = *source, .target = request.target}));
  }
  const IpAddress group = SolicitedNodeGroup(request.target);
  return BuildEthernet(
      MulticastMac(group), port.mac, EtherType::kIpv6,
      BuildNeighbor(*source, group, {.target = request.target, .link_address = port.mac}));
}

}  // namespace jvpn
