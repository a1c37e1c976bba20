#include "control/reattach_judge.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

using Proof = Reattach::Proof;

class ReattachJudgeTest : public testing::Test {
 protected:
  static InstantMs At(std::int64_t ms) { return InstantMs(Millis(ms)); }

  ReattachRequest Request(std::uint64_t counter, std::uint64_t token_ms) const {
    ReattachRequest request;
    request.transport = TransportId{1};
    request.binding_epoch = 3;
    request.counter = counter;
    request.token = {.instance = 77, .time_ms = token_ms};
    return request;
  }
  std::optional<Reattach> Judge(const ReattachRequest& request, std::int64_t ms,
                                bool proved = true) {
    const Bytes frame = {static_cast<std::uint8_t>(request.counter), 1, 2};
    return judge_.Judge(
        request, frame,
        {.now = At(ms), .binding_epoch = 3, .bound = bound_, .source_proved = proved}, policy_);
  }

  Policy policy_ = Policy::Reference();  // proof age 5000, window 128
  TransportId bound_ = TransportId::kNone;
  ReattachJudge judge_{77, At(0)};
};

TEST_F(ReattachJudgeTest, AFreshRequestIsValid) {
  const auto verdict = Judge(Request(1, 1000), 6000);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->proof, Proof::kValid);
  EXPECT_TRUE(verdict->mac_valid);
  EXPECT_TRUE(verdict->epoch_matches);
  EXPECT_EQ(verdict->transport, TransportId{1});
}

TEST_F(ReattachJudgeTest, ATokenOlderThanTheLimitIsStale) {
  EXPECT_EQ(Judge(Request(1, 1000), 6001)->proof, Proof::kStaleRequest);
}

TEST_F(ReattachJudgeTest, ATokenOfAnotherProcessIsStale) {
  ReattachRequest request = Request(1, 1000);
  request.token.instance = 78;
  EXPECT_EQ(Judge(request, 1000)->proof, Proof::kStaleRequest);
}

TEST_F(ReattachJudgeTest, ATokenFromTheFutureIsStale) {
  EXPECT_EQ(Judge(Request(1, 5000), 1000)->proof, Proof::kStaleRequest);
}

TEST_F(ReattachJudgeTest, ACopyIsAReplayHoweverOld) {
  Judge(Request(1, 1000), 1000);
  EXPECT_EQ(Judge(Request(1, 1000), 1001)->proof, Proof::kReplayDetected);
  EXPECT_EQ(Judge(Request(1, 1000), 60'000)->proof, Proof::kReplayDetected);
}

TEST_F(ReattachJudgeTest, ACounterBehindTheMemoryIsStale) {
  for (std::uint64_t n = 10; n < 10 + 129; ++n) Judge(Request(n, 1000), 1000);
  EXPECT_EQ(Judge(Request(11, 1000), 1000)->proof, Proof::kReplayDetected);
  EXPECT_EQ(Judge(Request(10, 1000), 1000)->proof, Proof::kStaleRequest);
  EXPECT_EQ(Judge(Request(5, 1000), 1000)->proof, Proof::kStaleRequest);
}

TEST_F(ReattachJudgeTest, AnotherEpochDoesNotMatch) {
  ReattachRequest request = Request(1, 1000);
  request.binding_epoch = 2;
  EXPECT_FALSE(Judge(request, 1000)->epoch_matches);
}

TEST_F(ReattachJudgeTest, FromAnUnprovedAddressIsJudgedOnlyWhenRepeated) {
  EXPECT_FALSE(Judge(Request(1, 1000), 1000, false));
  const auto verdict = Judge(Request(1, 1000), 1050, true);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->proof, Proof::kValid);
}

TEST_F(ReattachJudgeTest, AReplayFromElsewhereIsNobodysAttempt) {
  Judge(Request(1, 1000), 1000);
  const auto verdict = Judge(Request(1, 1000), 1001, false);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->proof, Proof::kReplayDetected);
  EXPECT_EQ(verdict->transport, TransportId::kNone);
}

TEST_F(ReattachJudgeTest, ACopyOfTheAcceptedRequestIsKnownOnTheBoundPathOnly) {
  Judge(Request(1, 1000), 1000);
  judge_.Accepted(Bytes{1, 1, 2}, Bytes{9});
  bound_ = TransportId{1};
  EXPECT_TRUE(Judge(Request(1, 1000), 1001)->same_as_accepted);
  EXPECT_FALSE(Judge(Request(1, 1000), 1001, false)->same_as_accepted);
  bound_ = TransportId{0};
  const auto elsewhere = Judge(Request(1, 1000), 1001);
  EXPECT_FALSE(elsewhere->same_as_accepted);
  EXPECT_EQ(elsewhere->proof, Proof::kReplayDetected);
}

TEST_F(ReattachJudgeTest, AnOldKeyExpires) {
  policy_.key_max_age = Millis(1000);
  EXPECT_EQ(Judge(Request(1, 1000), 1000)->proof, Proof::kValid);
  EXPECT_EQ(Judge(Request(2, 1001), 1001)->proof, Proof::kKeyExpired);
}

TEST_F(ReattachJudgeTest, ACloseDrawsFromTheSameCounter) {
  Judge(Request(4, 1000), 1000);
  EXPECT_FALSE(judge_.TakeCounter(4, policy_));
  EXPECT_TRUE(judge_.TakeCounter(5, policy_));
  EXPECT_FALSE(judge_.TakeCounter(5, policy_));
}

}  // namespace
}  // namespace jvpn
