#include "crypto/cookie.h"

#include <gtest/gtest.h>

#include "crypto/kdf.h"
#include "tests/unit/crypto/test_bytes.h"

namespace jvpn {
namespace {

PublicKey Gateway() {
  PublicKey key;
  key.fill(9);
  return key;
}

Cookie SomeCookie() {
  Cookie cookie;
  std::fill(cookie.writable().begin(), cookie.writable().end(), std::uint8_t{0x5c});
  return cookie;
}

TEST(Cookie, IsSealedAsTheProtocolTextSays) {
  SeededRandom random(1);
  const Bytes mac1 = random.Some(16);
  const CookieSeal::Sealed sealed = CookieSeal(Gateway()).Seal(SomeCookie(), mac1, random);
  const std::string_view label = "jvpn cookie";
  Bytes labelled(label.begin(), label.end());
  labelled.insert(labelled.end(), 32, 9);
  Bytes key(32), opened(16);
  Blake2b(key, {}, labelled);
  ASSERT_EQ(crypto_aead_xchacha20poly1305_ietf_decrypt(
                opened.data(), nullptr, nullptr, sealed.bytes.data(), sealed.bytes.size(),
                mac1.data(), mac1.size(), sealed.nonce.data(), key.data()),
            0);
  EXPECT_EQ(opened, Bytes(16, 0x5c));
}

TEST(Cookie, OpensForItsInitAndGatewayOnly) {
  SeededRandom random(2);
  const Bytes mac1 = random.Some(16);
  const CookieSeal seal(Gateway());
  const CookieSeal::Sealed sealed = seal.Seal(SomeCookie(), mac1, random);
  EXPECT_EQ(seal.Open(sealed.nonce, sealed.bytes, mac1), SomeCookie());
  EXPECT_FALSE(CookieSeal(PublicKey{}).Open(sealed.nonce, sealed.bytes, mac1));
  const auto flipped = [](ByteView from, unsigned bit) {
    Bytes bytes(from.begin(), from.end());
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    return bytes;
  };
  for (unsigned bit = 0; bit < 128; ++bit) {
    EXPECT_FALSE(seal.Open(sealed.nonce, sealed.bytes, flipped(mac1, bit))) << bit;
  }
  for (unsigned bit = 0; bit < 192; ++bit) {
    EXPECT_FALSE(seal.Open(flipped(sealed.nonce, bit), sealed.bytes, mac1)) << bit;
  }
  for (unsigned bit = 0; bit < 256; ++bit) {
    EXPECT_FALSE(seal.Open(sealed.nonce, flipped(sealed.bytes, bit), mac1)) << bit;
  }
}

TEST(Mac2, VerifiesItsOwnAndNothingElse) {
  const Bytes input = SeededRandom(3).Some(384);
  std::array<std::uint8_t, 16> mac;
  ComputeMac2(SomeCookie(), input, mac);
  EXPECT_TRUE(VerifyMac2(SomeCookie(), input, mac));
  EXPECT_FALSE(VerifyMac2(Cookie(), input, mac));
  EXPECT_FALSE(VerifyMac2(SomeCookie(), ByteView(input).first(383), mac));
  EXPECT_FALSE(VerifyMac2(SomeCookie(), input, ByteView(mac).first(15)));
  EXPECT_FALSE(VerifyMac2(SomeCookie(), input, Bytes(16)));
  for (unsigned bit = 0; bit < 128; ++bit) {
    auto changed = mac;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    EXPECT_FALSE(VerifyMac2(SomeCookie(), input, changed)) << bit;
  }
}

}  // namespace
}  // namespace jvpn
