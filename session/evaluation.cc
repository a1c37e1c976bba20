#include "session/evaluation.h"

#include <algorithm>

#include "session/denial.h"
#include "session/transition_table.h"

namespace jvpn {
namespace {

std::optional<TransportId> ChooseTarget(const Moment& moment) {
  if (moment.requested != TransportId::kNone) return moment.requested;
  const CandidateTable& candidates = moment.session.candidates;
  const CandidateTable::Situation situation = moment.situation();
  const TransportId preferred = moment.session.preferred;
  if (preferred != moment.refused && candidates.Eligible(preferred, situation, moment.policy()) &&
      !candidates.Barred(preferred, situation, moment.policy())) {
    return preferred;
  }
  return candidates.Best(situation, moment.policy(), SetOf(moment.refused));
}

void PrepareEvaluation(Moment& moment) {
  Evaluation& evaluation = moment.evaluation;
  evaluation.target = ChooseTarget(moment);
  evaluation.any_eligible =
      evaluation.target || moment.session.candidates.AnyEligible(
                               moment.situation(), moment.policy(), SetOf(moment.refused));
}

// The gate that keeps the request's target out; empty when it may go on to R.
std::optional<Reason> ClosedGate(const Moment& moment) {
  if (!moment.session.gate.RateOk(moment.now, moment.policy())) return Reason::kSwitchRateLimited;
  if (!moment.session.gate.CooldownOver(moment.now)) return Reason::kCooldownActive;
  return std::nullopt;
}

void LogSwitchDenied(Moment& moment, Reason reason, InstantMs retry_at) {
  const MachineState& session = moment.session;
  Event event = NewEvent(moment, EventType::kTransportSwitchDenied, reason);
  event.candidate_count = session.candidates.Count(session.active);
  event.switch_count_window = session.gate.InWindow(moment.now);
  event.retry_after_ms = (retry_at - moment.now).count();
  event.ballot = BallotOf(moment);
  Log(moment, std::move(event));
  moment.session.last_denial = reason;
}

void EvaluateAt(EvalTimer& timer, InstantMs at) {
  timer.at = timer.at ? std::min(*timer.at, at) : at;
}

// A candidate that only has to stay clean for a while needs no trigger but time.
void EvaluateWhenOneRipens(Moment& moment) {
  const auto ripe = moment.session.candidates.NextEligible(moment.situation(), moment.policy());
  if (ripe) EvaluateAt(moment.session.eval, std::max(*ripe, moment.session.eval.not_before));
}

}  // namespace

void Evaluate(Moment& moment) {
  PrepareEvaluation(moment);
  if (!moment.evaluation.any_eligible) EvaluateWhenOneRipens(moment);
  Dispatch(moment, InputKind::kEval);
}

void WaitToEvaluate(Moment& moment) {
  EvaluateAt(moment.session.eval, moment.session.eval.not_before);
}

std::optional<Reason> PathRefusal(const Moment& moment) {
  const Reattach& request = moment.request();
  const CandidateTable& candidates = moment.session.candidates;
  if (candidates.Barred(request.transport, moment.situation(), moment.policy())) {
    return Reason::kPolicyDenied;
  }
  // C-48: never attach to a lossy candidate, whoever asks.
  const bool lossy = candidates.Get(request.transport).verdict == Verdict::kLossy;
  if (!request.transport_usable || !IsTransport(request.transport) || lossy) {
    return Reason::kInvalidTransportCandidate;
  }
  return std::nullopt;
}

void JudgeRequest(Moment& moment) {
  AdmitRequestedPath(moment);
  const TransportId path = moment.request().transport;
  if (const std::optional<Reason> refusal = PathRefusal(moment)) {
    DenyRequest(moment, *refusal);
    moment.refused = path;
    Evaluate(moment);
    return;
  }
  if (const std::optional<Reason> gate = ClosedGate(moment)) {
    DenyRequest(moment, Reason::kPolicyDenied, gate);
  }
  moment.requested = path;
  Evaluate(moment);
  moment.requested = TransportId::kNone;
  if (moment.session.state == State::kRecovering) Dispatch(moment, InputKind::kReattach);
}

void DenyNoCandidate(Moment& moment) {
  moment.session.episode.no_candidate_reported = true;
  LogSwitchDenied(moment, Reason::kNoValidCandidate, moment.now);
}

void DenyNoCandidateOnce(Moment& moment) {
  if (!moment.session.episode.no_candidate_reported) DenyNoCandidate(moment);
}

void DenyByPolicy(Moment& moment) {
  EvalTimer& timer = moment.session.eval;
  timer.not_before = moment.now + moment.policy().switch_cooldown;
  LogSwitchDenied(moment, Reason::kPolicyDenied, timer.not_before);
}

void DenyByRate(Moment& moment) {
  MachineState& session = moment.session;
  session.gate.ArmCooldown(moment.now, moment.policy());
  session.eval.not_before = moment.now + moment.policy().switch_cooldown;
  // With a cap of 0 no slide of the window ever helps.
  session.eval.at = session.gate.WhenRateOk(moment.now, moment.policy());
  if (session.eval.at) {
    session.eval.at =
        std::max({*session.eval.at, session.eval.not_before, session.gate.cooldown_until()});
  }
  LogSwitchDenied(moment, Reason::kSwitchRateLimited,
                  session.eval.at.value_or(session.eval.not_before));
}

void DenyByCooldown(Moment& moment) {
  MachineState& session = moment.session;
  session.eval.not_before = session.gate.cooldown_until();
  session.eval.at = session.gate.cooldown_until();
  LogSwitchDenied(moment, Reason::kCooldownActive, session.gate.cooldown_until());
}

void RearmEvaluation(Moment& moment) {
  MachineState& session = moment.session;
  if (session.state != State::kVolatile && session.state != State::kDegraded) return;
  if (session.last_denial == Reason::kPolicyDenied) {
    EvaluateAt(session.eval, std::max(moment.now, session.eval.not_before));
  } else if (session.last_denial == Reason::kSwitchRateLimited) {
    session.eval.at = session.gate.WhenRateOk(moment.now, moment.policy());
    if (session.eval.at) session.eval.at = std::max(*session.eval.at, session.eval.not_before);
  }
}

}  // namespace jvpn
