#include "crypto/kdf.h"

#include "base/byte_cursor.h"
#include "base/check.h"

namespace jvpn {
namespace {

ByteView AsBytes(std::string_view label) {
  return {reinterpret_cast<const std::uint8_t*>(label.data()), label.size()};
}

Secret32 Derive(const Secret32& key, ByteView message) {
  Secret32 out;
  Blake2b(out.writable(), key.view(), message);
  return out;
}

}  // namespace

void Blake2b(MutableBytes out, ByteView key, ByteView message) {
  CHECK(out.size() >= 16 && out.size() <= 64 && key.size() <= 64);
  CHECK(crypto_generichash_blake2b(out.data(), out.size(), message.data(), message.size(),
                                   key.data(), key.size()) == 0);
}

Secret32 DeriveRoot(const Secret32& k1, const Secret32& k2, ByteView handshake_hash) {
  constexpr std::string_view kLabel = "jvpn root";
  CHECK(handshake_hash.size() == 64);
  Secret<kLabel.size() + 32 + 64> message;  // holds k2
  ByteWriter writer(message.writable());
  writer.Copy(AsBytes(kLabel));
  writer.Copy(k2.view());
  writer.Copy(handshake_hash);
  return Derive(k1, message.view());
}

Secret32 DeriveControlKey(const Secret32& root, Direction direction) {
  constexpr std::string_view kLabel = "jvpn control";
  std::array<std::uint8_t, kLabel.size() + 1> message;
  ByteWriter writer(message);
  writer.Copy(AsBytes(kLabel));
  writer.U8(static_cast<std::uint8_t>(direction));
  return Derive(root, message);
}

Secret32 DeriveEpochSecret(const Secret32& root, KeyEpoch epoch, const EpochMix& mix) {
  constexpr std::string_view kLabel = "jvpn epoch";
  std::array<std::uint8_t, kLabel.size() + 4 + 16 + 16 + 8> message;
  ByteWriter writer(message);
  writer.Copy(AsBytes(kLabel));
  writer.U32(Value(epoch));
  writer.Copy(mix.client);
  writer.Copy(mix.gateway);
  writer.U64(mix.boot_epoch);
  return Derive(root, message);
}

Secret32 DeriveTrafficKey(const Secret32& secret, Direction direction, Suite suite,
                          KeyEpoch epoch) {
  constexpr std::string_view kLabel = "jvpn traffic";
  std::array<std::uint8_t, kLabel.size() + 6> message;
  ByteWriter writer(message);
  writer.Copy(AsBytes(kLabel));
  writer.U8(static_cast<std::uint8_t>(direction));
  writer.U8(static_cast<std::uint8_t>(suite));
  writer.U32(Value(epoch));
  return Derive(secret, message);
}

}  // namespace jvpn
