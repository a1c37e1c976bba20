// K1 to K9 of requirements 8.1 on random schedules: whatever happens, in whatever order, the log of
// a session obeys them. Seeds are fixed; a failure names its seed.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/unit/session/timeline.h"

namespace jvpn {
namespace {

#ifdef __SANITIZE_ADDRESS__
// This build looks for broken memory, not for rare schedules, and takes twenty times as long.
constexpr int kSchedules = 2'000;
#else
constexpr int kSchedules = 24'000;
#endif
constexpr int kInputsPerSchedule = 60;

class Schedule {
 public:
  explicit Schedule(std::uint32_t seed) : random_(seed) {}

  std::uint32_t Below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_()) % limit; }
  bool Chance(std::uint32_t percent) { return Below(100) < percent; }
  template <typename T, std::size_t N>
  T OneOf(const T (&values)[N]) {
    return values[Below(N)];
  }

  Policy AnyPolicy() {
    Policy policy = OneOf({Policy::Reference(), Policy::Default(), Policy::Fast()});
    policy.version = "1." + std::to_string(Below(100));
    policy.strict_validation = Chance(50);
    policy.max_switches_per_min = OneOf({0U, 1U, 2U, 8U});
    policy.max_validation_failures = Below(4);
    policy.switch_cooldown = Millis{OneOf({250, 500, 1'500, 4'000})};
    policy.recovery_window = Millis{OneOf({100, 2'000, 8'000})};
    policy.switching_enabled = Chance(90);
    policy.enforce_hysteresis = Chance(80);
    policy.rebind_max_per_min = Below(3);
    if (Chance(20)) policy.recovery_expiry_action = ExpiryAction::kTerminate;
    if (Chance(20)) policy.apply_mode = ApplyMode::kStrict;
    if (Chance(20)) policy.max_lifetime = Millis{70'000};
    return policy;
  }

  Input AnyInput() {
    const TransportId t{Below(4)};
    switch (Below(16)) {
      case 0:
      case 1:
      case 2:
        return AnyRequest();
      case 3:
      case 4:
        return TransportDied{t, OneOf({Reason::kSocketError, Reason::kHeartbeatTimeout}), Prefer()};
      case 5:
        return Instability{OneOf({Reason::kLossThresholdExceeded, Reason::kHeartbeatTimeout,
                                  Reason::kConsecutiveDropExceeded, Reason::kPolicyDenied}),
                           Below(50), 50 + Below(50), Prefer()};
      case 6:
        return ActiveStable{};
      case 7:
        return Chance(10) ? Input{AttachFail{}} : Input{AttachOk{t}};
      case 8:
        return ChallengeAnswered{t, Chance(80), {}, {}};
      case 9:
        if (Chance(30)) {
          return PolicyUpdate{Chance(80) ? std::make_shared<const Policy>(AnyPolicy()) : nullptr};
        }
        return Tick{};
      case 10:
        if (Chance(5)) return OperatorTerminate{};
        if (Chance(5)) return HardFault{};
        if (Chance(5)) return PeerClose{};
        return Tick{};
      default:
        return CandidateUpdate{t, AnyFacts(), Prefer()};
    }
  }

 private:
  TransportId Prefer() { return Chance(10) ? TransportId{Below(4)} : TransportId::kNone; }

  TransportFacts AnyFacts() {
    TransportFacts facts;
    facts.known = Chance(95);
    facts.dead = Chance(5);
    facts.fresh = Chance(90);
    facts.probe_gap = Chance(20);
    facts.barred = Chance(5);
    facts.failed_before = Chance(30);
    facts.verdict = OneOf({Verdict::kOk, Verdict::kOk, Verdict::kUnknown, Verdict::kLossy});
    facts.loss_permille = Below(400);
    facts.latency_us = Below(3) * 10'000;
    facts.clean_since = At(Below(20'000));
    return facts;
  }

  Input AnyRequest() {
    Reattach request = Valid(Chance(90) ? TransportId{Below(4)} : kX,
                             OneOf({Reason::kPeerSignal, Reason::kLossThresholdExceeded}));
    request.proof = Chance(70)
                        ? Reattach::Proof::kValid
                        : OneOf({Reattach::Proof::kBadProof, Reattach::Proof::kReplayDetected,
                                 Reattach::Proof::kStaleRequest, Reattach::Proof::kKeyExpired});
    request.epoch_matches = Chance(90);
    request.epoch_is_previous = Chance(5);
    request.same_as_accepted = Chance(5);
    request.transport_usable = Chance(95);
    return request;
  }

  std::mt19937 random_;
};

struct Played {
  std::vector<Event> events;
  std::vector<Policy> policies;  // all that were ever in force or pending
  std::uint32_t teardowns = 0;
};

Played Play(std::uint32_t seed) {
  Schedule schedule(seed);
  Played run;
  run.policies.push_back(schedule.AnyPolicy());
  const Role role = schedule.Chance(50) ? Role::kGateway : Role::kClient;
  Timeline t(run.policies.front(), role);
  std::int64_t ms = 0;
  std::uint32_t version = 0;
  for (int i = 0; i < kInputsPerSchedule; ++i) {
    ms += schedule.Chance(30) ? 0 : static_cast<std::int64_t>(schedule.Below(2'500));
    Input input = i == 0 && schedule.Chance(95) ? Input{AttachOk{kA}} : schedule.AnyInput();
    if (const auto* update = std::get_if<PolicyUpdate>(&input); update && update->policy) {
      run.policies.push_back(*update->policy);
    }
    const Effects effects = t.Feed(ms, input);
    run.teardowns += static_cast<std::uint32_t>(All<Teardown>(effects).size());

    const SessionMachine& machine = t.machine();
    // A binding where one belongs, and an attempt in RECOVERING only.
    const State state = machine.state();
    const bool bound = machine.active() != TransportId::kNone;
    EXPECT_EQ(machine.attempt_target().has_value(), state == State::kRecovering);
    EXPECT_TRUE(bound || state != State::kAttached);
    EXPECT_FALSE(bound && state == State::kTerminated);
    EXPECT_TRUE(!bound || machine.TransportlessAge(At(ms)) == Millis{0});
    EXPECT_GE(machine.state_version(), version);
    version = machine.state_version();
    // A policy installed at once may have put a deadline behind us; one more turn settles it.
    t.Run(ms);
    EXPECT_GT(machine.NextDeadline(), At(ms));
  }
  run.events = t.events();
  return run;
}

bool Allowed(State from, State to) {
  static const std::set<std::pair<State, State>> kEdges = {
      {State::kBirth, State::kAttached},      {State::kAttached, State::kVolatile},
      {State::kVolatile, State::kRecovering}, {State::kVolatile, State::kDegraded},
      {State::kDegraded, State::kRecovering}, {State::kRecovering, State::kAttached},
      {State::kRecovering, State::kDegraded}};
  return from != State::kTerminated && (to == State::kTerminated || kEdges.contains({from, to}));
}

template <typename Field>
Field Extreme(const Played& run, Field Policy::*field, bool greatest) {
  Field value = run.policies.front().*field;
  for (const Policy& policy : run.policies) {
    value = greatest ? std::max(value, policy.*field) : std::min(value, policy.*field);
  }
  return value;
}

// K1, K2, K7, K8.
void CheckEdges(const Played& run) {
  State state = State::kBirth;
  std::uint32_t version = 0;
  InstantMs entered{};
  bool ended = false;
  Reason end_reason{};
  InstantMs last{};
  for (std::size_t i = 0; i < run.events.size(); ++i) {
    const Event& event = run.events[i];
    EXPECT_GE(event.at, last);
    last = event.at;
    if (event.type == EventType::kSessionTerminated) {
      ASSERT_FALSE(ended) << "K8";
      ASSERT_EQ(state, State::kTerminated) << "K8";
      ASSERT_EQ(run.events[i - 1].type, EventType::kSessionStateChange) << "K8";
      EXPECT_EQ(event.reason, end_reason) << "K8";
      ended = true;
    } else if (ended) {
      // G8 still answers requests, and that is all.
      EXPECT_EQ(event.type, EventType::kReattachResult) << "K8";
    }
    if (event.type != EventType::kSessionStateChange) continue;
    EXPECT_EQ(event.previous_state, state) << "K2";
    EXPECT_TRUE(Allowed(state, *event.new_state)) << "K1 " << ToText(event);
    EXPECT_EQ(event.state_version, ++version) << "K2";
    if (state == State::kRecovering) {
      EXPECT_LE(event.at - entered, Extreme(run, &Policy::recovery_window, true) + Millis{1})
          << "K7";
    }
    state = *event.new_state;
    entered = event.at;
    end_reason = *event.reason;
  }
}

// K5 and K6.
void CheckSwitches(const Played& run) {
  std::vector<InstantMs> commits;
  std::size_t reattached = 0;
  std::optional<InstantMs> left_recovering;
  for (const Event& event : run.events) {
    if (event.type == EventType::kTransportSwitch ||
        event.type == EventType::kTransportRevalidated) {
      commits.push_back(event.at);
    }
    if (event.type != EventType::kSessionStateChange) continue;
    if (event.new_state == State::kRecovering && left_recovering) {
      EXPECT_GE(event.at - *left_recovering, Extreme(run, &Policy::switch_cooldown, false)) << "K6";
    }
    if (event.previous_state == State::kRecovering) {
      left_recovering = event.at;
      if (event.new_state == State::kAttached) ++reattached;
    }
  }
  EXPECT_EQ(commits.size(), reattached) << "K5";
  const std::uint32_t cap = Extreme(run, &Policy::max_switches_per_min, true);
  for (std::size_t i = cap; i < commits.size(); ++i) {
    EXPECT_GE(commits[i] - commits[i - cap], Millis{60'000}) << "K5";
  }
}

std::string Text(const Played& run) {
  std::string text;
  for (const Event& event : run.events) text += ToJson(event, "n") + '\n';
  return text;
}

TEST(RandomSchedules, ObeyTheCommonChecks) {
  std::set<std::pair<State, State>> seen;
  for (std::uint32_t seed = 0; seed < kSchedules; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Played run = Play(seed);
    CheckEdges(run);
    CheckSwitches(run);
    for (const Event& event : run.events) {
      if (event.type == EventType::kSessionStateChange) {
        seen.insert({*event.previous_state, *event.new_state});
      }
      // A timer that fires without a row would mean that deadline and guard disagree.
      EXPECT_FALSE(event.input.starts_with("timer")) << event.input;
    }
    if (HasFailure()) return;
  }
  EXPECT_EQ(seen.size(), 7U + 5U);  // the schedules reach every edge that there is
}

TEST(RandomSchedules, GiveTheSameLogForTheSameInputs) {
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    EXPECT_EQ(Text(Play(seed)), Text(Play(seed))) << seed;  // K9
  }
}

}  // namespace
}  // namespace jvpn
