#include "crypto/mac1.h"

#include <gtest/gtest.h>

#include "crypto/kdf.h"
#include "tests/unit/crypto/test_bytes.h"

namespace jvpn {
namespace {

PublicKey Receiver() {
  PublicKey key;
  key.fill(9);
  return key;
}

TEST(Mac1, IsTheKeyedHashThatTheProtocolTextDefines) {
  const std::string_view label = "jvpn mac1";
  Bytes labelled(label.begin(), label.end());
  labelled.insert(labelled.end(), 32, 9);
  Bytes key(32), expected(16);
  Blake2b(key, {}, labelled);
  const Bytes input = SeededRandom(1).Some(368);
  Blake2b(expected, key, input);
  std::array<std::uint8_t, 16> mac;
  Mac1(Receiver()).Compute(input, mac);
  EXPECT_EQ(Bytes(mac.begin(), mac.end()), expected);
}

TEST(Mac1, VerifiesItsOwnAndNothingElse) {
  const Mac1 mac1(Receiver());
  const Bytes input = SeededRandom(2).Some(100);
  std::array<std::uint8_t, 16> mac;
  mac1.Compute(input, mac);
  EXPECT_TRUE(mac1.Verify(input, mac));
  EXPECT_FALSE(mac1.Verify(ByteView(input).first(99), mac));
  EXPECT_FALSE(mac1.Verify(input, ByteView(mac).first(15)));
  EXPECT_FALSE(mac1.Verify(input, {}));
  EXPECT_FALSE(Mac1(PublicKey{}).Verify(input, mac));
  for (unsigned bit = 0; bit < 128; ++bit) {
    auto changed = mac;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    EXPECT_FALSE(mac1.Verify(input, changed)) << bit;
  }
}

}  // namespace
}  // namespace jvpn
