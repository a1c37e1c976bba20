#include "store/record_seal.h"

#include <algorithm>
#include <string_view>

#include "base/byte_cursor.h"
#include "base/check.h"
#include "crypto/kdf.h"

namespace jvpn {
namespace {

constexpr std::size_t kHeadBytes = 16;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kOverheadBytes = kHeadBytes + kNonceBytes + kTagBytes;

using Associated = std::array<std::uint8_t, kHeadBytes + 16>;

Associated AssociatedData(ByteView head, const SessionId& key) {
  Associated data;
  std::copy(head.begin(), head.end(), data.begin());
  std::copy(key.bytes.begin(), key.bytes.end(), data.begin() + kHeadBytes);
  return data;
}

RecordHead Hint(std::uint8_t state, std::uint32_t version) {
  const bool stored = state > static_cast<std::uint8_t>(State::kBirth) &&
                      state < static_cast<std::uint8_t>(State::kTerminated);
  return stored ? RecordHead{static_cast<State>(state), version} : RecordHead{};
}

}  // namespace

RecordSeal::RecordSeal(const Secret32& node_key) : key_(node_key) {
  constexpr std::string_view kLabel = "jvpn node key id";
  std::array<std::uint8_t, 16> id;
  Blake2b(id, node_key.view(),
          {reinterpret_cast<const std::uint8_t*>(kLabel.data()), kLabel.size()});
  std::copy_n(id.begin(), key_id_.size(), key_id_.begin());
}

Bytes RecordSeal::Seal(const SessionId& key, const RecordHead& head, ByteView plaintext,
                       Random& random) const {
  Bytes sealed(kOverheadBytes + plaintext.size());
  ByteWriter writer(sealed);
  writer.U8(kFormat);
  writer.U8(static_cast<std::uint8_t>(head.state));
  writer.Zeros(2);
  writer.U32(head.state_version);
  writer.Copy(key_id_);
  const MutableBytes nonce = MutableBytes(sealed).subspan(kHeadBytes, kNonceBytes);
  random.Fill(nonce);
  const Associated data = AssociatedData(ByteView(sealed).first(kHeadBytes), key);
  CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(
            sealed.data() + kHeadBytes + kNonceBytes, nullptr, plaintext.data(), plaintext.size(),
            data.data(), data.size(), nullptr, nonce.data(), key_.view().data()) == 0);
  return sealed;
}

RecordSeal::Opened RecordSeal::Open(const SessionId& key, ByteView sealed) const {
  Opened opened;
  ByteReader reader(sealed);
  const std::uint8_t format = reader.U8();
  const std::uint8_t state = reader.U8();
  reader.Take(2);
  opened.head = Hint(state, reader.U32());
  const auto key_id = reader.Array<8>();
  if (sealed.size() < kOverheadBytes || format != kFormat) return opened;
  if (key_id != key_id_) {
    opened.fault = Reason::kKeyMaterialLost;
    return opened;
  }
  const Associated data = AssociatedData(sealed.first(kHeadBytes), key);
  const ByteView body = sealed.subspan(kHeadBytes + kNonceBytes);
  Bytes plaintext(sealed.size() - kOverheadBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          plaintext.data(), nullptr, nullptr, body.data(), body.size(), data.data(), data.size(),
          sealed.data() + kHeadBytes, key_.view().data()) == 0) {
    opened.plaintext = std::move(plaintext);
  }
  return opened;
}

}  // namespace jvpn
