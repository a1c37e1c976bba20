// HandshakeResponder: authenticates handshake inits and writes responses (docs/wire.md 3).
//
// Order      the gate (handshake_gate.h), then Noise, then the peer, then the payload, then the
//            timestamp. Nothing is allocated for long nor remembered before all hold; what is
//            remembered then is one timestamp of a configured peer.
// Ownership  The control core.
// Errors     Counted by DropReason, never answered: a stranger learns nothing. Under load a source
//            that has proved nothing is answered with a cookie.
#pragma once

#include <variant>

#include "control/control_state.h"
#include "control/handshake_gate.h"
#include "crypto/noise.h"

namespace jvpn {

class HandshakeResponder {
 public:
  explicit HandshakeResponder(ControlState& state);

  struct Init {
    std::size_t peer = 0;
    InitPayload payload;
    std::uint32_t handshake_index = 0;
    NoiseResponder noise;
  };
  struct CookieReply {
    Bytes frame;
  };
  using Outcome = std::variant<std::monostate, CookieReply, Init>;  // nothing: dropped, counted
  Outcome Authenticate(ByteView frame, const Endpoint& source, Instant now);
  // How many inits have cost public-key work so far.
  std::uint64_t worked() const { return gate_.admitted(); }

  struct Response {
    Bytes frame;
    NoiseKeys keys;
  };
  std::optional<Response> Respond(Init& init, const ResponsePayload& payload);

 private:
  std::optional<Init> Read(const HandshakeFrame& frame, Instant now);
  std::nullopt_t Drop(DropReason reason);

  ControlState& state_;
  HandshakeGate gate_;
};

}  // namespace jvpn
