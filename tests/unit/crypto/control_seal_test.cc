#include "crypto/control_seal.h"

#include <gtest/gtest.h>

#include "tests/unit/crypto/test_bytes.h"

namespace jvpn {
namespace {

const Bytes kHeader = {5, 1, 0, 0, 1, 2, 3, 4};

TEST(ControlSeal, OpensWhatItSealed) {
  SeededRandom random(1);
  Secret32 key;
  random.Fill(key.writable());
  for (const std::size_t size : {std::size_t{0}, std::size_t{12}, std::size_t{48}}) {
    const Bytes message = random.Some(size);
    const Bytes frame = SealControl(key, kHeader, message, random);
    EXPECT_EQ(frame.size(), 8 + 24 + size + 16);
    EXPECT_TRUE(std::equal(kHeader.begin(), kHeader.end(), frame.begin()));
    EXPECT_EQ(OpenControl(key, frame), message);
  }
}

TEST(ControlSeal, TakesAFreshNonceForEveryFrame) {
  SeededRandom random(2);
  const Bytes first = SealControl(Secret32{}, kHeader, Bytes(12), random);
  const Bytes second = SealControl(Secret32{}, kHeader, Bytes(12), random);
  EXPECT_NE(Bytes(first.begin() + 8, first.begin() + 32),
            Bytes(second.begin() + 8, second.begin() + 32));
}

TEST(ControlSeal, RefusesAFrameWithAnyBitFlippedOrCutAndAnotherKey) {
  SeededRandom random(3);
  Secret32 key;
  random.Fill(key.writable());
  const Bytes frame = SealControl(key, kHeader, random.Some(48), random);
  for (unsigned bit = 0; bit < frame.size() * 8; ++bit) {
    Bytes changed = frame;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    EXPECT_FALSE(OpenControl(key, changed)) << bit;
  }
  for (std::size_t size = 0; size < frame.size(); ++size) {
    EXPECT_FALSE(OpenControl(key, ByteView(frame).first(size))) << size;
  }
  EXPECT_FALSE(OpenControl(Secret32{}, frame));
}

TEST(ControlSeal, DependsOnNothingButItsArguments) {
  SeededRandom one(4), other(4);
  EXPECT_EQ(SealControl(Secret32{}, kHeader, Bytes(28), one),
            SealControl(Secret32{}, kHeader, Bytes(28), other));
}

}  // namespace
}  // namespace jvpn
