// Target: a session's machine, fed inputs that the bytes spell: any order, any values, any pace.
#include "base/byte_cursor.h"
#include "base/check.h"
#include "session/session_machine.h"
#include "tests/fuzz/fuzz_target.h"

namespace jvpn {
namespace {

constexpr std::size_t kMostInputs = 500;

class Speller {
 public:
  explicit Speller(ByteView from) : bytes_(from) {}
  bool more() const { return !bytes_.rest().empty(); }
  std::uint32_t Below(std::uint32_t limit) { return bytes_.U8() % limit; }
  bool Flag() { return (bytes_.U8() & 1) != 0; }
  // Also one that no session has, and none.
  TransportId Transport() {
    const std::uint32_t id = Below(6);
    return id == 5 ? TransportId::kNone : TransportId{id == 4 ? kMaxTransports : id};
  }
  Millis Pause() { return Millis{bytes_.U8() * std::int64_t{bytes_.U8()}}; }

  Policy AnyPolicy() {
    const Policy profiles[] = {Policy::Reference(), Policy::Default(), Policy::Fast()};
    Policy policy = profiles[Below(3)];
    const std::uint8_t bits = bytes_.U8();
    policy.strict_validation = (bits & 1) != 0;
    policy.switching_enabled = (bits & 2) == 0;
    policy.enforce_hysteresis = (bits & 4) != 0;
    if ((bits & 8) != 0) policy.recovery_expiry_action = ExpiryAction::kTerminate;
    if ((bits & 16) != 0) policy.apply_mode = ApplyMode::kStrict;
    policy.max_switches_per_min = Below(4);
    policy.max_validation_failures = Below(4);
    if (!HardFaults(policy).empty()) return Policy::Default();
    return policy;
  }

  static constexpr Reason kCauses[] = {
      Reason::kLossThresholdExceeded, Reason::kHeartbeatTimeout, Reason::kConsecutiveDropExceeded,
      Reason::kPolicyDenied,          Reason::kPeerSignal,       Reason::kSocketError};

  // Nobody counts more lost than sent.
  Instability AnyInstability() {
    const Reason cause = kCauses[Below(6)];
    const std::uint32_t sent = bytes_.U8();
    return {cause, Below(sent + 1), sent, Transport()};
  }

  Input AnyInput() {
    switch (Below(13)) {
      case 0:
        return AttachOk{TransportId{Below(kMaxTransports)}};
      case 1:
        return AttachFail{};
      case 2:
        return TransportDied{TransportId{Below(kMaxTransports)}, kCauses[Below(6)], Transport()};
      case 3:
        return AnyInstability();
      case 4:
        return ActiveStable{};
      case 5:
        return CandidateUpdate{TransportId{Below(kMaxTransports)}, AnyFacts(), Transport()};
      case 6:
        return AnyRequest();
      case 7:
        return OperatorTerminate{};
      case 8:
        return HardFault{};
      case 9:
        return PeerClose{};
      case 10:
        return PolicyUpdate{Flag() ? std::make_shared<const Policy>(AnyPolicy()) : nullptr};
      case 11:
        return ChallengeAnswered{Transport(), Flag(), {}, {}};
      default:
        return Tick{};
    }
  }

 private:
  TransportFacts AnyFacts() {
    const std::uint8_t bits = bytes_.U8();
    TransportFacts facts;
    facts.known = (bits & 1) != 0;
    facts.dead = (bits & 2) != 0;
    facts.fresh = (bits & 4) != 0;
    facts.probe_gap = (bits & 8) != 0;
    facts.barred = (bits & 16) != 0;
    facts.failed_before = (bits & 32) != 0;
    facts.verdict = static_cast<Verdict>(Below(3));
    facts.loss_permille = bytes_.U8() * 4U;
    facts.latency_us = bytes_.U16();
    return facts;
  }
  Reattach AnyRequest() {
    Reattach request;
    request.transport = Transport();
    request.proof = static_cast<Reattach::Proof>(Below(5));
    const std::uint8_t bits = bytes_.U8();
    request.mac_valid = (bits & 1) != 0;
    request.epoch_matches = (bits & 2) != 0;
    request.epoch_is_previous = (bits & 4) != 0;
    request.same_as_accepted = (bits & 8) != 0;
    request.transport_usable = (bits & 16) != 0;
    if ((bits & 32) != 0) request.cause = Reason::kLossThresholdExceeded;
    request.counter = bytes_.U8();
    return request;
  }

  ByteReader bytes_;
};

void CheckMachine(const SessionMachine& machine, InstantMs now, std::uint32_t version) {
  const State state = machine.state();
  const bool bound = machine.active() != TransportId::kNone;
  CHECK(machine.attempt_target().has_value() == (state == State::kRecovering));
  CHECK(bound || state != State::kAttached);
  CHECK(!bound || state != State::kTerminated);
  CHECK(machine.state_version() >= version);
  CHECK(machine.NextDeadline() > now);
}

}  // namespace

bool FuzzTarget(ByteView input) {
  Speller bytes(input);
  if (!bytes.more()) return false;
  InstantMs now{Millis{1'000'000}};
  const Role role = bytes.Flag() ? Role::kGateway : Role::kClient;
  SessionMachine machine(role, SessionId{}, std::make_shared<const Policy>(bytes.AnyPolicy()), now);
  for (std::size_t i = 0; i < kMostInputs && bytes.more(); ++i) {
    now += bytes.Pause();
    const std::uint32_t version = machine.state_version();
    machine.Step(now, bytes.AnyInput());
    machine.Step(now, Tick{});  // a policy in force at once may have put a deadline behind us
    CheckMachine(machine, now, version);
  }
  return true;
}

}  // namespace jvpn
