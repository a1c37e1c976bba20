#include "dataplane/sealer.h"

#include "wire/data_header.h"

namespace jvpn {

// Field by field, in place: a path that was put together elsewhere and copied would be read back in
// other sizes than it was stored in, and each packet would wait for that.
bool Sealer::Add(Packet& packet, SessionSlab slab, std::uint32_t transport,
                 const MacAddress& next_hop) {
  if (!Number(packet, slab, transport)) return false;
  const TxTransport& tx = slab.tx(transport);
  Pending& pending = pending_[count_++];
  pending.packet = &packet;
  pending.path.family = tx.family;
  pending.path.remote_port = tx.remote_port;
  pending.path.remote = tx.remote.data();
  pending.path.local = tx.local.data();
  pending.path.next_hop = &next_hop;
  return true;
}

bool Sealer::AddTowards(Packet& packet, SessionSlab slab, std::uint32_t transport,
                        const OuterPath& path) {
  if (!Number(packet, slab, transport)) return false;
  pending_[count_++] = {&packet, path};
  return true;
}

bool Sealer::Number(Packet& packet, SessionSlab slab, std::uint32_t transport) {
  CHECK(count_ < pending_.size());
  TxTransport& tx = slab.tx(transport);
  if (tx.counter > kLastCounter) [[unlikely]] {
    Drop(packet, stats_, DropReason::kCounterExhausted);
    return false;
  }
  if (packet.headroom < kDataHeaderBytes + kOuterHeadroom || packet.tailroom < kTagBytes)
      [[unlikely]] {
    Drop(packet, stats_, DropReason::kNoBuffer);
    return false;
  }
  const std::uint64_t counter = tx.counter++;
  const std::uint16_t length = packet.length;
  packet.Prepend(kDataHeaderBytes);
  packet.SetLength(static_cast<std::uint16_t>(packet.length + kTagBytes));
  EncodeDataHeader({.key_phase = slab.hot().key_phase, .flow = tx.tx_index, .counter = counter},
                   packet.data);
  AeadJob& job = batch_.Add(slab.hot().suite);
  job.key = &slab.tx_key();
  job.header = packet.data;
  job.payload = packet.data + kDataHeaderBytes;
  job.length = length;
  EncodeNonce(TransportId{transport}, counter, job.nonce);
  return true;
}

void Sealer::Flush() {
  if (count_ == 0) return;
  batch_.Seal(engine_);
  for (std::uint32_t i = 0; i < count_; ++i) {
    Packet& packet = *pending_[i].packet;
    outer_.WriteTunnel(packet, pending_[i].path, listen_port_);
    packet.side = PortSide::kWan;
    packet.fate = Fate::kTransmit;
  }
  batch_.Clear();
  count_ = 0;
}

}  // namespace jvpn
