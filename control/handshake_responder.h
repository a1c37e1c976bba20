// HandshakeResponder: authenticates handshake inits and writes responses (docs/wire.md 3).
//
// Order      mac1, then the budget of public-key work, then Noise, then the peer, then the
// timestamp,
//            then the payload. Nothing is allocated for long nor remembered before all but the last
//            hold; what is remembered then is one timestamp of a configured peer.
// Ownership  The control core.
// Errors     Counted by DropReason, never answered: a stranger learns nothing.
#pragma once

#include <optional>

#include "control/control_state.h"
#include "control/token_bucket.h"
#include "crypto/mac1.h"
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
  std::optional<Init> Authenticate(ByteView frame, Instant now);

  struct Response {
    Bytes frame;
    NoiseKeys keys;
  };
  std::optional<Response> Respond(Init& init, const ResponsePayload& payload);

 private:
  std::nullopt_t Drop(DropReason reason);

  ControlState& state_;
  Mac1 mac1_;
  // One init costs about four X25519, a quarter of a millisecond: at most half of the core's time.
  TokenBucket public_key_work_{2000, 500};
};

}  // namespace jvpn
