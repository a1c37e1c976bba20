// Cookies: under load a gateway makes the source of an init prove that it receives at its address
// before any public-key work is spent on it (docs/wire.md 3.5).
#pragma once

#include <array>
#include <optional>

#include "base/random.h"
#include "crypto/secret.h"

namespace jvpn {

using Cookie = Secret<16>;

// Seals cookies for whoever sent the init: the key is no secret (it comes from the gateway's public
// key), so the seal keeps a cookie from those who see neither that key nor the init.
class CookieSeal {
 public:
  explicit CookieSeal(const PublicKey& gateway);

  struct Sealed {
    std::array<std::uint8_t, 24> nonce;
    std::array<std::uint8_t, 32> bytes;
  };
  // Associated data: the init's mac1, so that a reply fits one init only.
  Sealed Seal(const Cookie& cookie, ByteView mac1, Random& random) const;
  std::optional<Cookie> Open(ByteView nonce, ByteView sealed, ByteView mac1) const;

 private:
  Secret32 key_;
};

// mac2 of an init: `input` is the frame up to mac2.
void ComputeMac2(const Cookie& cookie, ByteView input, std::span<std::uint8_t, 16> mac);
// Constant time.
bool VerifyMac2(const Cookie& cookie, ByteView input, ByteView mac);

}  // namespace jvpn
