// Target: what the control core reads itself of the frames that a port brings it: ARP, neighbour
// discovery, ICMP, handshakes in UDP. What one parser takes, its builder makes again.
#include <algorithm>

#include "base/check.h"
#include "tests/fuzz/fuzz_target.h"
#include "wire/link_frame.h"

namespace jvpn {
namespace {

bool Within(ByteView part, ByteView whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

bool TakeArp(ByteView payload) {
  const auto arp = ParseArp(payload);
  if (!arp) return false;
  const auto again = ParseArp(BuildArp(*arp));
  CHECK(again && again->reply == arp->reply && again->sender == arp->sender &&
        again->target == arp->target && again->sender_mac == arp->sender_mac);
  return true;
}

void TakeNeighbor(const IpPacket& packet) {
  const auto message = ParseNeighbor(packet);
  if (!message) return;
  const Bytes built = BuildNeighbor(packet.source, packet.destination, *message);
  const auto ip = ParseIp(built);
  CHECK(ip);
  const auto again = ParseNeighbor(*ip);
  CHECK(again && again->target == message->target &&
        again->advertisement == message->advertisement &&
        again->link_address == message->link_address);
}

bool TakeIp(ByteView payload) {
  const auto packet = ParseIp(payload);
  if (!packet) return false;
  CHECK(Within(packet->payload, payload));
  if (const auto datagram = ParseUdp(*packet)) CHECK(Within(datagram->payload, packet->payload));
  if (const auto message = ParseIcmp(*packet)) CHECK(Within(message->body, packet->payload));
  TakeNeighbor(*packet);
  return true;
}

}  // namespace

bool FuzzTarget(ByteView input) {
  const auto frame = ParseEthernet(input);
  if (!frame) return false;
  CHECK(Within(frame->payload, input));
  return frame->type == EtherType::kArp ? TakeArp(frame->payload) : TakeIp(frame->payload);
}

}  // namespace jvpn
