#include "wire/cookie_frame.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

Bytes Frame() {
  return EncodeCookieFrame({.handshake_index = 0xc1c2c3c4,
                            .nonce = Bytes(kCookieNonceBytes, 0x11),
                            .sealed = Bytes(kSealedCookieBytes, 0x22)});
}

TEST(CookieFrame, ReadsBackWhatItWrote) {
  const Bytes frame = Frame();
  ASSERT_EQ(frame.size(), 64U);
  EXPECT_EQ(frame[0], 3);
  const auto decoded = DecodeCookieFrame(frame);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->handshake_index, 0xc1c2c3c4U);
  EXPECT_EQ(Bytes(decoded->nonce.begin(), decoded->nonce.end()), Bytes(24, 0x11));
  EXPECT_EQ(Bytes(decoded->sealed.begin(), decoded->sealed.end()), Bytes(32, 0x22));
}

TEST(CookieFrame, HasOneLength) {
  Bytes frame = Frame();
  frame.resize(200);
  for (std::size_t size = 0; size <= frame.size(); ++size) {
    EXPECT_EQ(DecodeCookieFrame(ByteView(frame).first(size)).has_value(), size == 64) << size;
  }
}

TEST(CookieFrame, IsRefusedWhenTypeVersionOrReservedDiffer) {
  for (unsigned bit = 0; bit < 32; ++bit) {
    Bytes frame = Frame();
    frame[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    EXPECT_FALSE(DecodeCookieFrame(frame)) << bit;
  }
}

}  // namespace
}  // namespace jvpn
