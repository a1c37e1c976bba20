#include "crypto/control_seal.h"

#include "base/check.h"

namespace jvpn {
namespace {

constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kOverheadBytes = kHeaderBytes + kNonceBytes + kTagBytes;

}  // namespace

Bytes SealControl(const Secret32& key, ByteView header, ByteView message, Random& random) {
  CHECK(header.size() == kHeaderBytes);
  Bytes frame(kOverheadBytes + message.size());
  std::copy(header.begin(), header.end(), frame.begin());
  const MutableBytes nonce = MutableBytes(frame).subspan(kHeaderBytes, kNonceBytes);
  random.Fill(nonce);
  CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(
            frame.data() + kHeaderBytes + kNonceBytes, nullptr, message.data(), message.size(),
            header.data(), header.size(), nullptr, nonce.data(), key.view().data()) == 0);
  return frame;
}

std::optional<Bytes> OpenControl(const Secret32& key, ByteView frame) {
  if (frame.size() < kOverheadBytes) return std::nullopt;
  const ByteView header = frame.first(kHeaderBytes);
  const ByteView nonce = frame.subspan(kHeaderBytes, kNonceBytes);
  const ByteView sealed = frame.subspan(kHeaderBytes + kNonceBytes);
  Bytes message(frame.size() - kOverheadBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(message.data(), nullptr, nullptr, sealed.data(),
                                                 sealed.size(), header.data(), header.size(),
                                                 nonce.data(), key.view().data()) != 0) {
    return std::nullopt;
  }
  return message;
}

}  // namespace jvpn
