#include "tests/unit/session/random_schedule.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>

namespace jvpn {
namespace {

constexpr int kInputsPerSchedule = 60;

class Schedule {
 public:
  explicit Schedule(std::uint32_t seed) : random_(seed) {}

  // Only a client is asked to prefer a transport.
  void Plays(Role role) { role_ = role; }

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
    if (Chance(20)) policy.max_lifetime = Millis{OneOf({70'000, 340'000})};
    policy.reattach_burst = OneOf({1U, 5U});
    policy.reattach_rate_per_s = OneOf({1U, 2U});
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
        return AnyInstability();
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
  Input AnyInstability() {
    const Reason cause = OneOf({Reason::kLossThresholdExceeded, Reason::kHeartbeatTimeout,
                                Reason::kConsecutiveDropExceeded, Reason::kPolicyDenied});
    const std::uint32_t least = cause == Reason::kLossThresholdExceeded ? 30 : 0;
    return Instability{cause, least + Below(20), 50 + Below(50), Prefer()};
  }

  TransportId Prefer() {
    const bool prefers = Chance(10) && role_ == Role::kClient;
    return prefers ? TransportId{Below(4)} : TransportId::kNone;
  }

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
  Role role_ = Role::kGateway;
};

}  // namespace

Played Play(std::uint32_t seed) {
  Schedule schedule(seed);
  Played run;
  run.policies.push_back(schedule.AnyPolicy());
  run.role = schedule.Chance(50) ? Role::kGateway : Role::kClient;
  schedule.Plays(run.role);
  Timeline t(run.policies.front(), run.role);
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
  run.until = At(ms);
  return run;
}

}  // namespace jvpn
