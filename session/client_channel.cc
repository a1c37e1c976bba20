#include "session/client_channel.h"

#include <sodium.h>

#include <algorithm>

#include "crypto/control_seal.h"

namespace jvpn {

ClientChannel::ClientChannel(const Secret32& root, Suite suite, AeadEngine& engine, Random& random)
    : root_(root),
      suite_(suite),
      engine_(engine),
      random_(random),
      control_seal_key_(DeriveControlKey(root, Direction::kToGateway)),
      control_open_key_(DeriveControlKey(root, Direction::kToClient)) {
  Expand(root);
}

void ClientChannel::Expand(const Secret32& secret) {
  engine_.ExpandKey(suite_, DeriveTrafficKey(secret, Direction::kToGateway, suite_, epoch_),
                    seal_key_);
  engine_.ExpandKey(suite_, DeriveTrafficKey(secret, Direction::kToClient, suite_, epoch_),
                    open_key_);
}

void ClientChannel::NextEpoch(const EpochMix& mix) {
  epoch_ = static_cast<KeyEpoch>(Value(epoch_) + 1);
  Expand(DeriveEpochSecret(root_, epoch_, mix));
}

ClientChannel::~ClientChannel() {
  sodium_memzero(&seal_key_, sizeof seal_key_);
  sodium_memzero(&open_key_, sizeof open_key_);
}

Bytes ClientChannel::SealData(TransportId transport, FlowIndex flow, std::uint64_t counter,
                              ByteView plaintext) {
  Bytes frame(plaintext.size() + kDataOverheadBytes);
  EncodeDataHeader({.key_phase = key_phase(), .flow = flow, .counter = counter}, frame.data());
  std::copy(plaintext.begin(), plaintext.end(), frame.begin() + kDataHeaderBytes);
  AeadJob job;
  job.key = &seal_key_;
  job.header = frame.data();
  job.payload = frame.data() + kDataHeaderBytes;
  job.length = static_cast<std::uint32_t>(plaintext.size());
  EncodeNonce(transport, counter, job.nonce);
  engine_.Seal(suite_, std::span<AeadJob>(&job, 1));
  return frame;
}

std::optional<ByteView> ClientChannel::OpenData(TransportId transport, const DataHeader& header,
                                                MutableBytes frame) {
  AeadJob job;
  job.key = &open_key_;
  job.header = frame.data();
  job.payload = frame.data() + kDataHeaderBytes;
  job.length = static_cast<std::uint32_t>(frame.size() - kDataOverheadBytes);
  EncodeNonce(transport, header.counter, job.nonce);
  engine_.Open(suite_, std::span<AeadJob>(&job, 1));
  if (!job.verified) return std::nullopt;
  return ByteView(job.payload, job.length);
}

Bytes ClientChannel::SealControlFrame(FlowIndex flow, const SessionMessage& message) {
  std::uint8_t header[kControlHeaderBytes];
  EncodeControlHeader({.flow = flow}, header);
  return SealControl(control_seal_key_, header, EncodeSessionMessage(message), random_);
}

std::optional<SessionMessage> ClientChannel::OpenControlFrame(ByteView frame) const {
  const std::optional<Bytes> message = OpenControl(control_open_key_, frame);
  if (!message) return std::nullopt;
  return DecodeSessionMessage(*message);
}

}  // namespace jvpn
