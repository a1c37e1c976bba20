#include "crypto/secret.h"

#include <gtest/gtest.h>

#include <new>

#include "tests/unit/crypto/test_bytes.h"

namespace jvpn {
namespace {

Secret32 Some(std::uint64_t seed) {
  return Secret32(std::span<const std::uint8_t, 32>(SeededRandom(seed).Some(32)));
}

TEST(Secret, StartsAsZeros) { EXPECT_TRUE(Secret32{}.is_zero()); }

TEST(Secret, ComparesByItsBytes) {
  EXPECT_EQ(Some(1), Some(1));
  EXPECT_FALSE(Some(1) == Some(2));
  Secret32 changed = Some(1);
  changed.writable()[31] ^= 0x80;
  EXPECT_FALSE(changed == Some(1));
}

TEST(Secret, IsZeroOnceItIsWiped) {
  Secret32 secret = Some(1);
  EXPECT_FALSE(secret.is_zero());
  secret.Wipe();
  EXPECT_TRUE(secret.is_zero());
}

TEST(Secret, LeavesNothingBehindWhenItDies) {
  alignas(Secret32) std::array<std::uint8_t, sizeof(Secret32)> memory;
  auto* const secret = new (memory.data()) Secret32(Some(3));
  secret->~Secret32();
  // Read through volatile: the object is gone, its memory is ours.
  const volatile std::uint8_t* const rest = memory.data();
  for (std::size_t i = 0; i < memory.size(); ++i) EXPECT_EQ(rest[i], 0) << i;
}

}  // namespace
}  // namespace jvpn
