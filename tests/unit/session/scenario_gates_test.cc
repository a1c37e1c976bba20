// Acceptance scenarios: bounded switching, cooldown and bars (cases 3 and 7).
#include <gtest/gtest.h>

#include "tests/unit/session/timeline.h"

namespace jvpn {
namespace {

// S16: the active dies each 2000 ms from 10 000, the other path commits 40 ms later, and the dead
// one is back 100 ms after that. Eight commits, the last at 24 040 on A.
Timeline EightSwitches() {
  Timeline t = Timeline::Attached({kB});
  for (int i = 0; i < 8; ++i) {
    const std::int64_t ms = 10'000 + 2'000 * i;
    const TransportId dying = i % 2 == 0 ? kA : kB;
    t.Dies(ms, dying);
    t.Feed(ms + 40, Valid(i % 2 == 0 ? kB : kA));
    t.Learns(ms + 140, dying);
  }
  return t;
}

constexpr char kNinthDenied[] =
    "26000 TransportDead A socket_error; SSC A>V transport_dead v26; "
    "TransportSwitchDenied switch_rate_limited; SSC V>D switch_rate_limited v27";

TEST(ScenarioS16, CommitsEightTimesAndNoMoreInAMinute) {
  Timeline t = EightSwitches();
  const std::string log = t.Take();
  EXPECT_EQ(log.substr(log.find("24000")),
            "24000 TransportDead B socket_error; SSC A>V transport_dead v23; "
            "SSC V>R dead_transport_recovery v24; ReattachAttempt A\n"
            "24040 ReattachResult SUCCESS reattach_success; TransportSwitch B>A; "
            "SSC R>A reattach_success v25");
  t.Dies(26'000, kA);
  EXPECT_EQ(t.Take(), kNinthDenied);
  t.Dies(28'000, kB);
  t.Learns(28'100, kA);
  EXPECT_EQ(t.Take(),
            "28000 TransportDead B socket_error candidate\n"
            "28100 TransportSwitchDenied switch_rate_limited");
  t.Run(70'039);
  EXPECT_EQ(t.Take(), "");
  t.Feed(70'080, Valid(kA));
  EXPECT_EQ(t.Take(),
            "70040 SSC D>R dead_transport_recovery v28; ReattachAttempt A\n"
            "70080 ReattachResult SUCCESS reattach_success; TransportRevalidated A; "
            "SSC R>A reattach_success v29");
}

TEST(ScenarioS16, HoldsTheTransportlessClockWhileOnlyTheRateIsInTheWay) {
  Timeline t = EightSwitches();
  t.Dies(26'000, kA);
  EXPECT_EQ(t.machine().TransportlessAge(At(28'000)), Millis{0});
  t.Dies(28'000, kB);    // the candidate goes, the hold ends
  t.Learns(28'100, kA);  // and comes back
  EXPECT_EQ(t.machine().TransportlessAge(At(70'000)), Millis{100});
}

TEST(ScenarioS17, DeniesAtMostOncePerCooldown) {
  Timeline t = EightSwitches();
  t.Dies(26'000, kA);
  t.Take();
  for (std::int64_t ms = 26'100; ms <= 70'000; ms += 100) t.Learns(ms, kB);
  InstantMs last = At(26'000);
  std::size_t denials = 0;
  for (const Event& event : t.events()) {
    ASSERT_EQ(ToText(event), "TransportSwitchDenied switch_rate_limited");
    EXPECT_GE(event.at - last, Millis{1'500});
    last = event.at;
    ++denials;
  }
  EXPECT_EQ(denials, 29U);  // 27 500, 29 000, … 69 500
  t.Take();
  // The last denial's cooldown outlasts the slide of the window.
  t.Run(71'000);
  EXPECT_EQ(t.Take(), "71000 SSC D>R dead_transport_recovery v28; ReattachAttempt B");
}

TEST(ScenarioS18, NeverEndsASessionThatFlapsForFiveMinutes) {
  Timeline t = Timeline::Attached({kB});
  std::vector<InstantMs> commits;
  for (std::int64_t ms = 10'000; ms < 310'000; ms += 2'000) {
    // The other path is up again by the time that the bound one dies.
    const TransportId bound = t.machine().active();
    t.Learns(ms - 10, bound == kA ? kB : kA);
    if (bound != TransportId::kNone) t.Dies(ms, bound);
    t.Run(ms + 1'500);
    if (const auto target = t.machine().attempt_target()) t.Feed(ms + 1'540, Valid(*target));
  }
  for (const Event& event : t.events()) {
    EXPECT_NE(event.type, EventType::kSessionTerminated);
    if (event.type == EventType::kTransportSwitch ||
        event.type == EventType::kTransportRevalidated) {
      commits.push_back(event.at);
    }
  }
  for (std::size_t i = 8; i < commits.size(); ++i) {
    EXPECT_GE(commits[i] - commits[i - 8], Millis{60'000});
  }
  EXPECT_GT(commits.size(), 24U);
}

TEST(ScenarioN05, DeniesWhenTheFirstCommitIs59999Old) {
  Timeline t = EightSwitches();
  t.Take();
  t.Dies(70'039, kA);
  t.Run(71'539);
  t.Feed(71'579, Valid(kB));
  EXPECT_EQ(t.Take(),
            "70039 TransportDead A socket_error; SSC A>V transport_dead v26; "
            "TransportSwitchDenied switch_rate_limited; SSC V>D switch_rate_limited v27\n"
            "71539 SSC D>R dead_transport_recovery v28; ReattachAttempt B\n"
            "71579 ReattachResult SUCCESS reattach_success; TransportSwitch A>B; "
            "SSC R>A reattach_success v29");
}

TEST(ScenarioN05, SwitchesWhenTheFirstCommitIs60000Old) {
  Timeline t = EightSwitches();
  t.Take();
  t.Dies(70'040, kA);
  t.Feed(70'080, Valid(kB));
  EXPECT_EQ(t.Take(),
            "70040 TransportDead A socket_error; SSC A>V transport_dead v26; "
            "SSC V>R dead_transport_recovery v27; ReattachAttempt B\n"
            "70080 ReattachResult SUCCESS reattach_success; TransportSwitch A>B; "
            "SSC R>A reattach_success v28");
}

TEST(ScenarioS28, WaitsOutTheCooldownThoughNoPathIsBound) {
  Timeline t = Timeline::Attached({kB, kC});
  t.Dies(10'000, kA);
  t.Feed(10'040, Valid(kB));
  t.Take();
  t.Dies(10'540, kB);
  t.Feed(11'580, Valid(kC));
  EXPECT_EQ(t.Take(),
            "10540 TransportDead B socket_error; SSC A>V transport_dead v5; "
            "TransportSwitchDenied cooldown_active\n"
            "11540 SSC V>R dead_transport_recovery v6; ReattachAttempt C\n"
            "11580 ReattachResult SUCCESS reattach_success; TransportSwitch B>C; "
            "SSC R>A reattach_success v7");
}

TEST(ScenarioS29, DegradesWhenPolicyBarsTheOnlyBackup) {
  Timeline t = Timeline::Attached({});
  TransportFacts tcp = Good();
  tcp.barred = true;
  t.Learns(100, kB, tcp);
  t.Take();
  t.Dies(10'000, kA);
  t.Run(25'001);
  EXPECT_EQ(t.Take(),
            "10000 TransportDead A socket_error; SSC A>V transport_dead v2; "
            "TransportSwitchDenied policy_denied; SSC V>D policy_denied v3\n"
            "25001 SSC D>T transport_ttl_exceeded v4; "
            "SessionTerminated transport_ttl_exceeded age=25001 tless=15001");
}

std::shared_ptr<const Policy> Changed(void (*change)(Policy&)) {
  auto policy = std::make_shared<Policy>(Policy::Reference());
  policy->version = "2.0";
  change(*policy);
  return policy;
}

TEST(ScenarioN07, LetsARunningDeadlineStandUnderGrace) {
  Timeline t = Timeline::Attached({kB});
  t.Dies(10'000, kA);
  t.Take();
  t.Feed(10'500, PolicyUpdate{Changed([](Policy& p) { p.recovery_window = Millis{2'000}; })});
  t.Run(21'502);
  EXPECT_EQ(t.Take(),
            "18001 TransportSwitchFailed recovery_window_expired; "
            "SSC R>D recovery_window_expired v4; PolicyApplied policy_applied\n"
            "19501 SSC D>R dead_transport_recovery v5; ReattachAttempt B\n"
            "21502 TransportSwitchFailed recovery_window_expired; "
            "SSC R>D recovery_window_expired v6");
}

TEST(ScenarioN07, FiresTheTtlBeforeTheRecoveryTimerUnderStrict) {
  Timeline t = Timeline::Attached({kB});
  t.Dies(10'000, kA);
  t.Take();
  t.Feed(10'500, PolicyUpdate{Changed([](Policy& p) {
           p.transport_lost_ttl = Millis{8'000};
           p.apply_mode = ApplyMode::kStrict;
         })});
  t.Run(18'001);
  EXPECT_EQ(t.Take(),
            "10500 PolicyApplied policy_applied\n"
            "18001 SSC R>T transport_ttl_exceeded v4; "
            "SessionTerminated transport_ttl_exceeded age=18001 tless=8001");
}

TEST(ScenarioN07, RejectsAPolicyThatBreaksARule) {
  Timeline t = Timeline::Attached({kB});
  t.Dies(10'000, kA);
  t.Take();
  t.Feed(10'500, PolicyUpdate{Changed([](Policy& p) { p.transport_lost_ttl = Millis{3'000}; })});
  EXPECT_EQ(t.Take(), "10500 PolicyRejected policy_invalid");
  EXPECT_EQ(t.machine().policy().transport_lost_ttl, Millis{15'000});
}

}  // namespace
}  // namespace jvpn
