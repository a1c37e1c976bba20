#include "control/packet_too_big.h"

#include <algorithm>

#include "control/port_address.h"
#include "wire/link_frame.h"

namespace jvpn {
namespace {

// Quoted bytes of the packet: so much that the answer fits the least packet every host takes.
constexpr std::size_t kQuoteV4 = 576 - kIpv4HeaderBytes - 8;
constexpr std::size_t kQuoteV6 = 1280 - kIpv6HeaderBytes - 8;

// Never an error about an error, nor to or about a group (it could be multiplied).
bool MayAnswerV4(ByteView packet) {
  if (packet.size() < kIpv4HeaderBytes) return false;
  const std::size_t header = static_cast<std::size_t>(packet[0] & 15) * 4;
  const bool first_fragment = (LoadBe16(packet.data() + 6) & 0x1fff) == 0;
  const bool group = packet[16] >= 224 || packet[12] >= 224 || packet[12] == 0;
  if (!first_fragment || group || packet.size() <= header) return false;
  if (packet[9] != static_cast<std::uint8_t>(IpProtocol::kIcmp)) return true;
  return packet[header] == kIcmpEchoRequest || packet[header] == kIcmpEchoReply;
}

bool MayAnswerV6(ByteView packet) {
  if (packet.size() <= kIpv6HeaderBytes) return false;
  const bool from_nobody =
      std::all_of(packet.begin() + 8, packet.begin() + 24, [](std::uint8_t b) { return b == 0; });
  if (packet[8] == 0xff || from_nobody) return false;
  if (packet[6] != static_cast<std::uint8_t>(IpProtocol::kIcmpv6)) return true;
  return packet[kIpv6HeaderBytes] >= 128;  // below: errors
}

}  // namespace

std::optional<Bytes> PacketTooBig(const PortConfig& port, std::uint16_t mtu, ByteView frame) {
  const auto ethernet = ParseEthernet(frame);
  if (!ethernet || (ethernet->to.bytes[0] & 1) != 0 || ethernet->payload.empty()) {
    return std::nullopt;
  }
  const ByteView packet = ethernet->payload;
  IpAddress to;
  IcmpMessage message;
  if (ethernet->type == EtherType::kIpv4 && MayAnswerV4(packet)) {
    to = IpAddress::V4(packet.subspan(12, 4));
    message = {.type = kIcmpUnreachable,
               .code = kIcmpFragmentationNeeded,
               .rest = mtu,
               .body = packet.first(std::min(packet.size(), kQuoteV4))};
  } else if (ethernet->type == EtherType::kIpv6 && MayAnswerV6(packet)) {
    to = IpAddress::V6(packet.subspan(8, 16));
    message = {.type = kIcmpv6PacketTooBig,
               .rest = mtu,
               .body = packet.first(std::min(packet.size(), kQuoteV6))};
  } else {
    return std::nullopt;
  }
  const auto from = AddressOfPort(port, to);
  if (!from) return std::nullopt;
  return BuildEthernet(ethernet->from, port.mac, ethernet->type, BuildIcmp(*from, to, 64, message));
}

}  // namespace jvpn
