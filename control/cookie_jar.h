// CookieJar: proves sources without remembering one: a cookie is a hash of the source's address and
// port under a secret of this process, so the source brings the state itself.
//
// Ownership  The control core. A secret is drawn when the first cookie is asked for, and anew each
//            kCookieSecretLife; cookies of the one before hold as long again.
#pragma once

#include "control/control_state.h"
#include "crypto/cookie.h"
#include "wire/cookie_frame.h"

namespace jvpn {

// A client uses a cookie for as long (docs/wire.md 3.5): it holds once to twice that time.
inline constexpr Duration kCookieSecretLife = std::chrono::seconds(60);

class CookieJar {
 public:
  CookieJar(const PublicKey& gateway, Random& random) : seal_(gateway), random_(random) {}

  // Does mac2 show that a cookie of ours has reached `source`?
  bool Proves(const HandshakeFrame& init, const Endpoint& source, Instant now);
  // The whole frame that brings `source` its cookie.
  Bytes Reply(const HandshakeFrame& init, const Endpoint& source, Instant now);

 private:
  void Rotate(Instant now);
  static Cookie Bake(const Secret32& secret, const Endpoint& source);

  CookieSeal seal_;
  Random& random_;
  bool drawn_ = false;
  Instant drawn_at_{};
  Secret32 secret_;
  Secret32 before_;
};

}  // namespace jvpn
