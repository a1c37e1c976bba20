// Acceptance scenarios: death of transports, with and without a backup (cases 1 and 6).
#include <gtest/gtest.h>

#include "tests/unit/session/timeline.h"

namespace jvpn {
namespace {

TEST(ScenarioS01, SwitchesToTheBackupAtHardDeath) {
  Timeline t = Timeline::Attached({kB});
  t.Dies(10'000, kA);
  t.Feed(10'040, Valid(kB));
  EXPECT_EQ(t.Take(),
            "10000 TransportDead A socket_error; SSC A>V transport_dead v2; "
            "SSC V>R dead_transport_recovery v3; ReattachAttempt B\n"
            "10040 ReattachResult SUCCESS reattach_success; TransportSwitch A>B; "
            "SSC R>A reattach_success v4");
  t.Run(25'000'000);
  EXPECT_EQ(t.Take(), "");
}

TEST(ScenarioS02, SwitchesToTheBackupAtSilence) {
  Timeline t = Timeline::Attached({kB});
  t.Dies(12'001, kA, Reason::kHeartbeatTimeout);
  t.Feed(12'041, Valid(kB));
  EXPECT_EQ(t.Take(),
            "12001 TransportDead A heartbeat_timeout; SSC A>V transport_dead v2; "
            "SSC V>R dead_transport_recovery v3; ReattachAttempt B\n"
            "12041 ReattachResult SUCCESS reattach_success; TransportSwitch A>B; "
            "SSC R>A reattach_success v4");
}

std::string TargetAmong(const TransportFacts& b, const TransportFacts& c) {
  Timeline t = Timeline::Attached({});
  t.Learns(100, kB, b);
  t.Learns(100, kC, c);
  t.Dies(10'000, kA);
  t.Feed(10'040, Valid(*t.machine().attempt_target()));
  return t.Take();
}

TEST(ScenarioS04, TakesLessLossThenLessLatencyThenLongerStableThenLowerId) {
  const std::string b =
      "10000 TransportDead A socket_error; SSC A>V transport_dead v2; "
      "SSC V>R dead_transport_recovery v3; ReattachAttempt B\n"
      "10040 ReattachResult SUCCESS reattach_success; TransportSwitch A>B; "
      "SSC R>A reattach_success v4";
  std::string c = b;
  c[c.find("Attempt B") + 8] = 'C';
  c[c.find("A>B") + 2] = 'C';

  TransportFacts lossier = Good();
  lossier.loss_permille = 50;
  lossier.latency_us = 10'000;
  TransportFacts slower = Good();
  slower.latency_us = 30'000;
  TransportFacts younger = Good();
  younger.clean_since = At(90);
  TransportFacts same_percent = Good();
  same_percent.loss_permille = 9;  // 0 whole percent
  for (int repetition = 0; repetition < 20; ++repetition) {
    EXPECT_EQ(TargetAmong(lossier, slower), c);
    EXPECT_EQ(TargetAmong(slower, Good()), c);
    EXPECT_EQ(TargetAmong(younger, Good()), c);
    EXPECT_EQ(TargetAmong(Good(), Good()), b);
    EXPECT_EQ(TargetAmong(same_percent, Good()), b);
  }
}

constexpr char kSolePathDies[] =
    "10000 TransportDead A socket_error; SSC A>V transport_dead v2; "
    "TransportSwitchDenied no_valid_candidate; SSC V>D no_candidate_transports v3";

TEST(ScenarioS05, EndsAfterTheTtlWhenTheSolePathDies) {
  Timeline t = Timeline::Attached({});
  t.Dies(10'000, kA);
  t.Run(25'000);
  EXPECT_EQ(t.Take(), kSolePathDies);
  t.Run(100'000);
  EXPECT_EQ(t.Take(),
            "25001 SSC D>T transport_ttl_exceeded v4; "
            "SessionTerminated transport_ttl_exceeded age=25001 tless=15001");
  EXPECT_EQ(t.machine().NextDeadline(), InstantMs::max());
}

TEST(ScenarioS05, LetsTheClientWaitOneSecondLonger) {
  Timeline t = Timeline::Attached({}, Policy::Reference(), Role::kClient);
  t.Dies(10'000, kA);
  t.Take();
  t.Run(100'000);
  EXPECT_EQ(t.Take(),
            "26001 SSC D>T transport_ttl_exceeded v4; "
            "SessionTerminated transport_ttl_exceeded age=26001 tless=16001");
}

TEST(ScenarioS07, TakesABackupThatComesLate) {
  Timeline t = Timeline::Attached({});
  t.Dies(10'000, kA);
  t.Take();
  t.Learns(19'000, kB);
  t.Feed(19'040, Valid(kB));
  EXPECT_EQ(t.Take(),
            "19000 SSC D>R dead_transport_recovery v4; ReattachAttempt B\n"
            "19040 ReattachResult SUCCESS reattach_success; TransportSwitch A>B; "
            "SSC R>A reattach_success v5");
}

TEST(ScenarioS26, SurvivesABlackoutWithinTheTtl) {
  Timeline t = Timeline::Attached({});
  t.Dies(10'000, kA);
  t.Take();
  t.Learns(24'900, kA);
  t.Feed(24'940, Valid(kA));
  EXPECT_EQ(t.Take(),
            "24900 SSC D>R dead_transport_recovery v4; ReattachAttempt A\n"
            "24940 ReattachResult SUCCESS reattach_success; TransportRevalidated A; "
            "SSC R>A reattach_success v5");
}

TEST(ScenarioS26, EndsWhenABlackoutOutlastsTheTtl) {
  Timeline t = Timeline::Attached({});
  t.Dies(10'000, kA);
  EXPECT_EQ(t.Take(), kSolePathDies);
  t.Learns(25'100, kA);
  EXPECT_EQ(t.Take(),
            "25001 SSC D>T transport_ttl_exceeded v4; "
            "SessionTerminated transport_ttl_exceeded age=25001 tless=15001");
}

TEST(ScenarioS27, CountsTheTtlFromTheLastDeath) {
  Timeline t = Timeline::Attached({kB, kC});
  t.Dies(10'000, kA);
  t.Feed(10'040, Valid(kB));
  t.Dies(12'000, kB);
  t.Feed(12'040, Valid(kC));
  t.Take();
  t.Dies(14'000, kC);
  t.Run(29'001);
  EXPECT_EQ(t.Take(),
            "14000 TransportDead C socket_error; SSC A>V transport_dead v8; "
            "TransportSwitchDenied no_valid_candidate; SSC V>D no_candidate_transports v9\n"
            "29001 SSC D>T transport_ttl_exceeded v10; "
            "SessionTerminated transport_ttl_exceeded age=29001 tless=15001");
}

TEST(ScenarioN01, RetargetsWithinTheVisitWhenTheTargetDies) {
  Timeline t = Timeline::Attached({kB, kC});
  t.Dies(10'000, kA);
  t.Dies(10'020, kB);
  t.Feed(10'060, Valid(kC));
  EXPECT_EQ(t.Take(),
            "10000 TransportDead A socket_error; SSC A>V transport_dead v2; "
            "SSC V>R dead_transport_recovery v3; ReattachAttempt B\n"
            "10020 ReattachAttempt C\n"
            "10060 ReattachResult SUCCESS reattach_success; TransportSwitch A>C; "
            "SSC R>A reattach_success v4");
}

TEST(ScenarioN02, DegradesWhenAllTargetsDie) {
  Timeline t = Timeline::Attached({kB, kC});
  t.Dies(10'000, kA);
  t.Dies(10'020, kB);
  t.Take();
  t.Dies(10'050, kC);
  t.Run(25'001);
  EXPECT_EQ(t.Take(),
            "10050 TransportSwitchFailed no_candidate_transports; "
            "SSC R>D no_candidate_transports v4\n"
            "25001 SSC D>T transport_ttl_exceeded v5; "
            "SessionTerminated transport_ttl_exceeded age=25001 tless=15001");
}

TEST(ScenarioN14, FollowsAClientThatNoticesFirst) {
  Timeline t = Timeline::Attached({kB});
  const Effects effects = t.Feed(10'040, Valid(kB));
  EXPECT_EQ(t.Take(),
            "10040 TransportDead A peer_signal; SSC A>V transport_dead v2; "
            "SSC V>R dead_transport_recovery v3; ReattachAttempt B; "
            "ReattachResult SUCCESS reattach_success; TransportSwitch A>B; "
            "SSC R>A reattach_success v4");
  EXPECT_TRUE(All<StartAttempt>(effects).empty());  // nobody is left to solicit
  ASSERT_EQ(All<Answer>(effects).size(), 1U);
  EXPECT_EQ(All<Answer>(effects)[0].kind, Answer::Kind::kAck);
}

TEST(ScenarioN24, IgnoresAFlappingStandby) {
  Timeline t = Timeline::Attached({kB});
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    const std::int64_t ms = 10'000 + i * 100;
    t.Dies(ms, kB);
    t.Learns(ms + 50, kB);
    if (i > 0) expected += '\n';
    expected += std::to_string(ms) + " TransportDead B socket_error candidate";
  }
  EXPECT_EQ(t.Take(), expected);
  EXPECT_EQ(t.machine().state_version(), 1U);
}

}  // namespace
}  // namespace jvpn
