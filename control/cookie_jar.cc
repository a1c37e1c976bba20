#include "control/cookie_jar.h"

#include "base/byte_cursor.h"
#include "crypto/kdf.h"

namespace jvpn {

void CookieJar::Rotate(Instant now) {
  if (drawn_ && now - drawn_at_ < kCookieSecretLife) return;
  // One that nobody has looked at for two lives is too old to hold.
  const bool fresh = drawn_ && now - drawn_at_ < 2 * kCookieSecretLife;
  if (fresh) {
    before_ = secret_;
  } else {
    random_.Fill(before_.writable());
  }
  random_.Fill(secret_.writable());
  drawn_ = true;
  drawn_at_ = now;
}

Cookie CookieJar::Bake(const Secret32& secret, const Endpoint& source) {
  std::array<std::uint8_t, 1 + 16 + 2> message{};
  ByteWriter writer(message);
  writer.U8(static_cast<std::uint8_t>(source.address.family));
  writer.Copy(source.address.view());
  writer.U16(source.port);
  Cookie cookie;
  Blake2b(cookie.writable(), secret.view(), ByteView(message).first(writer.written()));
  return cookie;
}

bool CookieJar::Proves(const HandshakeFrame& init, const Endpoint& source, Instant now) {
  Rotate(now);
  // Both are computed, so that the time does not tell which secret it was.
  const bool current = VerifyMac2(Bake(secret_, source), init.mac2_input, init.mac2);
  const bool before = VerifyMac2(Bake(before_, source), init.mac2_input, init.mac2);
  return current || before;
}

Bytes CookieJar::Reply(const HandshakeFrame& init, const Endpoint& source, Instant now) {
  Rotate(now);
  const CookieSeal::Sealed sealed = seal_.Seal(Bake(secret_, source), init.mac1, random_);
  return EncodeCookieFrame(
      {.handshake_index = init.handshake_index, .nonce = sealed.nonce, .sealed = sealed.bytes});
}

}  // namespace jvpn
