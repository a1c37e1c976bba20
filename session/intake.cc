#include "session/intake.h"

#include <algorithm>

#include "base/check.h"
#include "session/attempt.h"

namespace jvpn {
namespace {

// BIRTH has no tables yet and TERMINATED has none any more.
bool Live(const MachineState& session) {
  return session.state != State::kBirth && session.state != State::kTerminated;
}

class Taker {
 public:
  explicit Taker(Moment& moment) : moment_(moment), session_(moment.session) {}

  InputKind operator()(const AttachOk& attach) {
    CHECK(IsTransport(attach.transport));
    return InputKind::kAttachOk;
  }
  InputKind operator()(const AttachFail&) { return InputKind::kAttachFail; }

  InputKind operator()(const TransportDied& died) {
    CHECK(IsTransport(died.transport));
    Prefer(died.prefer);
    if (died.transport == session_.active) return InputKind::kActiveDead;
    if (!Live(session_)) return InputKind::kCandidateDead;
    TransportFacts facts = session_.candidates.Get(died.transport);
    const bool was_candidate = facts.known && !facts.dead;
    facts.dead = true;
    facts.fresh = false;
    facts.failed_before = true;
    session_.candidates.Set(died.transport, facts);
    if (session_.attempt && session_.attempt->target == died.transport) {
      return InputKind::kTargetLost;
    }
    return was_candidate ? InputKind::kCandidateDead : InputKind::kCandidateUpdate;
  }

  InputKind operator()(const Instability& instability) {
    CHECK(instability.loss_lost <= instability.loss_sent);
    Prefer(instability.prefer);
    return InputKind::kInstability;
  }

  InputKind operator()(const ActiveStable&) {
    if (Live(session_) && session_.active != TransportId::kNone) {
      session_.active_stable = true;
      // What the input says, whatever was last heard.
      TransportFacts facts = session_.candidates.Get(session_.active);
      facts.verdict = Verdict::kOk;
      facts.loss_permille = std::min(facts.loss_permille, moment_.policy().loss_recover_threshold);
      session_.candidates.Set(session_.active, facts);
    }
    return InputKind::kActiveStable;
  }

  InputKind operator()(const CandidateUpdate& update) {
    CHECK(IsTransport(update.transport));
    if (!Live(session_)) return InputKind::kCandidateUpdate;
    Prefer(update.prefer);
    TransportFacts facts = update.facts;
    facts.failed_before |= session_.candidates.Get(update.transport).failed_before;
    session_.candidates.Set(update.transport, facts);
    const bool active = update.transport == session_.active;
    if (active && facts.verdict == Verdict::kLossy) session_.active_stable = false;
    if (TargetLost(moment_)) return InputKind::kTargetLost;
    const bool unknown = active && facts.verdict == Verdict::kUnknown;
    return unknown ? InputKind::kVerdictUnknown : InputKind::kCandidateUpdate;
  }

  InputKind operator()(const Reattach&) { return InputKind::kReattach; }
  InputKind operator()(const Restore&) { return InputKind::kRestore; }
  InputKind operator()(const OperatorTerminate&) { return InputKind::kOperatorTerminate; }
  InputKind operator()(const HardFault&) { return InputKind::kHardFault; }
  InputKind operator()(const PeerClose&) { return InputKind::kPeerClose; }
  InputKind operator()(const PolicyUpdate&) { return InputKind::kPolicyUpdate; }
  InputKind operator()(const ChallengeAnswered&) { return InputKind::kChallengeAnswered; }
  InputKind operator()(const Tick&) { return InputKind::kAny; }

 private:
  void Prefer(TransportId transport) {
    if (transport != TransportId::kNone) session_.preferred = transport;
  }

  Moment& moment_;
  MachineState& session_;
};

}  // namespace

InputKind TakeIn(Moment& moment) { return std::visit(Taker(moment), moment.input); }

}  // namespace jvpn
