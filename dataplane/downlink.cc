#include "dataplane/downlink.h"

#include "dataplane/inner_packet.h"

namespace jvpn {

void Downlink::Process(std::span<Packet> burst, Instant now) {
  DCHECK(burst.size() <= kBurstPackets);
  count_ = 0;
  for (Packet& packet : burst) Classify(packet);
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < count_; ++i) {
    if (LookUp(routings_[i])) Keep(routings_, kept++, i);
  }
  for (std::uint32_t i = 0; i < kept; ++i) {
    const SessionHot& hot = routings_[i].slab.hot();
    if (hot.bound != kNoTransport) __builtin_prefetch(&routings_[i].slab.tx(hot.bound), 1);
  }
  for (std::uint32_t i = 0; i < kept; ++i) Seal(routings_[i], now);
  state_.sealer.Flush();
}

void Downlink::Classify(Packet& packet) {
  Routing& routing = routings_[count_];
  const Classified& what = routing.what;
  state_.core_classifier.Classify(packet, routing.what);
  packet.fate = Fate::kRelease;
  switch (what.kind) {
    case Classified::Kind::kInner:
      ++count_;
      routing.packet = &packet;
      state_.routes.Prefetch(what.family,
                             InnerDestination(what.family, packet.data + what.ip_offset));
      return;
    case Classified::Kind::kLink:
      state_.lane_writer.Link(packet);
      return;
    case Classified::Kind::kData:
    case Classified::Kind::kHandshake:
    case Classified::Kind::kDatagram:
    case Classified::Kind::kDrop:
      CountDrop(stats_, what.reason);
      return;
  }
}

bool Downlink::LookUp(Routing& routing) {
  Packet& packet = *routing.packet;
  const Classified& what = routing.what;
  Route route;
  const std::uint8_t* destination = InnerDestination(what.family, packet.data + what.ip_offset);
  if (!state_.routes.Find(what.family, destination, route)) {
    Drop(packet, stats_, DropReason::kNoRoute);
    return false;
  }
  if (route.owner != state_.config.self) {
    packet.fate = Fate::kHandOver;
    packet.owner = route.owner;
    return false;
  }
  routing.slab = state_.sessions->slab(route.session);
  __builtin_prefetch(&routing.slab.hot());
  return true;
}

void Downlink::Seal(const Routing& routing, Instant now) {
  Packet& packet = *routing.packet;
  const Classified& what = routing.what;
  const SessionHot& hot = routing.slab.hot();
  std::uint8_t* inner = packet.data + what.payload_offset;
  if (!hot.installed || hot.bound == kNoTransport) {
    return Drop(packet, stats_, DropReason::kNoBinding);
  }
  if (!hot.is_validated(hot.bound)) return Drop(packet, stats_, DropReason::kNotValidated);
  if (what.payload_length > hot.inner_mtu) {
    Drop(packet, stats_, DropReason::kInnerTooBig);
    if (WantsTooBig(what.family, inner)) state_.lane_writer.TooBig(packet, now);
    return;
  }
  const TxTransport& tx = routing.slab.tx(hot.bound);
  const MacAddress* next_hop = state_.NextHop(tx, now);
  if (next_hop == nullptr) return;
  if (!DecrementTtl(what.family, inner)) return Drop(packet, stats_, DropReason::kTtlExpired);
  packet.TrimFront(what.payload_offset);
  packet.SetLength(what.payload_length);
  if (!state_.sealer.Add(packet, routing.slab, hot.bound, *next_hop)) return;
  stats_.downlink_packets.Add();
  stats_.downlink_bytes.Add(what.payload_length);
}

}  // namespace jvpn
