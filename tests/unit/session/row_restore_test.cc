// Rows X1 to X4: a session goes on in another process, from its snapshot.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/session/situations.h"

namespace jvpn {
namespace {

// The snapshot of a timeline, and the machine that a later process makes of it.
class Restarted {
 public:
  Restarted(Timeline& from, std::int64_t saved_at, Policy policy = Policy::Reference())
      : machine_(from.machine().Snapshot(At(saved_at)),
                 std::make_shared<const Policy>(std::move(policy))) {}

  std::string Feed(std::int64_t ms, const Input& input) {
    effects_ = machine_.Step(At(ms), input);
    std::string text;
    for (const Effect& effect : effects_) {
      const auto* emit = std::get_if<Emit>(&effect);
      if (emit == nullptr) continue;
      text += (text.empty() ? "" : "; ") + ScenarioText(emit->event);
      events_.push_back(emit->event);
    }
    return text;
  }
  std::string Restore(std::int64_t ms) { return Feed(ms, jvpn::Restore{.downtime = Millis{500}}); }
  const Event& Of(EventType type) const {
    return *std::find_if(events_.begin(), events_.end(),
                         [type](const Event& event) { return event.type == type; });
  }
  SessionMachine& machine() { return machine_; }
  const Effects& effects() const { return effects_; }
  const std::vector<Event>& events() const { return events_; }

 private:
  SessionMachine machine_;
  Effects effects_;
  std::vector<Event> events_;
};

TEST(RowX1, AnAttachedSessionGoesToVolatileAndOnToDegraded) {
  Timeline before = Timeline::Attached({kB});
  Restarted after(before, 10'000);
  EXPECT_EQ(after.Restore(20'000),
            "SessionRestored node_restart; SSC A>V node_restart v2; "
            "TransportSwitchDenied no_valid_candidate; SSC V>D no_candidate_transports v3");
  const Event& restored = after.Of(EventType::kSessionRestored);
  EXPECT_EQ(restored.previous_state, State::kAttached);
  EXPECT_EQ(restored.downtime_ms, 500);
  EXPECT_EQ(restored.binding_lost, true);
  EXPECT_EQ(restored.transportless_age_ms, 0);
  EXPECT_EQ(after.machine().active(), TransportId::kNone);
  // No candidate survives, whatever was known of it.
  EXPECT_FALSE(after.machine().candidates().Get(kB).known);
}

TEST(RowX1, TheTransportlessClockStartsAtTheRestoreWhenABindingWasLost) {
  Timeline before = Timeline::Attached({});
  Restarted after(before, 10'000);
  after.Restore(20'000);
  after.Feed(35'000, Tick{});
  EXPECT_EQ(after.machine().state(), State::kDegraded);
  EXPECT_EQ(after.Feed(35'001, Tick{}),
            "SSC D>T transport_ttl_exceeded v4; "
            "SessionTerminated transport_ttl_exceeded age=35001 tless=15001");
}

TEST(RowX1, TheNextValidRequestCommitsUnderTheNextKeyEpoch) {
  Timeline before = Timeline::Attached({kB});
  Restarted after(before, 10'000);
  after.Restore(20'000);
  ASSERT_TRUE(after.machine().new_key_epoch());
  EXPECT_EQ(after.Feed(20'050, Valid(kA)),
            "SSC D>R dead_transport_recovery v4; ReattachAttempt A; "
            "ReattachResult SUCCESS reattach_success; KeyRotated node_restart; "
            "TransportRevalidated A; SSC R>A reattach_success v5");
  EXPECT_EQ(after.Of(EventType::kKeyRotated).key_epoch, 2U);
  EXPECT_EQ(after.machine().key_epoch(), 2U);
  EXPECT_FALSE(after.machine().new_key_epoch());
}

TEST(RowX1, ACommitOnAnotherTransportThanBeforeIsASwitch) {
  Timeline before = Timeline::Attached({kB});
  Restarted after(before, 10'000);
  after.Restore(20'000);
  EXPECT_EQ(after.Feed(20'050, Valid(kB)),
            "SSC D>R dead_transport_recovery v4; ReattachAttempt B; "
            "ReattachResult SUCCESS reattach_success; KeyRotated node_restart; "
            "TransportSwitch A>B; SSC R>A reattach_success v5");
}

TEST(RowX2, AVolatileSessionWithItsBindingGoesToDegradedAndTheClockStartsNow) {
  Timeline before = InVolatile();
  Restarted after(before, 10'000);
  EXPECT_EQ(after.Restore(20'000), "SessionRestored node_restart; SSC V>D node_restart v3");
  EXPECT_EQ(after.machine().TransportlessAge(At(20'010)), Millis{10});
}

TEST(RowX2, AVolatileSessionWithoutBindingGoesOnFromItsAge) {
  Timeline before = Timeline::Attached({kB, kC});
  before.Dies(10'000, kA);
  before.Feed(10'001, Valid(kB));
  before.Dies(10'002, kB);
  ASSERT_EQ(before.machine().state(), State::kVolatile);
  Restarted after(before, 10'502);
  after.Restore(20'000);
  EXPECT_EQ(after.Of(EventType::kSessionRestored).transportless_age_ms, 500);
  EXPECT_EQ(after.Of(EventType::kSessionRestored).binding_lost, false);
}

TEST(RowX3, AnAttemptIsDroppedWithItsMarkAndArmsTheCooldown) {
  Timeline before = InRecovering(Policy::Default());
  before.Feed(10'010, Invalid(kB));
  Restarted after(before, 10'100, Policy::Default());
  // The recovery window was over long ago; a process that did not run cannot have let it expire.
  EXPECT_EQ(after.Restore(30'000),
            "SessionRestored node_restart; TransportSwitchFailed node_restart; "
            "SSC R>D node_restart v4");
  EXPECT_EQ(after.machine().NextSwitchAt(At(30'000)), At(31'500));
  EXPECT_TRUE(after.machine().Snapshot(At(30'000)).failures.empty());
  EXPECT_EQ(after.machine().TransportlessAge(At(30'000)), Millis{100});
}

TEST(RowX4, ADegradedSessionStaysAndGoesOnFromItsAge) {
  Timeline before = InDegraded();
  Restarted after(before, 15'000);
  EXPECT_EQ(after.Restore(60'000), "SessionRestored node_restart");
  EXPECT_EQ(after.machine().state(), State::kDegraded);
  EXPECT_EQ(after.machine().state_version(), 3U);
  after.Feed(70'000, Tick{});
  EXPECT_EQ(after.machine().state(), State::kDegraded);
  after.Feed(70'001, Tick{});
  EXPECT_EQ(after.machine().state(), State::kTerminated);
}

TEST(RowX4, ABindingOfADegradedSessionIsLostToo) {
  Timeline before = InDegradedBound();
  Restarted after(before, 15'000);
  after.Restore(60'000);
  EXPECT_EQ(after.Of(EventType::kSessionRestored).binding_lost, true);
  EXPECT_EQ(after.machine().TransportlessAge(At(60'005)), Millis{5});
}

TEST(Restore, TheLifetimeIsLookedAtFirstAndCountsTheDowntime) {
  for (Timeline& before : EveryLiveState(WithLifetime(200'000))) {
    if (before.machine().state() == State::kBirth) continue;  // is never stored
    Restarted after(before, 10'100, WithLifetime(200'000));
    const std::string text = after.Restore(200'001);
    EXPECT_EQ(text.find("SessionRestored"), std::string::npos) << text;
    EXPECT_NE(text.find("SessionTerminated session_lifetime_exceeded"), std::string::npos) << text;
  }
}

TEST(Restore, CommitsAndCooldownGoOn) {
  Timeline before = Timeline::Attached({kB});
  before.Dies(10'000, kA);
  before.Feed(10'020, Valid(kB));
  Restarted after(before, 10'020);
  after.Restore(10'600);
  EXPECT_EQ(after.machine().SwitchesInWindow(At(10'600)), 1U);
  // The cooldown of the commit ends at 11 520.
  EXPECT_EQ(after.Feed(10'700, Valid(kB)),
            "ReattachAttempt B; ReattachResult DENIED policy_denied(cooldown_active); "
            "TransportSwitchDenied cooldown_active");
}

// G6, FM-7-g.
TEST(Restore, AnotherPolicyStandsInTheLogDirectlyBehindTheReturn) {
  Policy changed = Policy::Reference();
  changed.version = "2.0";
  const PolicyBook book = BookOf({Policy::Reference(), changed});
  for (const bool in_recovery : {false, true}) {
    Timeline before;
    before.Feed(0, AttachOk{kA});
    if (in_recovery) {
      before.Learns(100, kB);
      before.Dies(10'000, kA);
    }
    std::vector<Event> log = before.events();
    Restarted after(before, 10'000, changed);
    const std::string told =
        after.Feed(20'000, jvpn::Restore{.downtime = Millis{500}, .policy_changed = true});
    EXPECT_TRUE(told.starts_with("SessionRestored node_restart; PolicyApplied policy_applied; "))
        << told;
    log.insert(log.end(), after.events().begin(), after.events().end());
    EXPECT_EQ(JudgeLog(log, Role::kGateway, book, At(20'000)), "");
    std::erase_if(log, [](const Event& e) { return e.type == EventType::kPolicyApplied; });
    EXPECT_NE(JudgeLog(log, Role::kGateway, book, At(20'000)), "");
  }
}

// FM-7-g: an attempt that takes another target tells no edge, so no record need be behind it.
TEST(Restore, AnAttemptMayFailOnATargetThatItHadLeftWhenTheRecordWasOlder) {
  Timeline before;
  before.Feed(0, AttachOk{kA});
  before.Learns(100, kB);
  before.Learns(100, kC);
  before.Dies(10'000, kA);
  Restarted after(before, 10'000);
  before.Dies(10'010, kB);
  std::vector<Event> log = before.events();
  EXPECT_EQ(log.back().transport, kC);
  after.Restore(20'000);
  EXPECT_EQ(after.Of(EventType::kTransportSwitchFailed).transport, kB);
  log.insert(log.end(), after.events().begin(), after.events().end());
  const PolicyBook book = BookOf({Policy::Reference()});
  EXPECT_EQ(JudgeLog(log, Role::kGateway, book, At(20'000)), "");
  for (Event& event : log) {
    if (event.type == EventType::kTransportSwitchFailed) event.transport = kA;
  }
  EXPECT_NE(JudgeLog(log, Role::kGateway, book, At(20'000)), "");
}

TEST(Restore, ARecordThatNobodyCanReadEndsItsSession) {
  for (const State state :
       {State::kAttached, State::kVolatile, State::kDegraded, State::kRecovering}) {
    SessionSnapshot hint;
    hint.state = state;
    hint.version = 7;
    hint.birth = At(90'000);
    SessionMachine machine(hint, std::make_shared<const Policy>(Policy::Reference()));
    const Effects effects = machine.Step(At(90'000), HardFault{Reason::kRecordUnreadable});
    const auto emitted = All<Emit>(effects);
    ASSERT_EQ(emitted.size(), 2U);
    EXPECT_EQ(emitted[0].event.reason, Reason::kHardSystemFailure);
    EXPECT_EQ(emitted[0].event.detail, Reason::kRecordUnreadable);
    EXPECT_EQ(emitted[0].event.state_version, 8U);
    EXPECT_EQ(emitted[1].event.type, EventType::kSessionTerminated);
  }
}

TEST(Restore, OfAMachineThatRunsIsNoInputOfBirth) {
  Timeline t;
  t.Feed(10, Restore{});
  EXPECT_EQ(t.Take(), "10 InvalidTransitionRejected restore");
}

TEST(RowR4, ACommitThatTheStoreDoesNotTakeIsRefused) {
  Timeline t = InRecovering();
  Reattach request = Valid(kB);
  request.stored = false;
  t.Feed(10'050, request);
  EXPECT_EQ(t.Take(),
            "10050 ReattachResult DENIED atomicity_failed; TransportSwitchFailed policy_denied; "
            "SSC R>D policy_denied(atomicity_failed) v4");
  EXPECT_EQ(t.machine().binding_epoch(), 1U);
}

}  // namespace
}  // namespace jvpn
