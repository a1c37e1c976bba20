// ClientHandshake: sends inits over the usable transports in turn until one is answered
// (docs/wire.md 3). Sans-IO.
//
// An answer may come later than the next init leaves, and a gateway keeps the newest init only, so
// the last kOutstanding inits stay open and an answer to a newer one replaces an older one's.
//
// A cookie that answers an open init is worn by the same init at once, and by later ones of its
// transport while it holds; so a loaded gateway costs one more round trip.
//
// Errors  A frame that does not fit an open init, or does not authenticate, changes nothing but
//         bad_answers(): a forger can neither end nor spoil an attempt.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <variant>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "crypto/cookie.h"
#include "crypto/noise.h"
#include "crypto/suite.h"
#include "session/policy.h"
#include "wire/handshake_frame.h"

namespace jvpn {

struct ClientIdentity {
  KeyPair key;
  PublicKey gateway{};
  Secret32 preshared_key;  // all zeros = none
  std::vector<Suite> suites = {Suite::kAes128Gcm, Suite::kAes256Gcm, Suite::kChaCha20Poly1305};
};

// What an accepted handshake gives to both the keys and the session.
struct HandshakeResult {
  TransportId transport{};  // the init's
  ResponsePayload response;
  Policy policy;
  Suite suite{};
  std::vector<FlowIndex> own_flows;  // what the gateway writes into its frames, one a transport
  Secret32 root;
};

// TAI64N of a wall clock that showed `unix_time` at `now`, so that later instants need no clock.
struct WallClock {
  std::chrono::nanoseconds unix_time{};
  Instant now{};
  Timestamp At(Instant t) const;
};

class ClientHandshake {
 public:
  // `transports`: how many this client has, 1 .. kMaxTransports.
  ClientHandshake(ClientIdentity identity, std::size_t transports, WallClock wall, Random& random,
                  Instant now);

  struct Init {
    TransportId transport{};
    Bytes frame;
  };
  // The next init if one is due and `usable` (one bit a transport) allows any.
  std::optional<Init> Poll(Instant now, std::uint32_t usable);
  Instant NextDeadline() const { return next_; }

  using Answer = std::variant<HandshakeResult, HandshakeStatus>;  // accepted, or refused and why
  std::optional<Answer> OnResponse(Instant now, ByteView frame);

  // A cookie reply that came on `transport`: the init that it answers, to be sent once more. An
  // init takes one cookie, whatever the network repeats.
  std::optional<Init> OnCookie(Instant now, TransportId transport, ByteView frame);

  // A transport came or went: what is usable changed, so what waits for an answer is doubtful.
  void Hurry(Instant now) { next_ = now; }

  std::uint32_t sent() const { return sent_; }
  std::uint32_t bad_answers() const { return bad_answers_; }

 private:
  struct Open {
    std::uint32_t index = 0;
    TransportId transport{};
    std::vector<FlowIndex> flows;
    NoiseInitiator noise;
    Bytes frame;
    bool proved = false;  // a cookie for this very init has come
  };
  struct Held {
    Cookie cookie;
    Instant until;
  };
  std::vector<FlowIndex> FreshFlows();
  void Prove(const Cookie& cookie, Bytes& frame) const;
  std::optional<TransportId> NextTransport(std::uint32_t usable);
  std::optional<Answer> Read(Open& open, ByteView noise) const;

  ClientIdentity identity_;
  std::size_t transports_;
  WallClock wall_;
  Random& random_;
  Instant next_;
  Duration pause_;
  std::size_t turn_ = 0;  // which transport comes next
  std::deque<Open> open_;
  std::vector<std::optional<Held>> cookies_;  // one a transport: a cookie is bound to its address
  std::uint32_t sent_ = 0;
  std::uint32_t bad_answers_ = 0;
};

}  // namespace jvpn
