#include "dataplane/uplink.h"

#include "dataplane/inner_packet.h"
#include "wire/data_header.h"
#include "wire/path_frame.h"

namespace jvpn {

void Uplink::Process(std::span<Packet> burst, Instant now) {
  DCHECK(burst.size() <= kBurstPackets);
  count_ = 0;
  for (Packet& packet : burst) Classify(packet);
  // Each stage touches memory that the one before has asked for.
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < count_; ++i) {
    if (LookUp(openings_[i])) Keep(openings_, kept++, i);
  }
  count_ = kept;
  kept = 0;
  for (std::uint32_t i = 0; i < count_; ++i) {
    if (Prepare(openings_[i])) Keep(openings_, kept++, i);
  }
  count_ = kept;
  batch_.Open(state_.engine);
  for (std::uint32_t i = 0; i < count_; ++i) Deliver(openings_[i], now);
  state_.sealer.Flush();  // answers to probes
  batch_.Clear();
}

void Uplink::Classify(Packet& packet) {
  Opening& opening = openings_[count_];
  const Classified& what = opening.what;
  state_.wan_classifier.Classify(packet, opening.what);
  packet.fate = Fate::kRelease;
  switch (what.kind) {
    case Classified::Kind::kData: {
      ++count_;
      opening.packet = &packet;
      opening.flow = FlowIndex{LoadBe32(packet.data + what.payload_offset + 4)};
      state_.sessions->flows().Prefetch(opening.flow);
      return;
    }
    case Classified::Kind::kHandshake:
      state_.lane_writer.Handshake(packet, what);
      return;
    case Classified::Kind::kDatagram:
      state_.lane_writer.Datagram(packet, what);
      return;
    case Classified::Kind::kLink:
      state_.lane_writer.Link(packet);
      return;
    case Classified::Kind::kInner:
    case Classified::Kind::kDrop:
      CountDrop(stats_, what.reason);
      return;
  }
}

bool Uplink::LookUp(Opening& opening) {
  const WorkerId owner = opening.flow.owner();
  if (owner != state_.config.self) {
    if (Value(owner) >= state_.config.workers) {
      Drop(*opening.packet, stats_, DropReason::kUnknownFlow);
      return false;
    }
    opening.packet->fate = Fate::kHandOver;
    opening.packet->owner = owner;
    return false;
  }
  if (!state_.sessions->flows().Find(opening.flow, opening.place)) {
    Drop(*opening.packet, stats_, DropReason::kUnknownFlow);
    return false;
  }
  opening.slab = state_.sessions->slab(opening.place.session());
  __builtin_prefetch(&opening.slab.hot());
  __builtin_prefetch(&opening.slab.rx(opening.place.transport()), 1);
  return true;
}

bool Uplink::Prepare(Opening& opening) {
  Packet& packet = *opening.packet;
  std::uint8_t* frame = packet.data + opening.what.payload_offset;
  const SessionHot& hot = opening.slab.hot();
  if (frame[1] != hot.key_phase) {
    Drop(packet, stats_, DropReason::kUnknownEpoch);
    return false;
  }
  const std::uint64_t counter = LoadBe64(frame + 8);
  if (counter > kLastCounter) {
    Drop(packet, stats_, DropReason::kCounterExhausted);
    return false;
  }
  if (!opening.slab.rx(opening.place.transport()).window.Check(counter)) {
    Drop(packet, stats_, DropReason::kReplayed);
    return false;
  }
  AeadJob& job = batch_.Add(hot.suite);
  job.key = &opening.slab.rx_key();
  job.header = frame;
  job.payload = frame + kDataHeaderBytes;
  job.length = opening.what.payload_length - std::uint32_t{kDataOverheadBytes};
  EncodeNonce(TransportId{opening.place.transport()}, counter, job.nonce);
  job.verified = false;
  opening.job = &job;
  return true;
}

void Uplink::Deliver(Opening& opening, Instant now) {
  const AeadJob& job = *opening.job;
  if (!job.verified) {
    Drop(*opening.packet, stats_, DropReason::kBadTag);
    return;
  }
  const std::uint64_t counter = LoadBe64(job.header + 8);
  const bool highest = counter >= opening.slab.rx(opening.place.transport()).window.next();
  if (!Account(opening, counter, now)) return;
  if (highest) NoteAddress(opening, now);
  if (IsInnerPacket({job.payload, job.length})) {
    ForwardInner(opening, now);
  } else {
    HandlePathFrames(opening, highest, now);
  }
}

bool Uplink::Account(const Opening& opening, std::uint64_t counter, Instant now) {
  if (!opening.slab.rx(opening.place.transport()).window.Accept(counter)) {
    Drop(*opening.packet, stats_, DropReason::kReplayed);
    return false;
  }
  state_.liveness.Heard(opening.slab, opening.place, now);
  return true;
}

// Row P1: a validated transport's frame from another address than its own.
void Uplink::NoteAddress(const Opening& opening, Instant now) {
  constexpr std::uint32_t kRepeatMs = 100;
  const RxTransport& rx = opening.slab.rx(opening.place.transport());
  if (rx.remote_tag == 0) return;
  const Packet& packet = *opening.packet;
  const bool v4 = opening.what.family == IpFamily::kV4;
  const std::uint8_t* source =
      packet.data + opening.what.ip_offset + (v4 ? kV4SourceOffset : kV6SourceOffset);
  const std::uint16_t port = LoadBe16(packet.data + opening.what.payload_offset - kUdpBytes);
  const std::uint64_t tag = EndpointTag(opening.what.family, source, port);
  if (tag == rx.remote_tag) [[likely]]
    return;
  TxTransport& tx = opening.slab.tx(opening.place.transport());
  const auto now_ms = static_cast<std::uint32_t>(FloorMs(now).time_since_epoch().count());
  const auto short_tag = static_cast<std::uint32_t>(tag);
  if (tx.new_address_tag == short_tag && now_ms - tx.new_address_ms < kRepeatMs) return;
  HealthSignal signal;
  signal.kind = HealthSignal::Kind::kNewAddress;
  signal.life = HealthSignal::Life::kFresh;
  signal.session = opening.place.session();
  signal.generation = opening.slab.hot().generation;
  signal.transport = TransportId{opening.place.transport()};
  signal.last_heard = now;
  signal.remote = SourceOf(packet, opening.what);
  signal.local = DestinationOf(packet, opening.what);
  if (!state_.lane_writer.Signal(signal)) return;
  tx.new_address_tag = short_tag;
  tx.new_address_ms = now_ms;
}

// Rows P1 to P3 of data: the bound transport, or the one just left while it drains.
bool Uplink::MayDeliver(const SessionHot& hot, std::uint32_t transport, Instant now) const {
  if (hot.bound == transport) [[likely]]
    return true;
  return hot.retired == transport && FloorMs(now).time_since_epoch().count() <= hot.drain_until_ms;
}

void Uplink::ForwardInner(const Opening& opening, Instant now) {
  Packet& packet = *opening.packet;
  std::uint8_t* inner = opening.job->payload;
  const ByteView plaintext{inner, opening.job->length};
  const IpFamily family = WholeInnerPacket(plaintext);
  if (family == IpFamily::kNone) return Drop(packet, stats_, DropReason::kMalformedInner);
  if (!MayDeliver(opening.slab.hot(), opening.place.transport(), now)) {
    return Drop(packet, stats_, DropReason::kNotBound);
  }
  if (!IsInnerSourceAllowed(opening.slab, family, inner)) {
    return Drop(packet, stats_, DropReason::kWrongInnerSource);
  }
  const std::uint8_t* destination = InnerDestination(family, inner);
  Route peer;
  if (IsUnroutable(family, destination) || state_.routes.InPool(family, destination) ||
      state_.routes.Find(family, destination, peer) ||
      state_.core_classifier.IsOwn(family, destination)) {
    return Drop(packet, stats_, DropReason::kNoRoute);
  }
  const MacAddress* link = state_.neighbors.Link(PortSide::kCore, family, destination);
  if (link == nullptr) [[unlikely]]
    return DropUnresolved(packet, family, destination, now);
  if (!DecrementTtl(family, inner)) return Drop(packet, stats_, DropReason::kTtlExpired);
  stats_.uplink_packets.Add();
  stats_.uplink_bytes.Add(plaintext.size());
  packet.TrimFront(static_cast<std::uint16_t>(inner - packet.data));
  packet.SetLength(static_cast<std::uint16_t>(plaintext.size()));
  state_.core_header.WriteLink(packet, *link, family);
  packet.side = PortSide::kCore;
  packet.fate = Fate::kTransmit;
}

void Uplink::DropUnresolved(Packet& packet, IpFamily family, const std::uint8_t* destination,
                            Instant now) {
  const NeighborTable::Hop hop = state_.neighbors.Resolve(PortSide::kCore, family, destination);
  if (hop.address.is_none()) return Drop(packet, stats_, DropReason::kNoRoute);
  state_.lane_writer.NeedNeighbor(PortSide::kCore, hop.address, now);
  Drop(packet, stats_, DropReason::kNoNeighbor);
}

void Uplink::HandlePathFrames(const Opening& opening, bool highest, Instant now) {
  Packet& packet = *opening.packet;
  const ByteView plaintext{opening.job->payload, opening.job->length};
  std::array<std::uint8_t, kMaxAnswersPerFrame * kProbeReplyBytes> replies;
  std::size_t size = 0;
  std::size_t answers = 0;
  bool for_control = false;
  bool wrong = plaintext.empty();
  PathFrameReader reader(plaintext);
  while (const auto frame = reader.Next()) {
    if (const Probe* probe = std::get_if<Probe>(&*frame)) {
      if (++answers > kMaxAnswersPerFrame) continue;
      const std::uint64_t counter = LoadBe64(opening.job->header + 8);
      state_.liveness.Probed(opening.slab, opening.place, *probe, counter, now);
      const Token token{state_.config.token_instance,
                        static_cast<std::uint64_t>(FloorMs(now).time_since_epoch().count())};
      const ProbeReply reply{.suspect = opening.slab.cold().watched,
                             .sequence = probe->sequence,
                             .sent_at = probe->sent_at,
                             .token = token,
                             .received = state_.liveness.Sums(opening.place)};
      size += EncodePathFrame(reply, MutableBytes(replies).subspan(size));
    } else if (const PathReport* report = std::get_if<PathReport>(&*frame)) {
      if (++answers > kMaxAnswersPerFrame) continue;
      const auto ours =
          state_.liveness.Reported(opening.slab, opening.place.session(), *report, now);
      if (ours) size += EncodePathFrame(*ours, MutableBytes(replies).subspan(size));
    } else if (std::holds_alternative<ProbeReply>(*frame)) {
      wrong = true;  // only a gateway sends these
    } else {
      for_control = true;
    }
  }
  if (reader.malformed() || wrong) return Drop(packet, stats_, DropReason::kMalformedInner);
  if (for_control) {
    state_.lane_writer.PathFrames(packet, opening.what, opening.place, plaintext, highest);
  }
  if (size > 0) AnswerProbes(opening, {replies.data(), size}, now);
}

// To the transport's validated address, in the buffer that the probe came in.
void Uplink::AnswerProbes(const Opening& opening, ByteView replies, Instant now) {
  Packet& packet = *opening.packet;
  const std::uint32_t transport = opening.place.transport();
  if (!opening.slab.hot().is_validated(transport)) {
    return Drop(packet, stats_, DropReason::kNotValidated);
  }
  const TxTransport& tx = opening.slab.tx(transport);
  const MacAddress* next_hop = state_.NextHop(tx, now);
  if (next_hop == nullptr) return;
  const auto front = static_cast<std::uint16_t>(opening.job->payload - packet.data);
  packet.TrimFront(front);
  if (replies.size() > std::size_t{packet.length} + packet.tailroom) {
    return Drop(packet, stats_, DropReason::kNoBuffer);
  }
  packet.SetLength(static_cast<std::uint16_t>(replies.size()));
  std::copy(replies.begin(), replies.end(), packet.data);
  if (state_.sealer.Add(packet, opening.slab, transport, *next_hop)) stats_.probes_answered.Add();
}

}  // namespace jvpn
