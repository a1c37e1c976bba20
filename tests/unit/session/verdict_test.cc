#include "session/verdict.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace jvpn {
namespace {

InstantMs At(std::int64_t ms) { return InstantMs{Millis{ms}}; }

TEST(LossWindow, IsLossyAboveTheThresholdAndNotAtIt) {
  LossWindow window(Millis{2'000});
  window.Add(At(10'000), 100, 20);
  EXPECT_EQ(window.Judge(At(10'000), 10, 200), Verdict::kOk);
  window.Add(At(10'000), 0, 0);
  LossWindow worse(Millis{2'000});
  worse.Add(At(10'000), 100, 21);
  EXPECT_EQ(worse.Judge(At(10'000), 10, 200), Verdict::kLossy);
  EXPECT_EQ(worse.loss_permille(), 210U);
}

TEST(LossWindow, JudgesNothingBelowTheSampleMinimum) {
  LossWindow window(Millis{2'000});
  window.Add(At(10'000), 9, 9);
  EXPECT_EQ(window.Judge(At(10'000), 10, 200), Verdict::kUnknown);  // N10
  window.Add(At(10'001), 1, 0);
  EXPECT_EQ(window.Judge(At(10'001), 10, 200), Verdict::kLossy);
}

TEST(LossWindow, ForgetsWhatIsOlderThanTheWindow) {
  LossWindow window(Millis{2'000});
  window.Add(At(10'000), 100, 50);
  EXPECT_EQ(window.Judge(At(11'999), 10, 200), Verdict::kLossy);
  EXPECT_EQ(window.Judge(At(12'000), 10, 200), Verdict::kUnknown);
  EXPECT_EQ(window.sent(), 0U);
}

TEST(LossWindow, AgreesWithAListOfReports) {
  std::mt19937 random(7);
  for (const int window_ms : {80, 500, 2'000, 2'001}) {
    LossWindow window{Millis{window_ms}};
    struct Report {
      std::int64_t bucket;
      std::uint32_t sent, lost;
    };
    std::deque<Report> reports;
    std::int64_t ms = 0;
    for (int i = 0; i < 20'000; ++i) {
      ms += static_cast<std::int64_t>(random() % 200);
      const auto sent = static_cast<std::uint32_t>(random() % 50);
      const auto lost = static_cast<std::uint32_t>(random() % (sent + 1));
      window.Add(At(ms), sent, lost);
      const std::int64_t now = 8 * ms / window_ms;
      reports.push_back({now, sent, lost});
      while (reports.front().bucket <= now - 8) reports.pop_front();
      std::uint32_t all_sent = 0;
      std::uint32_t all_lost = 0;
      for (const Report& report : reports) {
        all_sent += report.sent;
        all_lost += report.lost;
      }
      ASSERT_EQ(window.sent(), all_sent);
      ASSERT_EQ(window.lost(), all_lost);
    }
  }
}

}  // namespace
}  // namespace jvpn
