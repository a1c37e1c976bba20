#include "session/candidate_table.h"

#include <gtest/gtest.h>

#include "tests/unit/session/timeline.h"

namespace jvpn {
namespace {

constexpr CandidateTable::Situation kDeadActive{At(10'000), TransportId::kNone, kA, false, false};
constexpr CandidateTable::Situation kLossyActive{At(10'000), kA, kA, true, false};

CandidateTable With(const TransportFacts& b, const TransportFacts& a = Lossy(220)) {
  CandidateTable table;
  table.Set(kA, a);
  table.Set(kB, b);
  return table;
}

bool Eligible(const TransportFacts& b, const CandidateTable::Situation& situation) {
  return With(b).Eligible(kB, situation, Policy::Reference());
}

TEST(CandidateTable, TakesOnlyFreshValidatedLivingCandidates) {
  EXPECT_TRUE(Eligible(Good(), kDeadActive));
  TransportFacts facts = Good();
  facts.known = false;
  EXPECT_FALSE(Eligible(facts, kDeadActive));
  facts = Good();
  facts.dead = true;
  EXPECT_FALSE(Eligible(facts, kDeadActive));
  facts = Good();
  facts.fresh = false;
  EXPECT_FALSE(Eligible(facts, kDeadActive));
  EXPECT_FALSE(Eligible(Lossy(210), kDeadActive));
}

TEST(CandidateTable, TakesAnUnknownVerdictOnlyWithoutAGap) {
  TransportFacts facts = Good();
  facts.verdict = Verdict::kUnknown;
  EXPECT_TRUE(Eligible(facts, kDeadActive));
  facts.probe_gap = true;
  EXPECT_FALSE(Eligible(facts, kDeadActive));
  facts.verdict = Verdict::kOk;
  EXPECT_TRUE(Eligible(facts, kDeadActive));
}

TEST(CandidateTable, WantsTheFactorWhileALossyActiveLives) {
  // 1000 x kept > 780 x 1100 = 858 000 exactly.
  TransportFacts facts = Good();
  facts.loss_permille = 142;
  EXPECT_FALSE(Eligible(facts, kLossyActive));
  facts.loss_permille = 141;
  EXPECT_TRUE(Eligible(facts, kLossyActive));
  facts.loss_permille = 150;
  EXPECT_TRUE(Eligible(facts, kDeadActive));
  CandidateTable::Situation other_cause = kLossyActive;
  other_cause.by_loss_or_latency = false;
  EXPECT_TRUE(Eligible(facts, other_cause));
  Policy policy = Policy::Reference();
  policy.enforce_hysteresis = false;
  EXPECT_TRUE(With(facts).Eligible(kB, kLossyActive, policy));
}

TEST(CandidateTable, WantsACleanStretchOfWhatFailedWhileTheActiveLives) {
  TransportFacts facts = Good();
  facts.failed_before = true;
  facts.clean_since = At(8'001);
  EXPECT_FALSE(Eligible(facts, kLossyActive));
  EXPECT_TRUE(Eligible(facts, kDeadActive));
  EXPECT_EQ(With(facts).NextEligible(kLossyActive, Policy::Reference()), At(10'001));
  facts.clean_since = At(8'000);
  EXPECT_TRUE(Eligible(facts, kLossyActive));
  EXPECT_EQ(With(facts).NextEligible(kLossyActive, Policy::Reference()), std::nullopt);
  facts.clean_since = At(9'000);
  facts.loss_permille = 199;  // time alone will not help this one
  EXPECT_EQ(With(facts).NextEligible(kLossyActive, Policy::Reference()), std::nullopt);
}

TEST(CandidateTable, CountsTheActiveInPlaceWhenItIsStable) {
  const CandidateTable table = With(Lossy(300), Good());
  CandidateTable::Situation situation = kLossyActive;
  EXPECT_FALSE(table.Eligible(kA, situation, Policy::Reference()));
  situation.active_stable = true;
  EXPECT_TRUE(table.Eligible(kA, situation, Policy::Reference()));
  EXPECT_EQ(table.Best(situation, Policy::Reference(), 0), kA);
}

TEST(CandidateTable, BarsEveryPathButThePreviousWhenSwitchingIsOff) {
  Policy off = Policy::Reference();
  off.switching_enabled = false;
  const CandidateTable table = With(Good(), Good());
  EXPECT_TRUE(table.Barred(kB, kDeadActive, off));
  EXPECT_FALSE(table.Barred(kA, kDeadActive, off));
  EXPECT_EQ(table.Best(kDeadActive, off, 0), kA);
  EXPECT_EQ(table.Best(kDeadActive, off, SetOf(kA)), std::nullopt);
  EXPECT_TRUE(table.AnyEligible(kDeadActive, off, SetOf(kA)));
}

TEST(CandidateTable, BarsEveryPathWhoseProtocolThePolicyDoesNotName) {
  Policy policy = Policy::Reference();
  policy.allowed_protocols = {"quic"};
  const CandidateTable table = With(Good(), Good());
  EXPECT_TRUE(table.Barred(kA, kDeadActive, policy));
  EXPECT_TRUE(table.Barred(kB, kDeadActive, policy));
  EXPECT_EQ(table.Best(kDeadActive, policy, 0), std::nullopt);
  EXPECT_TRUE(table.AnyEligible(kDeadActive, policy, 0));
}

TEST(CandidateTable, RanksByWholePercentLatencyStabilityAndId) {
  CandidateTable table;
  TransportFacts facts = Good();
  facts.loss_permille = 19;
  table.Set(kB, facts);
  facts.loss_permille = 10;
  facts.latency_us = 20'001;
  table.Set(kC, facts);
  EXPECT_EQ(table.Best(kDeadActive, Policy::Reference(), 0), kB);
  facts.latency_us = 20'000;
  facts.clean_since = At(1);
  table.Set(kC, facts);
  EXPECT_EQ(table.Best(kDeadActive, Policy::Reference(), 0), kB);
  facts.clean_since = At(0);
  table.Set(kC, facts);
  EXPECT_EQ(table.Best(kDeadActive, Policy::Reference(), 0), kB);
  EXPECT_EQ(table.Best(kDeadActive, Policy::Reference(), SetOf(kB)), kC);
}

TEST(CandidateTable, CountsTheLivingWithoutTheActive) {
  CandidateTable table = With(Lossy(400), Good());
  EXPECT_EQ(table.Count(kA), 1U);
  EXPECT_EQ(table.Count(TransportId::kNone), 2U);
  TransportFacts dead = Good();
  dead.dead = true;
  table.Set(kB, dead);
  EXPECT_EQ(table.Count(kA), 0U);
}

TEST(CandidateTable, KnowsNothingOfWhatIsNoTransport) {
  const CandidateTable table = With(Good());
  EXPECT_FALSE(table.Get(kX).known);
  EXPECT_FALSE(table.Eligible(TransportId::kNone, kDeadActive, Policy::Reference()));
}

}  // namespace
}  // namespace jvpn
