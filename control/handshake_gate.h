// HandshakeGate: which handshake inits are worth public-key work (docs/wire.md 3.5).
//
//   mac1, always ─> calm: admitted ─┐
//                   loaded: mac2, or a cookie is all it gets ─> share of its source ─┴─> budget
//
// Loaded is the gateway while more inits with a valid mac1 come than the calm rate, and a second
// longer. Nothing is remembered of a source before its mac2 has shown that it receives there; what
// is then, is one of a fixed number of buckets. Many clients behind one address (a carrier's NAT)
// have ports, and so cookies, of their own; the share of an address is wide and counts only under
// load.
//
// Ownership  The control core.
#pragma once

#include <vector>

#include "control/cookie_jar.h"
#include "control/token_bucket.h"
#include "crypto/mac1.h"

namespace jvpn {

// One init costs about four X25519, a quarter of a millisecond: at most half of the core's time.
inline constexpr std::uint32_t kHandshakesPerSecond = 2000;
inline constexpr std::uint32_t kHandshakeBurst = 200;
// Half of the budget; the other half is for those who come back with a cookie.
inline constexpr std::uint32_t kCalmHandshakesPerSecond = 1000;
inline constexpr std::uint32_t kCalmHandshakeBurst = 100;
// Of one proved address (IPv6: /64) under load.
inline constexpr std::uint32_t kHandshakesPerSource = 200;
inline constexpr std::uint32_t kSourceBurst = 50;

class HandshakeGate {
 public:
  HandshakeGate(const PublicKey& gateway, Random& random);

  enum class Verdict : std::uint8_t { kAdmit, kCookie, kBadMac1, kOverRate };
  Verdict Judge(const HandshakeFrame& init, const Endpoint& source, Instant now);
  // The answer to kCookie.
  Bytes Cookie(const HandshakeFrame& init, const Endpoint& source, Instant now) {
    return jar_.Reply(init, source, now);
  }
  std::uint64_t admitted() const { return admitted_; }

 private:
  bool Loaded(Instant now);
  TokenBucket& ShareOf(const IpAddress& source);

  Mac1 mac1_;
  CookieJar jar_;
  Random& random_;
  TokenBucket calm_{kCalmHandshakesPerSecond, kCalmHandshakeBurst};
  Instant loaded_until_{};
  TokenBucket work_{kHandshakesPerSecond, kHandshakeBurst};
  Secret<16> share_key_;  // so that nobody can choose whose bucket he shares
  std::vector<TokenBucket> shares_;
  std::uint64_t admitted_ = 0;
};

}  // namespace jvpn
