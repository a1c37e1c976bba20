#include "tests/support/tunnel_peer.h"

#include <algorithm>

#include "base/check.h"
#include "wire/data_header.h"

namespace jvpn::testing {
namespace {

constexpr KeyEpoch kEpoch{1};

Secret32 KeyOf(std::uint8_t seed, std::uint8_t direction) {
  Secret32 key;
  for (std::size_t i = 0; i < 32; ++i) {
    key.writable()[i] = static_cast<std::uint8_t>(0x40 + 37 * seed + 101 * direction + 7 * i);
  }
  return key;
}

}  // namespace

TunnelPeer::TunnelPeer(SessionSlot session, WorkerId owner, Suite suite, std::uint8_t seed)
    : session_(session),
      owner_(owner),
      suite_(suite),
      seed_(seed),
      rx_key_(KeyOf(seed, 0)),
      tx_key_(KeyOf(seed, 1)) {
  auto engine = AeadEngine::Create(AeadEngine::Sharing::kProcess);
  CHECK(engine.ok());
  engine_ = *std::move(engine);
  engine_->ExpandKey(suite, rx_key_, sealing_);
  engine_->ExpandKey(suite, tx_key_, opening_);
}

FlowIndex TunnelPeer::rx_index(std::uint32_t transport) const {
  return FlowIndex::Of(owner_, 0x10'0000U + seed_ * 32U + transport);
}

FlowIndex TunnelPeer::tx_index(std::uint32_t transport) const {
  return FlowIndex{0xc0de'0000U + seed_ * 32U + transport};
}

SessionProgram TunnelPeer::Program(Generation generation, std::uint8_t count) const {
  SessionProgram program;
  program.session = session_;
  program.generation = generation;
  program.installed = true;
  program.suite = suite_;
  program.epoch = kEpoch;
  program.rx_key = rx_key_;
  program.tx_key = tx_key_;
  program.bound = TransportId{0};
  program.inner_mtu = 1420;
  program.fresh_after = Millis(500);
  program.dead_after = Millis(2000);
  program.transport_count = count;
  for (std::uint32_t k = 0; k < count; ++k) {
    program.transports[k].rx_index = rx_index(k);
    program.transports[k].tx_index = tx_index(k);
  }
  return program;
}

Bytes TunnelPeer::Seal(std::uint32_t transport, ByteView plaintext) {
  return SealAt(transport, counters_[transport]++, plaintext);
}

Bytes TunnelPeer::SealAt(std::uint32_t transport, std::uint64_t counter, ByteView plaintext) {
  Bytes frame(kDataHeaderBytes + plaintext.size() + kTagBytes);
  EncodeDataHeader({.key_phase = static_cast<std::uint8_t>(Value(kEpoch) & 3),
                    .flow = rx_index(transport),
                    .counter = counter},
                   frame.data());
  std::copy(plaintext.begin(), plaintext.end(), frame.begin() + kDataHeaderBytes);
  AeadJob job;
  job.key = &sealing_;
  job.header = frame.data();
  job.payload = frame.data() + kDataHeaderBytes;
  job.length = static_cast<std::uint32_t>(plaintext.size());
  EncodeNonce(TransportId{transport}, counter, job.nonce);
  engine_->Seal(suite_, {&job, 1});
  return frame;
}

std::optional<Bytes> TunnelPeer::Open(std::uint32_t transport, ByteView frame) {
  const auto header = DecodeDataHeader(frame);
  if (!header || header->flow != tx_index(transport)) return std::nullopt;
  Bytes copy(frame.begin(), frame.end());
  AeadJob job;
  job.key = &opening_;
  job.header = copy.data();
  job.payload = copy.data() + kDataHeaderBytes;
  job.length = static_cast<std::uint32_t>(copy.size() - kDataOverheadBytes);
  EncodeNonce(TransportId{transport}, header->counter, job.nonce);
  engine_->Open(suite_, {&job, 1});
  if (!job.verified) return std::nullopt;
  last_opened_ = header->counter;
  return Bytes(job.payload, job.payload + job.length);
}

}  // namespace jvpn::testing
