#include "control/handshake_responder.h"

namespace jvpn {
namespace {

constexpr std::string_view kPrologue = "jvpn v1";

ByteView Prologue() {
  // std::uint8_t may alias anything.
  return {reinterpret_cast<const std::uint8_t*>(kPrologue.data()), kPrologue.size()};
}

}  // namespace

HandshakeResponder::HandshakeResponder(ControlState& state)
    : state_(state), gate_(state.config.identity.public_key, state.random) {}

std::nullopt_t HandshakeResponder::Drop(DropReason reason) {
  state_.Drop(reason);
  return std::nullopt;
}

HandshakeResponder::Outcome HandshakeResponder::Authenticate(ByteView frame, const Endpoint& source,
                                                             Instant now) {
  const auto drop = [this](DropReason reason) {
    Drop(reason);
    return Outcome();
  };
  if (frame.size() < kMinHandshakeInit) return drop(DropReason::kTooShort);
  if (frame.size() > kMaxHandshakeInit) return drop(DropReason::kTooLong);
  const auto decoded = DecodeHandshakeFrame(frame);
  if (!decoded || decoded->type != FrameType::kHandshakeInit) {
    return drop(DropReason::kBadHandshake);
  }
  switch (gate_.Judge(*decoded, source, now)) {
    case HandshakeGate::Verdict::kBadMac1:
      return drop(DropReason::kBadMac1);
    case HandshakeGate::Verdict::kOverRate:
      return drop(DropReason::kRateLimited);
    case HandshakeGate::Verdict::kCookie:
      Drop(DropReason::kNoCookie);
      return CookieReply{gate_.Cookie(*decoded, source, now)};
    case HandshakeGate::Verdict::kAdmit:
      break;
  }
  auto init = Read(*decoded, now);
  if (!init) return Outcome();
  return *std::move(init);
}

std::optional<HandshakeResponder::Init> HandshakeResponder::Read(const HandshakeFrame& frame,
                                                                 Instant now) {
  NoiseResponder noise(state_.config.identity, Prologue());
  const auto plaintext = noise.ReadInit(frame.noise);
  if (!plaintext) return Drop(DropReason::kBadHandshake);
  const auto peer = state_.peer_by_key.find(noise.remote_static());
  if (peer == state_.peer_by_key.end()) return Drop(DropReason::kBadHandshake);
  const auto payload = DecodeInitPayload(*plaintext);
  if (!payload) return Drop(DropReason::kBadHandshake);
  PeerState& known = state_.peers[peer->second];
  if (known.last_handshake && payload->timestamp <= *known.last_handshake) {
    return Drop(DropReason::kOldTimestamp);
  }
  known.last_handshake = payload->timestamp;
  if (!known.handshakes.Take(now)) return Drop(DropReason::kRateLimited);
  return Init{.peer = peer->second,
              .payload = *payload,
              .handshake_index = frame.handshake_index,
              .noise = noise};
}

std::optional<HandshakeResponder::Response> HandshakeResponder::Respond(
    Init& init, const ResponsePayload& payload) {
  const PeerConfig& peer = state_.config.peers[init.peer];
  const auto message =
      init.noise.WriteResponse(EncodeResponsePayload(payload), peer.preshared_key, state_.random);
  if (!message) return Drop(DropReason::kBadHandshake);
  Response response;
  response.frame =
      EncodeHandshakeFrame(FrameType::kHandshakeResponse, init.handshake_index, *message);
  const std::size_t covered = response.frame.size() - 2 * kMacBytes;
  Mac1(peer.public_key)
      .Compute(ByteView(response.frame).first(covered),
               std::span<std::uint8_t, kMacBytes>(response.frame.data() + covered, kMacBytes));
  response.keys = init.noise.keys();
  return response;
}

}  // namespace jvpn
