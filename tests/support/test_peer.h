// TestPeer: a client reduced to its protocol: it makes and reads real frames, and decides nothing.
//
// Data frames are the worker's business; tests give the plaintexts of path frames to TestWorker.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "base/check.h"
#include "crypto/control_seal.h"
#include "crypto/cookie.h"
#include "crypto/kdf.h"
#include "crypto/mac1.h"
#include "crypto/noise.h"
#include "wire/cookie_frame.h"
#include "wire/handshake_frame.h"
#include "wire/session_control.h"

namespace jvpn {

class TestPeer {
 public:
  TestPeer(Random& random, const PublicKey& gateway, std::size_t transports)
      : random_(random), identity_(KeyPair::Generate(random)), gateway_(gateway) {
    for (std::size_t i = 0; i < transports; ++i)
      own_indices_.push_back(FlowIndex{random.U32() | 1});
  }

  const PublicKey& public_key() const { return identity_.public_key; }

  // A handshake init that travels on `transport`; `timestamp` orders inits.
  Bytes Init(std::uint64_t timestamp, std::uint8_t transport = 0,
             std::vector<std::uint8_t> suites = {1, 2, 3}) {
    InitPayload payload;
    StoreBe64(payload.timestamp.data(), timestamp);
    payload.this_transport = transport;
    payload.suites = std::move(suites);
    payload.flow_indices = own_indices_;
    noise_.emplace(identity_, gateway_, psk_, Label("jvpn v1"));
    const auto message = noise_->WriteInit(EncodeInitPayload(payload), random_);
    CHECK(message.has_value());
    handshake_index_ = random_.U32();
    Bytes frame = EncodeHandshakeFrame(FrameType::kHandshakeInit, handshake_index_, *message);
    const std::size_t covered = frame.size() - 2 * kMacBytes;
    Mac1(gateway_).Compute(ByteView(frame).first(covered),
                           std::span<std::uint8_t, kMacBytes>(frame.data() + covered, kMacBytes));
    return frame;
  }

  // Puts the cookie of a reply into an init, as docs/wire.md 3.5 says; false when it is not for it.
  bool Prove(ByteView reply, Bytes& init) const {
    const auto cookie_frame = DecodeCookieFrame(reply);
    const auto frame = DecodeHandshakeFrame(init);
    if (!cookie_frame || !frame || cookie_frame->handshake_index != frame->handshake_index) {
      return false;
    }
    const auto cookie =
        CookieSeal(gateway_).Open(cookie_frame->nonce, cookie_frame->sealed, frame->mac1);
    if (!cookie) return false;
    const std::size_t covered = init.size() - kMacBytes;
    ComputeMac2(*cookie, ByteView(init).first(covered),
                std::span<std::uint8_t, kMacBytes>(init.data() + covered, kMacBytes));
    return true;
  }

  // Reads the response; true when it authenticates. response() and the keys hold then.
  bool ReadResponse(ByteView frame) {
    const auto decoded = DecodeHandshakeFrame(frame);
    if (!decoded || decoded->type != FrameType::kHandshakeResponse) return false;
    if (decoded->handshake_index != handshake_index_) return false;
    if (!Mac1(identity_.public_key).Verify(decoded->mac_input, decoded->mac1)) return false;
    const auto plaintext = noise_->ReadResponse(decoded->noise);
    if (!plaintext) return false;
    const auto payload = DecodeResponsePayload(*plaintext);
    if (!payload) return false;
    response_ = *payload;
    const NoiseKeys& keys = noise_->keys();
    root_ = DeriveRoot(keys.k1, keys.k2, keys.handshake_hash);
    return true;
  }
  const ResponsePayload& response() const { return response_; }
  const Secret32& root() const { return root_; }
  FlowIndex own_index(std::size_t transport) const { return own_indices_[transport]; }

  Bytes Seal(std::size_t transport, const SessionMessage& message) {
    std::array<std::uint8_t, kControlHeaderBytes> header;
    EncodeControlHeader({.flow = response_.flow_indices[transport]}, header.data());
    return SealControl(DeriveControlKey(root_, Direction::kToGateway), header,
                       EncodeSessionMessage(message), random_);
  }
  ReattachRequest Request(std::size_t transport, std::uint32_t epoch, std::uint64_t counter,
                          std::uint64_t token_ms) const {
    ReattachRequest request;
    request.cause = ReattachCause::kDead;
    request.transport = static_cast<TransportId>(transport);
    request.binding_epoch = epoch;
    request.counter = counter;
    request.session_id = response_.session_id;
    request.token = {.instance = response_.token.instance, .time_ms = token_ms};
    return request;
  }
  // A session control frame for one of our transports, opened.
  std::optional<SessionMessage> Open(ByteView frame) const {
    const auto header = DecodeControlHeader(frame);
    if (!header) return std::nullopt;
    const auto plaintext = OpenControl(DeriveControlKey(root_, Direction::kToClient), frame);
    return plaintext ? DecodeSessionMessage(*plaintext) : std::nullopt;
  }

 private:
  static ByteView Label(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  }

  Random& random_;
  KeyPair identity_;
  PublicKey gateway_;
  Secret32 psk_;
  std::vector<FlowIndex> own_indices_;
  std::uint32_t handshake_index_ = 0;
  std::optional<NoiseInitiator> noise_;
  ResponsePayload response_;
  Secret32 root_;
};

}  // namespace jvpn
