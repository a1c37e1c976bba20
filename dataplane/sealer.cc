#include "dataplane/sealer.h"

#include "wire/data_header.h"

namespace jvpn {

bool Sealer::Add(Packet& packet, SessionSlab slab, std::uint32_t transport, const OuterPath& path) {
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
  pending_[count_++] = {&packet, path};
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

OuterPath PathOf(const TxTransport& tx) {
  return {.family = tx.family,
          .remote_port = tx.remote_port,
          .remote = tx.remote.data(),
          .local = tx.local.data()};
}

}  // namespace jvpn
