#include "session/verdict.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace jvpn {
namespace {

constexpr Millis kWindow{2'000};
constexpr LossLimits kLimits{.window = kWindow, .min_samples = 10, .threshold_permille = 200};

InstantMs At(std::int64_t ms) { return InstantMs{Millis{ms}}; }

// S10
TEST(Verdict, IsLossyAboveTheThresholdAndNotAtIt) {
  EXPECT_EQ(JudgeLoss({.sent = 100, .lost = 20}, kLimits), Verdict::kOk);
  EXPECT_EQ(JudgeLoss({.sent = 100, .lost = 21}, kLimits), Verdict::kLossy);
  EXPECT_EQ((LossCount{.sent = 100, .lost = 21}).permille(), 210U);
}

TEST(Verdict, IsUnknownBelowTheSampleMinimum) {
  EXPECT_EQ(JudgeLoss({.sent = 2, .lost = 1}, kLimits), Verdict::kUnknown);  // N10
  EXPECT_EQ(JudgeLoss({.sent = 9, .lost = 9}, kLimits), Verdict::kUnknown);
  EXPECT_EQ(JudgeLoss({.sent = 10, .lost = 9}, kLimits), Verdict::kLossy);
}

TEST(LossWindow, ForgetsWhatIsOlderThanTheWindow) {
  LossWindow window;
  window.Add(At(10'000), kWindow, {.sent = 100, .lost = 50});
  EXPECT_EQ(window.Sum(At(11'999), kWindow), (LossCount{100, 50}));
  EXPECT_EQ(window.Sum(At(12'000), kWindow), LossCount{});
}

TEST(LossWindow, BeginsAnewWhenItsLengthChanges) {
  LossWindow window;
  window.Add(At(10'000), Millis{500}, {.sent = 100, .lost = 50});
  window.Add(At(10'000), kWindow, {.sent = 10, .lost = 1});
  EXPECT_EQ(window.Sum(At(10'000), kWindow), (LossCount{10, 1}));
}

TEST(LossWindow, AgreesWithAListOfReports) {
  std::mt19937 random(7);
  for (const int window_ms : {80, 500, 2'000, 2'001}) {
    LossWindow window;
    struct Report {
      std::int64_t bucket;
      LossCount count;
    };
    std::deque<Report> reports;
    std::int64_t ms = 0;
    for (int i = 0; i < 20'000; ++i) {
      ms += static_cast<std::int64_t>(random() % 200);
      const auto sent = static_cast<std::uint32_t>(random() % 50);
      const LossCount count{.sent = sent,
                            .lost = static_cast<std::uint32_t>(random() % (sent + 1))};
      window.Add(At(ms), Millis{window_ms}, count);
      reports.push_back({8 * ms / window_ms, count});
      const std::int64_t later = ms + static_cast<std::int64_t>(random() % 100);
      LossCount all;
      while (reports.front().bucket <= 8 * ms / window_ms - 8) reports.pop_front();
      for (const Report& report : reports) {
        if (report.bucket <= 8 * later / window_ms - 8) continue;
        all.sent += report.count.sent;
        all.lost += report.count.lost;
      }
      ASSERT_EQ(window.Sum(At(later), Millis{window_ms}), all);
    }
  }
}

}  // namespace
}  // namespace jvpn
