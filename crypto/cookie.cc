#include "crypto/cookie.h"

#include "base/check.h"
#include "crypto/kdf.h"
#include "crypto/mac1.h"

namespace jvpn {

CookieSeal::CookieSeal(const PublicKey& gateway) : key_(PublicLabelKey("jvpn cookie", gateway)) {}

CookieSeal::Sealed CookieSeal::Seal(const Cookie& cookie, ByteView mac1, Random& random) const {
  Sealed sealed;
  random.Fill(sealed.nonce);
  CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(
            sealed.bytes.data(), nullptr, cookie.view().data(), cookie.view().size(), mac1.data(),
            mac1.size(), nullptr, sealed.nonce.data(), key_.view().data()) == 0);
  return sealed;
}

std::optional<Cookie> CookieSeal::Open(ByteView nonce, ByteView sealed, ByteView mac1) const {
  Cookie cookie;
  CHECK(nonce.size() == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
  CHECK(sealed.size() == cookie.view().size() + crypto_aead_xchacha20poly1305_ietf_ABYTES);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          cookie.writable().data(), nullptr, nullptr, sealed.data(), sealed.size(), mac1.data(),
          mac1.size(), nonce.data(), key_.view().data()) != 0) {
    return std::nullopt;
  }
  return cookie;
}

void ComputeMac2(const Cookie& cookie, ByteView input, std::span<std::uint8_t, 16> mac) {
  Blake2b(mac, cookie.view(), input);
}

bool VerifyMac2(const Cookie& cookie, ByteView input, ByteView mac) {
  return VerifyMac(cookie.view(), input, mac);
}

}  // namespace jvpn
