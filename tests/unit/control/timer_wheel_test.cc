#include "control/timer_wheel.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace jvpn {
namespace {

InstantMs At(std::int64_t ms) { return InstantMs(Millis(ms)); }

std::vector<std::uint64_t> Fire(TimerWheel& wheel, std::int64_t ms) {
  std::vector<std::uint64_t> fired;
  EXPECT_FALSE(wheel.Advance(At(ms), 1'000'000, fired));
  return fired;
}

TEST(TimerWheel, FiresAtTheDeadlineAndNotBefore) {
  TimerWheel wheel(At(1000));
  wheel.Set(At(1500), 7);
  EXPECT_TRUE(Fire(wheel, 1499).empty());
  EXPECT_EQ(Fire(wheel, 1500), std::vector<std::uint64_t>{7});
  EXPECT_TRUE(Fire(wheel, 9000).empty());
}

TEST(TimerWheel, ADeadlineThatHasPassedFiresAtOnce) {
  TimerWheel wheel(At(1000));
  wheel.Set(At(3), 7);
  EXPECT_EQ(wheel.NextDeadline(), At(1000));
  EXPECT_EQ(Fire(wheel, 1000), std::vector<std::uint64_t>{7});
}

TEST(TimerWheel, ACancelledTimerNeverFires) {
  TimerWheel wheel(At(0));
  const auto first = wheel.Set(At(10), 1);
  wheel.Set(At(10), 2);
  const auto third = wheel.Set(At(10), 3);
  wheel.Cancel(first);
  wheel.Cancel(third);
  EXPECT_EQ(Fire(wheel, 100), std::vector<std::uint64_t>{2});
  EXPECT_EQ(wheel.NextDeadline(), InstantMs::max());
}

TEST(TimerWheel, StopsAtTheLimitAndGoesOnWhereItStopped) {
  TimerWheel wheel(At(0));
  for (std::uint64_t i = 0; i < 10; ++i) wheel.Set(At(5), i);
  std::vector<std::uint64_t> fired;
  EXPECT_TRUE(wheel.Advance(At(6), 4, fired));
  EXPECT_EQ(wheel.NextDeadline(), At(5));
  EXPECT_TRUE(wheel.Advance(At(6), 4, fired));
  EXPECT_FALSE(wheel.Advance(At(6), 4, fired));
  EXPECT_EQ(fired.size(), 10U);
}

TEST(TimerWheel, AgreesWithASortedMapOverLongTimes) {
  std::mt19937_64 random(1);
  const std::int64_t start = 1'234'567'890;
  TimerWheel wheel(At(start));
  std::multimap<std::int64_t, std::uint64_t> model;
  std::map<std::uint64_t, TimerWheel::Handle> handles;
  std::int64_t now = start;
  std::uint64_t next_payload = 0;
  for (int step = 0; step < 20'000; ++step) {
    const int magnitude = static_cast<int>(random() % 36);
    const std::int64_t due = now + static_cast<std::int64_t>(random() % (1ULL << magnitude));
    switch (random() % 4) {
      case 0:
      case 1:
        handles[next_payload] = wheel.Set(At(due), next_payload);
        model.emplace(due, next_payload++);
        break;
      case 2:
        if (!model.empty()) {
          const auto victim =
              std::next(model.begin(), static_cast<std::ptrdiff_t>(random() % model.size() % 50));
          wheel.Cancel(handles[victim->second]);
          model.erase(victim);
        }
        break;
      default: {
        if (!model.empty()) {
          ASSERT_LE(wheel.NextDeadline(), At(std::max(now, model.begin()->first)));
        }
        now += static_cast<std::int64_t>(random() % (1ULL << (random() % 24)));
        std::vector<std::uint64_t> fired = Fire(wheel, now);
        std::vector<std::uint64_t> expected;
        while (!model.empty() && model.begin()->first <= now) {
          expected.push_back(model.begin()->second);
          model.erase(model.begin());
        }
        std::sort(fired.begin(), fired.end());
        std::sort(expected.begin(), expected.end());
        ASSERT_EQ(fired, expected) << "at step " << step;
      }
    }
  }
  EXPECT_GT(next_payload, 5'000U);
}

}  // namespace
}  // namespace jvpn
