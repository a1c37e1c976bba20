#include "crypto/mac1.h"

#include <string_view>

#include "base/byte_cursor.h"
#include "crypto/kdf.h"

namespace jvpn {

Mac1::Mac1(const PublicKey& receiver) {
  constexpr std::string_view kLabel = "jvpn mac1";
  std::array<std::uint8_t, kLabel.size() + sizeof(PublicKey)> message;
  ByteWriter writer(message);
  for (const char c : kLabel) writer.U8(static_cast<std::uint8_t>(c));
  writer.Copy(receiver);
  Blake2b(key_.writable(), {}, message);
}

void Mac1::Compute(ByteView input, std::span<std::uint8_t, 16> mac) const {
  Blake2b(mac, key_.view(), input);
}

bool Mac1::Verify(ByteView input, ByteView mac) const {
  std::array<std::uint8_t, 16> expected;
  if (mac.size() != expected.size()) return false;
  Compute(input, expected);
  return sodium_memcmp(expected.data(), mac.data(), expected.size()) == 0;
}

}  // namespace jvpn
