#include "crypto/mac1.h"

#include <array>

#include "crypto/kdf.h"

namespace jvpn {

Secret32 PublicLabelKey(std::string_view label, const PublicKey& of) {
  Bytes message(label.begin(), label.end());
  message.insert(message.end(), of.begin(), of.end());
  Secret32 key;
  Blake2b(key.writable(), {}, message);
  return key;
}

bool VerifyMac(ByteView key, ByteView input, ByteView mac) {
  std::array<std::uint8_t, 16> expected;
  if (mac.size() != expected.size()) return false;
  Blake2b(expected, key, input);
  return sodium_memcmp(expected.data(), mac.data(), expected.size()) == 0;
}

Mac1::Mac1(const PublicKey& receiver) : key_(PublicLabelKey("jvpn mac1", receiver)) {}

void Mac1::Compute(ByteView input, std::span<std::uint8_t, 16> mac) const {
  Blake2b(mac, key_.view(), input);
}

bool Mac1::Verify(ByteView input, ByteView mac) const { return VerifyMac(key_.view(), input, mac); }

}  // namespace jvpn
