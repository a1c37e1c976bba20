#include "crypto/kdf.h"

#include <gtest/gtest.h>

#include "tests/unit/crypto/test_bytes.h"

namespace jvpn {
namespace {

Secret32 Filled(std::uint8_t with) {
  Secret32 secret;
  const auto bytes = secret.writable();
  std::fill(bytes.begin(), bytes.end(), with);
  return secret;
}

Bytes Concat(std::string_view label, std::initializer_list<ByteView> parts) {
  Bytes out(label.begin(), label.end());
  for (const ByteView part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

Secret32 Keyed(const Secret32& key, ByteView message) {
  Secret32 out;
  Blake2b(out.writable(), key.view(), message);
  return out;
}

// RFC 7693 appendix A.
TEST(Blake2b, GivesTheVectorOfRfc7693) {
  Bytes out(64);
  Blake2b(out, {}, FromHex("616263"));
  EXPECT_EQ(out, FromHex("ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                         "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"));
}

// The first and second keyed vectors of the BLAKE2 reference suite (blake2-kat).
TEST(Blake2b, GivesTheKeyedVectorsOfTheReferenceSuite) {
  Bytes key(64);
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  Bytes out(64);
  Blake2b(out, key, {});
  EXPECT_EQ(out, FromHex("10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786"
                         "b5e996e8f0f4eb981fc214b005f42d2ff4233499391653df7aefcbc13fc51568"));
  Blake2b(out, key, FromHex("00"));
  EXPECT_EQ(out, FromHex("961f6dd1e4dd30f63901690c512e78e4b45e4742ed197c3c5e45c549fd25f2e4"
                         "187b0bc9fe30492b16b0d0bc4ef9b0f34c7003fac09a5ef1532e69430234cebd"));
}

TEST(Kdf, DerivesTheKeysThatTheProtocolTextDefines) {
  const Secret32 k1 = Filled(1), k2 = Filled(2);
  const Bytes hash(64, 3);
  const Secret32 root = DeriveRoot(k1, k2, hash);
  EXPECT_EQ(root, Keyed(k1, Concat("jvpn root", {k2.view(), hash})));
  const std::uint8_t to_client[] = {1};
  EXPECT_EQ(DeriveControlKey(root, Direction::kToClient),
            Keyed(root, Concat("jvpn control", {to_client})));
  const std::uint8_t traffic[] = {0, 3, 1, 2, 3, 4};
  EXPECT_EQ(
      DeriveTrafficKey(root, Direction::kToGateway, Suite::kChaCha20Poly1305, KeyEpoch{0x01020304}),
      Keyed(root, Concat("jvpn traffic", {traffic})));
}

TEST(Kdf, GivesAnotherKeyForEveryUse) {
  const Secret32 root = Filled(7);
  std::vector<Secret32> keys = {root};
  for (const Direction direction : {Direction::kToGateway, Direction::kToClient}) {
    keys.push_back(DeriveControlKey(root, direction));
    for (const Suite suite : {Suite::kAes128Gcm, Suite::kAes256Gcm, Suite::kChaCha20Poly1305}) {
      for (std::uint32_t epoch = 1; epoch < 4; ++epoch) {
        keys.push_back(DeriveTrafficKey(root, direction, suite, KeyEpoch{epoch}));
      }
    }
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(keys[i] == keys[j]) << i << " " << j;
  }
}

}  // namespace
}  // namespace jvpn
