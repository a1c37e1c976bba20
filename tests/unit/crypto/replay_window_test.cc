#include "crypto/replay_window.h"

#include <gtest/gtest.h>

#include <iterator>
#include <set>

#include "tests/unit/crypto/test_bytes.h"

namespace jvpn {
namespace {

// The obvious window: every counter ever accepted, and how far back the window reaches. Blocks are
// recycled whole, so the exact reach lies between kSpan and kSpan + 63 behind the newest; the
// contract is kSpan.
class Model {
 public:
  bool Accept(std::uint64_t counter) {
    const std::uint64_t next = accepted_.empty() ? 0 : *accepted_.rbegin() + 1;
    if (counter < next && next - counter > ReplayWindow::kSpan) return false;
    return accepted_.insert(counter).second;
  }
  std::uint64_t next() const { return accepted_.empty() ? 0 : *accepted_.rbegin() + 1; }
  std::uint64_t count() const { return accepted_.size(); }
  std::uint64_t CountBelow(std::uint64_t bound) const {
    return static_cast<std::uint64_t>(
        std::distance(accepted_.begin(), accepted_.lower_bound(bound)));
  }

 private:
  std::set<std::uint64_t> accepted_;
};

// A counter near an edge that matters: just ahead, far ahead, inside, at the far end, already seen.
std::uint64_t Adversarial(SeededRandom& random, std::uint64_t next) {
  const auto behind = [next](std::uint64_t by) { return by > next ? 0 : next - by; };
  switch (random.Next() % 10) {
    case 0:
    case 1:
    case 2:
      return next;
    case 3:
      return next + random.Next() % 8;
    case 4:
      return next + random.Next() % 600;  // beyond the whole window
    case 5:
      return behind(random.Next() % 64);
    case 6:
      return behind(random.Next() % 300);
    case 7:
      return behind(ReplayWindow::kSpan + random.Next() % 5 - 2);
    case 8:
      return (next | 63) + random.Next() % 3 - 1;  // at a block's bound
    default:
      return behind(1);
  }
}

void ExpectSameAsModel(std::uint64_t seed, std::uint64_t start) {
  SeededRandom random(seed);
  ReplayWindow window;
  Model model;
  if (start != 0) {
    ASSERT_TRUE(window.Accept(start));
    ASSERT_TRUE(model.Accept(start));
  }
  for (int step = 0; step < 400; ++step) {
    const std::uint64_t counter = Adversarial(random, model.next());
    const bool might = window.Check(counter);
    const bool accepted = model.Accept(counter);
    ASSERT_EQ(might, accepted) << "seed " << seed << " step " << step << " counter " << counter;
    ASSERT_EQ(window.Accept(counter), accepted) << "seed " << seed << " counter " << counter;
    ASSERT_EQ(window.next(), model.next());
    ASSERT_EQ(window.count(), model.count());
    ASSERT_GE(window.first_kept() + ReplayWindow::kBlocks * 64, window.next());
    const std::uint64_t bound = window.first_kept() + random.Next() % 300;
    ASSERT_EQ(window.CountBelow(bound), model.CountBelow(bound)) << "seed " << seed;
  }
}

TEST(ReplayWindow, AnswersLikeASetOfAllCountersOnThousandsOfSequences) {
  for (std::uint64_t seed = 0; seed < 4000 && !HasFatalFailure(); ++seed) {
    ExpectSameAsModel(seed, 0);
  }
}

TEST(ReplayWindow, AnswersLikeASetOfAllCountersFarFromZeroToo) {
  for (std::uint64_t seed = 0; seed < 1000 && !HasFatalFailure(); ++seed) {
    ExpectSameAsModel(seed, (std::uint64_t{1} << 32) - 100);
    ExpectSameAsModel(seed, (std::uint64_t{1} << 60) + seed);
  }
}

TEST(ReplayWindow, AcceptsEachCounterOnce) {
  ReplayWindow window;
  for (std::uint64_t counter = 0; counter < 1000; ++counter) {
    EXPECT_TRUE(window.Accept(counter));
    EXPECT_FALSE(window.Check(counter));
    EXPECT_FALSE(window.Accept(counter));
  }
  EXPECT_EQ(window.count(), 1000U);
}

TEST(ReplayWindow, ReachesAtLeastAsFarAsTheProtocolTextPromises) {
  static_assert(ReplayWindow::kSpan >= 128);  // docs/wire.md 4
  for (std::uint64_t newest = 1000; newest < 1128; ++newest) {
    ReplayWindow window;
    ASSERT_TRUE(window.Accept(newest));
    for (std::uint64_t back = 1; back < ReplayWindow::kSpan; ++back) {
      EXPECT_TRUE(window.Accept(newest - back)) << newest << " - " << back;
    }
    EXPECT_FALSE(window.Accept(newest - ReplayWindow::kSpan));
  }
}

TEST(ReplayWindow, RefusesTheLastCounterOfAllWhichWouldMakeItForget) {
  constexpr std::uint64_t kLast = ~std::uint64_t{0};
  ReplayWindow window;
  ASSERT_TRUE(window.Accept(7));
  EXPECT_FALSE(window.Accept(kLast));
  EXPECT_TRUE(window.Accept(kLast - 1));
  EXPECT_FALSE(window.Accept(kLast));
  EXPECT_FALSE(window.Accept(kLast - 1));
  EXPECT_FALSE(window.Accept(7));
}

TEST(ReplayWindow, CheckMovesNothing) {
  ReplayWindow window;
  ASSERT_TRUE(window.Accept(10));
  EXPECT_TRUE(window.Check(1'000'000));
  EXPECT_TRUE(window.Check(9));
  EXPECT_EQ(window.next(), 11U);
  EXPECT_TRUE(window.Accept(9));
}

TEST(ReplayWindow, TakesTheSecondOfTwoCopiesInOneBurstForAReplay) {
  ReplayWindow window;
  EXPECT_TRUE(window.Check(5));
  EXPECT_TRUE(window.Check(5));
  EXPECT_TRUE(window.Accept(5));
  EXPECT_FALSE(window.Accept(5));
}

TEST(ReplayWindow, FitsOneCacheLine) { EXPECT_LE(sizeof(ReplayWindow), 64U); }

}  // namespace
}  // namespace jvpn
