// Acceptance scenarios: loss on the bound transport (case 2).
#include <gtest/gtest.h>

#include "tests/unit/session/timeline.h"

namespace jvpn {
namespace {

// Loss as the accounts report it: the facts of the active first, then the instability.
void LosesPermille(Timeline& t, std::int64_t ms, std::uint32_t permille) {
  t.Loses(ms, permille / 10, 100);
}

TEST(ScenarioS08, SwitchesAtALossSpikeWithoutADeath) {
  Timeline t = Timeline::Attached({kB});
  LosesPermille(t, 10'000, 350);
  t.Feed(10'040, Valid(kB, Reason::kLossThresholdExceeded));
  EXPECT_EQ(t.Take(),
            "10000 SSC A>V loss_threshold_exceeded v2; SSC V>R loss_recovery v3; "
            "ReattachAttempt B\n"
            "10040 ReattachResult SUCCESS reattach_success; TransportSwitch A>B; "
            "SSC R>A reattach_success v4");
}

TEST(ScenarioS08, DrainsThePathThatWasAlive) {
  Timeline t = Timeline::Attached({kB});
  LosesPermille(t, 10'000, 350);
  const Effects effects = t.Feed(10'040, Valid(kB, Reason::kLossThresholdExceeded));
  const auto binds = All<Bind>(effects);
  ASSERT_EQ(binds.size(), 1U);
  EXPECT_EQ(binds[0].transport, kB);
  EXPECT_EQ(binds[0].retired, kA);
  EXPECT_EQ(binds[0].drain_until, At(10'290));
}

// FM-2.1-d, FM-2.1-f: A carries the session until the commit and drains after it; it never resets.
TEST(ScenarioS09, MakesBeforeItBreaks) {
  Timeline t = Timeline::Attached({kB});
  const std::uint32_t key_epoch = t.machine().key_epoch();
  EXPECT_TRUE(All<Bind>(t.Feed(10'000, Instability{})).empty());
  EXPECT_EQ(t.machine().active(), kA);
  const auto binds = All<Bind>(t.Feed(10'040, Valid(kB, Reason::kLossThresholdExceeded)));
  ASSERT_EQ(binds.size(), 1U);
  EXPECT_EQ(binds[0].transport, kB);
  EXPECT_EQ(binds[0].retired, kA);
  EXPECT_EQ(binds[0].drain_until, At(10'290));
  EXPECT_EQ(t.machine().key_epoch(), key_epoch);
}

// FM-2.2-f, K5, K6: loss that changes sides every 3 s is followed no more often than the cap says.
TEST(ScenarioS15, FollowsAlternatingLossWithinTheCap) {
  Timeline t = Timeline::Attached({kB});
  TransportId lossy = kA;
  std::vector<InstantMs> commits;
  for (std::int64_t ms = 10'000; ms < 310'000; ms += 3'000) {
    const TransportId clean = lossy == kA ? kB : kA;
    t.Learns(ms, clean);
    if (t.machine().active() == lossy) {
      t.Loses(ms, 35, 100);
    } else {
      t.Learns(ms, lossy, Lossy(350));
    }
    for (std::int64_t at = ms + 100; at < ms + 3'000; at += 100) {
      t.Run(at);
      const auto target = t.machine().attempt_target();
      if (!target) continue;
      t.Feed(at, Valid(*target, Reason::kLossThresholdExceeded));
      if (t.machine().state() == State::kAttached) commits.push_back(At(at));
    }
    EXPECT_NE(t.machine().active(), TransportId::kNone);
    lossy = clean;
  }
  for (std::size_t i = 8; i < commits.size(); ++i) {
    EXPECT_GE(commits[i] - commits[i - 8], Millis{60'000});
  }
  EXPECT_GE(commits.size(), 8U);  // the cap was reached
  std::optional<InstantMs> left;
  for (const Event& event : t.events()) {
    if (event.type != EventType::kSessionStateChange) continue;
    EXPECT_NE(event.new_state, State::kTerminated);
    if (event.previous_state == State::kRecovering) left = event.at;
    if (event.new_state == State::kRecovering && left) {
      EXPECT_GE(event.at - *left, Millis{1'500});
    }
  }
}

TEST(ScenarioS10, CarriesTheCountsOnTheEdge) {
  Timeline t = Timeline::Attached({});
  t.Loses(10'000, 21, 100);
  const Event& edge = t.events().front();
  EXPECT_EQ(edge.type, EventType::kSessionStateChange);
  EXPECT_EQ(edge.loss_lost, 21U);
  EXPECT_EQ(edge.loss_sent, 100U);
}

TEST(ScenarioS11, RevalidatesInPlaceWhenTheBackupIsNotBetterByTheFactor) {
  Timeline t = Timeline::Attached({});
  TransportFacts b = Good();
  b.loss_permille = 150;
  t.Learns(100, kB, b);
  LosesPermille(t, 10'000, 220);
  TransportFacts a = Good();
  t.Learns(11'000, kA, a);
  t.Feed(13'000, ActiveStable{});
  const Effects effects = t.Feed(13'040, Valid(kA, Reason::kLossThresholdExceeded));
  EXPECT_EQ(t.Take(),
            "10000 SSC A>V loss_threshold_exceeded v2; TransportSwitchDenied no_valid_candidate\n"
            "13000 SSC V>R loss_recovery v3; ReattachAttempt A\n"
            "13040 ReattachResult SUCCESS reattach_success; TransportRevalidated A; "
            "SSC R>A reattach_success v4");
  EXPECT_EQ(All<Bind>(effects)[0].retired, TransportId::kNone);
}

// B at 30 %, A at 35 % from 10 000.
Timeline LossEverywhere() {
  Timeline t = Timeline::Attached({});
  t.Learns(100, kB, Lossy(300));
  t.Take();
  LosesPermille(t, 10'000, 350);
  return t;
}

TEST(ScenarioS12, DegradesOnALossyBindingAndKeepsIt) {
  Timeline t = LossEverywhere();
  t.Run(70'000);
  EXPECT_EQ(t.Take(),
            "10000 SSC A>V loss_threshold_exceeded v2; TransportSwitchDenied no_valid_candidate\n"
            "14001 SSC V>D volatile_persisted v3");
  EXPECT_EQ(t.machine().active(), kA);
}

TEST(ScenarioS13, LeavesDegradedForACleanCandidate) {
  Timeline t = LossEverywhere();
  t.Run(39'000);
  t.Take();
  TransportFacts clean = Good();
  clean.clean_since = At(38'000);
  t.Learns(40'000, kB, clean);
  t.Feed(40'040, Valid(kB, Reason::kLossThresholdExceeded));
  EXPECT_EQ(t.Take(),
            "40000 SSC D>R loss_recovery v4; ReattachAttempt B\n"
            "40040 ReattachResult SUCCESS reattach_success; TransportSwitch A>B; "
            "SSC R>A reattach_success v5");
}

TEST(ScenarioS14, CountsTheTtlFromTheDeathOfTheLossyPath) {
  Timeline t = LossEverywhere();
  TransportFacts gone = Lossy(300);
  gone.fresh = false;
  t.Learns(40'000, kB, gone);
  t.Take();
  t.Dies(45'000, kA, Reason::kHeartbeatTimeout);
  t.Run(60'001);
  EXPECT_EQ(t.Take(),
            "45000 TransportDead A heartbeat_timeout\n"
            "60001 SSC D>T transport_ttl_exceeded v4; "
            "SessionTerminated transport_ttl_exceeded age=60001 tless=15001");
}

TEST(ScenarioN11, StopsTheClockByTheCommitWhenTheActiveDiesDuringAnAttempt) {
  Timeline t = Timeline::Attached({kB});
  LosesPermille(t, 10'000, 350);
  t.Dies(10'020, kA);
  EXPECT_EQ(t.machine().TransportlessAge(At(10'030)), Millis{10});
  const Effects effects = t.Feed(10'040, Valid(kB));
  EXPECT_EQ(t.Take(),
            "10000 SSC A>V loss_threshold_exceeded v2; SSC V>R loss_recovery v3; "
            "ReattachAttempt B\n"
            "10020 TransportDead A socket_error\n"
            "10040 ReattachResult SUCCESS reattach_success; TransportSwitch A>B; "
            "SSC R>A reattach_success v4");
  EXPECT_EQ(t.machine().TransportlessAge(At(20'000)), Millis{0});
  EXPECT_EQ(All<Bind>(effects)[0].retired, TransportId::kNone);  // what is dead does not drain
}

}  // namespace
}  // namespace jvpn
