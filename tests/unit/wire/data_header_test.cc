#include "wire/data_header.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

Bytes Frame() {
  Bytes frame(kDataOverheadBytes);
  EncodeDataHeader({.key_phase = 2, .flow = FlowIndex{0xa1a2a3a4}, .counter = 0xb1b2b3b4b5b6b7b8},
                   frame.data());
  return frame;
}

TEST(DataHeader, ReadsBackWhatItWrote) {
  const Bytes frame = Frame();
  EXPECT_EQ(
      Bytes(frame.begin(), frame.begin() + 16),
      (Bytes{4, 2, 0, 0, 0xa1, 0xa2, 0xa3, 0xa4, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8}));
  const auto header = DecodeDataHeader(frame);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->key_phase, 2);
  EXPECT_EQ(header->flow, FlowIndex{0xa1a2a3a4});
  EXPECT_EQ(header->counter, 0xb1b2b3b4b5b6b7b8U);
}

TEST(DataHeader, KeepsTheEpochModuloFour) {
  Bytes frame(kDataOverheadBytes);
  EncodeDataHeader({.key_phase = 7, .flow = {}, .counter = 0}, frame.data());
  EXPECT_EQ(DecodeDataHeader(frame)->key_phase, 3);
}

TEST(DataHeader, IsRefusedWhenTheFrameIsShorterThanHeaderAndTag) {
  const Bytes frame = Frame();
  for (std::size_t size = 0; size < kDataOverheadBytes; ++size) {
    EXPECT_FALSE(DecodeDataHeader(ByteView(frame).first(size))) << size;
  }
}

TEST(DataHeader, IsRefusedWhenTypeOrReservedBitsDiffer) {
  for (unsigned bit = 0; bit < 32; ++bit) {
    if (bit == 8 || bit == 9) continue;  // the key phase
    Bytes frame = Frame();
    frame[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    EXPECT_FALSE(DecodeDataHeader(frame)) << bit;
  }
}

TEST(Nonce, IsTransportThenCounter) {
  std::uint8_t nonce[kNonceBytes];
  EncodeNonce(TransportId{0x01020304}, 0x1112131415161718, nonce);
  EXPECT_EQ(Bytes(nonce, nonce + kNonceBytes),
            (Bytes{1, 2, 3, 4, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18}));
}

}  // namespace
}  // namespace jvpn
