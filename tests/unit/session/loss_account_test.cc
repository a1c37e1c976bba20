#include "session/loss_account.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace jvpn {
namespace {

constexpr LossLimits kLimits{.window = Millis{2'000}, .min_samples = 10, .threshold_permille = 200};
constexpr Millis kSettle{20};

InstantMs At(std::int64_t ms) { return InstantMs{Millis{ms}}; }

class LossAccountTest : public ::testing::Test {
 protected:
  // Frames from `from` to below `to` arrive.
  void Arrive(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i < to; ++i) ASSERT_TRUE(window.Accept(i));
  }
  void Report(std::int64_t ms, std::uint64_t sent) {
    account.OnReport(At(ms), sent, window, kSettle, kLimits);
  }
  void Settle(std::int64_t ms) { account.Settle(At(ms), window, kLimits); }
  LossStanding Standing(std::int64_t ms) const { return account.Standing(At(ms), kLimits); }

  ReplayWindow window;
  LossAccount account;
};

TEST_F(LossAccountTest, JudgesAtOnceWhereNothingIsMissing) {
  Arrive(0, 100);
  Report(10'000, 100);
  EXPECT_FALSE(account.settle_at());
  EXPECT_EQ(account.sums(), (ReceiveSums{100, 100}));
  EXPECT_EQ(Standing(10'000).verdict, Verdict::kUnknown) << "nothing is known of our own frames";
  account.OnSums(At(10'000), {.judged = 10, .arrived = 10}, 10, kLimits);
  EXPECT_EQ(Standing(10'000).verdict, Verdict::kOk);
}

TEST_F(LossAccountTest, CountsAsLostWhatHasNotComeWhenTheReportHasSettled) {
  Arrive(0, 79);
  Report(10'000, 100);
  EXPECT_EQ(account.settle_at(), At(10'020));
  Settle(10'019);
  EXPECT_EQ(account.sums(), ReceiveSums{});
  Settle(10'020);
  EXPECT_EQ(account.sums(), (ReceiveSums{100, 79}));
  EXPECT_EQ(Standing(10'020).verdict, Verdict::kLossy);
  EXPECT_EQ(Standing(10'020).worse, (LossCount{100, 21}));
  EXPECT_TRUE(Standing(10'020).gap);
}

// S10, variant
TEST_F(LossAccountTest, TakesReorderingForNoLoss) {
  for (std::uint64_t i = 0; i < 100; ++i) {
    if (i % 3 != 0) {
      ASSERT_TRUE(window.Accept(i));
    }
  }
  Report(10'000, 100);
  for (std::uint64_t i = 0; i < 100; i += 3) ASSERT_TRUE(window.Accept(i));  // 15 ms later
  Arrive(100, 110);
  Settle(10'020);
  EXPECT_EQ(account.sums(), (ReceiveSums{100, 100}));
}

TEST_F(LossAccountTest, ALaterArrivalStaysLost) {
  Arrive(1, 100);
  Report(10'000, 100);
  Settle(10'020);
  EXPECT_EQ(account.sums(), (ReceiveSums{100, 99}));
  ASSERT_TRUE(window.Accept(0));
  Arrive(100, 119);  // and 119 is lost
  Report(10'200, 120);
  Settle(10'220);
  EXPECT_EQ(account.sums(), (ReceiveSums{120, 118}));
}

TEST_F(LossAccountTest, JudgesWhatTheWindowHasForgotten) {
  Arrive(0, 10);
  Report(10'000, 20);
  Arrive(20, 2'000);
  Settle(10'020);
  EXPECT_EQ(account.sums().judged - account.sums().arrived, 10U);
  EXPECT_EQ(account.sums().judged, window.first_kept());
}

TEST_F(LossAccountTest, ANumberThatOnlyAReportKnowsOfIsLostToo) {
  Arrive(0, 10);
  Report(10'000, 15);  // said on another transport: nothing came after 9
  Settle(10'020);
  EXPECT_EQ(account.sums(), (ReceiveSums{15, 10}));
}

TEST_F(LossAccountTest, SilenceIsNoLossUntilSomethingComes) {
  Arrive(0, 10);
  Report(10'000, 10);
  Report(11'000, 50);  // said on another transport
  EXPECT_FALSE(account.settle_at());
  ASSERT_TRUE(window.Accept(99));
  Report(12'000, 100);
  Settle(12'020);
  EXPECT_EQ(account.sums(), (ReceiveSums{100, 11}));
}

TEST_F(LossAccountTest, AReportCoversThoseThatCameWhileOneSettled) {
  Arrive(0, 9);
  Report(10'000, 10);
  Arrive(11, 20);
  Report(10'010, 20);
  Settle(10'020);
  EXPECT_EQ(account.sums(), (ReceiveSums{10, 9}));
  Arrive(20, 30);
  Report(10'030, 30);
  Settle(10'050);
  EXPECT_EQ(account.sums(), (ReceiveSums{30, 28}));
}

TEST_F(LossAccountTest, NothingLostBeforeARestartCounts) {
  Arrive(0, 10);
  Report(10'000, 12);
  ASSERT_TRUE(window.Accept(500));
  account.Restart(window);
  Settle(10'020);
  Report(10'030, 501);
  EXPECT_FALSE(account.settle_at());
  EXPECT_EQ(Standing(10'030), LossStanding{});
  Arrive(501, 511);
  Report(10'040, 511);
  EXPECT_EQ(account.sums(), (ReceiveSums{10, 10})) << "nor is it said to have arrived";
}

TEST_F(LossAccountTest, TheWorseDirectionDecides) {
  Arrive(0, 100);
  Report(10'000, 100);
  account.OnSums(At(10'000), {.judged = 100, .arrived = 60}, 100, kLimits);
  EXPECT_EQ(Standing(10'000).verdict, Verdict::kLossy);
  EXPECT_EQ(Standing(10'000).worse, (LossCount{100, 40}));
}

TEST_F(LossAccountTest, IgnoresSumsThatAreOldOrCannotBe) {
  account.OnSums(At(10'000), {.judged = 50, .arrived = 50}, 100, kLimits);
  account.OnSums(At(10'000), {.judged = 40, .arrived = 30}, 100, kLimits);   // late
  account.OnSums(At(10'000), {.judged = 101, .arrived = 90}, 100, kLimits);  // never sent
  account.OnSums(At(10'000), {.judged = 60, .arrived = 61}, 100, kLimits);
  account.OnSums(At(10'000), {.judged = 60, .arrived = 49}, 100, kLimits);
  EXPECT_EQ(account.reported(), (ReceiveSums{50, 50}));
  EXPECT_FALSE(Standing(10'000).gap);
}

TEST(LossAccount, WaitsTwiceTheJitterAndAtLeast20Ms) {
  EXPECT_EQ(SettleDelay(0), Millis{20});
  EXPECT_EQ(SettleDelay(10'000), Millis{20});
  EXPECT_EQ(SettleDelay(10'001), Millis{21});
  EXPECT_EQ(SettleDelay(150'000), Millis{300});
}

// Against the definition, number by number: a frame is lost when it has not come by the time the
// first report that covers it has settled.
TEST(LossAccount, AgreesWithAListOfArrivals) {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    ReplayWindow window;
    LossAccount account;
    std::multimap<std::int64_t, std::uint64_t> flights;
    std::set<std::uint64_t> arrived;
    std::uint64_t sent = 0;
    std::uint64_t judged = 0;
    std::uint64_t in_time = 0;
    std::uint64_t pending = 0;
    std::size_t heard = 0;
    std::int64_t due = 0;
    const auto settle = [&](std::int64_t ms) {
      if (pending == 0 || ms < due) return;
      for (; judged < pending; ++judged) in_time += arrived.count(judged);
      pending = 0;
      heard = arrived.size();
    };
    for (std::int64_t ms = 1'000; ms < 3'000; ++ms) {
      settle(ms);
      account.Settle(At(ms), window, kLimits);
      ASSERT_EQ(account.sums(), (ReceiveSums{judged, in_time})) << "seed " << seed << " at " << ms;
      if (random() % 4 == 0) {
        const std::int64_t late = random() % 5 == 0 ? random() % 60 : 0;
        if (random() % 10 != 0) flights.emplace(ms + late, sent);
        ++sent;
      }
      for (; !flights.empty() && flights.begin()->first <= ms; flights.erase(flights.begin())) {
        arrived.insert(flights.begin()->second);
        ASSERT_TRUE(window.Accept(flights.begin()->second));
      }
      if (random() % 30 != 0 || pending != 0 || sent <= judged) continue;
      if (arrived.size() == heard) continue;  // silence
      account.OnReport(At(ms), sent, window, kSettle, kLimits);
      pending = sent;
      due = ms + 20;
      bool whole = true;
      for (std::uint64_t i = judged; i < sent; ++i) whole &= arrived.contains(i);
      if (whole) due = ms;
      settle(ms);
    }
  }
}

}  // namespace
}  // namespace jvpn
