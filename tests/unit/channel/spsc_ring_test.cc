#include "channel/spsc_ring.h"

#include <gtest/gtest.h>

#include <thread>

#include "crypto/secret.h"

namespace jvpn {
namespace {

TEST(SpscRing, GivesValuesBackInOrder) {
  SpscRing<int, 4> ring;
  int value = 0;
  EXPECT_FALSE(ring.TryPop(value));
  for (int i = 1; i <= 3; ++i) EXPECT_TRUE(ring.TryPush(i));
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(ring.TryPop(value));
    EXPECT_EQ(value, i);
  }
  EXPECT_FALSE(ring.TryPop(value));
}

TEST(SpscRing, RefusesWhenFullAndLosesNothing) {
  SpscRing<int, 4> ring;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.TryPush(i));
  EXPECT_FALSE(ring.TryPush(99));
  int value = -1;
  ASSERT_TRUE(ring.TryPop(value));
  EXPECT_EQ(value, 0);
  EXPECT_TRUE(ring.TryPush(4));
  EXPECT_FALSE(ring.TryPush(99));
  for (int i = 1; i <= 4; ++i) {
    ASSERT_TRUE(ring.TryPop(value));
    EXPECT_EQ(value, i);
  }
}

TEST(SpscRing, WorksWithASingleSlot) {
  SpscRing<int, 1> ring;
  int value = 0;
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(ring.TryPush(i));
    EXPECT_FALSE(ring.TryPush(i));
    ASSERT_TRUE(ring.TryPop(value));
    EXPECT_EQ(value, i);
    EXPECT_FALSE(ring.TryPop(value));
  }
}

struct Keys {
  std::uint64_t number = 0;
  Secret32 key;
  static inline const std::uint8_t* last_slot_assigned = nullptr;
  Keys() = default;
  Keys(const Keys&) = default;
  Keys& operator=(const Keys& from) {
    number = from.number;
    key = from.key;
    last_slot_assigned = key.view().data();
    return *this;
  }
};

TEST(SpscRing, ForgetsTheKeysThatTheConsumerTook) {
  SpscRing<Keys, 4> ring;
  Keys pushed;
  pushed.key.writable()[0] = 7;
  ASSERT_TRUE(ring.TryPush(pushed));
  const std::uint8_t* const slot = Keys::last_slot_assigned;
  ASSERT_EQ(slot[0], 7);
  Keys taken;
  ASSERT_TRUE(ring.TryPop(taken));
  EXPECT_EQ(taken.key.view()[0], 7);
  EXPECT_EQ(slot[0], 0);
}

// A value whose parts must belong together, longer than a cache line.
struct Wide {
  std::array<std::uint64_t, 12> words{};
  static Wide Of(std::uint64_t n) {
    Wide wide;
    for (std::size_t i = 0; i < wide.words.size(); ++i) wide.words[i] = n * 31 + i;
    return wide;
  }
  friend bool operator==(const Wide&, const Wide&) = default;
};

TEST(SpscRing, HandsEveryValueFromOneThreadToAnotherInOrderAndWhole) {
  constexpr std::uint64_t kValues = 200'000;
  SpscRing<Wide, 64> ring;
  std::thread producer([&ring] {
    for (std::uint64_t n = 0; n < kValues;) {
      if (ring.TryPush(Wide::Of(n))) {
        ++n;
      } else {
        std::this_thread::yield();
      }
    }
  });
  std::uint64_t broken = 0;
  for (std::uint64_t n = 0; n < kValues;) {
    Wide value;
    if (ring.TryPop(value)) {
      broken += value == Wide::Of(n) ? 0 : 1;
      ++n;
    } else {
      std::this_thread::yield();
    }
  }
  producer.join();
  EXPECT_EQ(broken, 0U);
  Wide value;
  EXPECT_FALSE(ring.TryPop(value));
}

}  // namespace
}  // namespace jvpn
