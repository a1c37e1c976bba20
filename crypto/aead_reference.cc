#include "crypto/aead_reference.h"

#include "base/check.h"

namespace jvpn {
namespace {

constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kNonceBytes = 12;

static_assert(crypto_aead_chacha20poly1305_ietf_ABYTES == kTagBytes);
static_assert(crypto_aead_aes256gcm_ABYTES == kTagBytes);

}  // namespace

bool ReferenceSupports(Suite suite) {
  switch (suite) {
    case Suite::kAes128Gcm:
      return false;
    case Suite::kAes256Gcm:
      return crypto_aead_aes256gcm_is_available() == 1;
    case Suite::kChaCha20Poly1305:
      return true;
  }
  return false;
}

Bytes ReferenceSeal(Suite suite, const Secret32& key, ByteView nonce, ByteView aad,
                    ByteView plaintext) {
  CHECK(ReferenceSupports(suite) && nonce.size() == kNonceBytes);
  const auto seal = suite == Suite::kAes256Gcm ? crypto_aead_aes256gcm_encrypt
                                               : crypto_aead_chacha20poly1305_ietf_encrypt;
  Bytes sealed(plaintext.size() + kTagBytes);
  CHECK(seal(sealed.data(), nullptr, plaintext.data(), plaintext.size(), aad.data(), aad.size(),
             nullptr, nonce.data(), key.view().data()) == 0);
  return sealed;
}

std::optional<Bytes> ReferenceOpen(Suite suite, const Secret32& key, ByteView nonce, ByteView aad,
                                   ByteView sealed) {
  CHECK(ReferenceSupports(suite) && nonce.size() == kNonceBytes);
  if (sealed.size() < kTagBytes) return std::nullopt;
  const auto open = suite == Suite::kAes256Gcm ? crypto_aead_aes256gcm_decrypt
                                               : crypto_aead_chacha20poly1305_ietf_decrypt;
  Bytes plaintext(sealed.size() - kTagBytes);
  if (open(plaintext.data(), nullptr, nullptr, sealed.data(), sealed.size(), aad.data(), aad.size(),
           nonce.data(), key.view().data()) != 0) {
    return std::nullopt;
  }
  return plaintext;
}

}  // namespace jvpn
