#include "session/attempt.h"

#include <algorithm>

#include "base/check.h"
#include "session/denial.h"
#include "session/evaluation.h"
#include "session/transition_table.h"

namespace jvpn {
namespace {

ReattachCause SolicitCause(const Moment& moment) {
  return moment.session.active == TransportId::kNone ? ReattachCause::kDead
                                                     : ReattachCause::kQuality;
}

void LogAttempt(Moment& moment) {
  const Attempt& attempt = *moment.session.attempt;
  Event event = NewEvent(moment, EventType::kReattachAttempt, RecoveryReason(moment));
  event.transport = attempt.target;
  event.recovery_deadline_ms = attempt.deadline.time_since_epoch().count();
  event.ballot = BallotOf(moment);
  Log(moment, std::move(event));
}

void LogFailure(Moment& moment, Reason reason) {
  Event event = NewEvent(moment, EventType::kTransportSwitchFailed, reason);
  event.transport = moment.session.attempt->target;
  event.ballot = BallotOf(moment);
  Log(moment, std::move(event));
}

void EndAttemptWithoutCommit(Moment& moment, Reason reason) {
  MachineState& session = moment.session;
  LogFailure(moment, reason);
  session.gate.ArmCooldown(moment.now, moment.policy());
  session.eval.at = session.gate.cooldown_until();
  session.attempt.reset();
  moment.effects.emplace_back(EndAttempt{});
}

void CountFailure(Moment& moment) {
  moment.session.failures.Add(moment.now, moment.policy().validation_failure_window);
}

// KeyRotated, after a restart only: traffic keys of another process are never used again.
void RotateKeys(Moment& moment) {
  MachineState& session = moment.session;
  if (!session.new_key_epoch && !moment.request().new_key_epoch) return;
  session.new_key_epoch = false;
  ++session.key_epoch;
  Event event = NewEvent(moment, EventType::kKeyRotated, Reason::kNodeRestart);
  event.key_epoch = session.key_epoch;
  Log(moment, std::move(event));
}

// What a commit ends, as it stood before it.
struct Ended {
  TransportId transport;
  InstantMs detected;
  InstantMs decided;
};

void LogResult(Moment& moment) {
  const MachineState& session = moment.session;
  Event result = NewEvent(moment, EventType::kReattachResult, Reason::kReattachSuccess);
  result.success = true;
  result.transport = session.active;
  Log(moment, std::move(result));
}

void LogCommit(Moment& moment, const Ended& ended) {
  const MachineState& session = moment.session;
  const bool switched = session.active != ended.transport;
  Event commit =
      NewEvent(moment, switched ? EventType::kTransportSwitch : EventType::kTransportRevalidated,
               Reason::kReattachSuccess);
  commit.transport = session.active;
  if (switched) {
    const TransportFacts& facts = session.candidates.Get(session.active);
    commit.previous_transport = ended.transport;
    commit.candidate_count = session.candidates.Count(session.active);
    commit.loss_permille = facts.loss_permille;
    commit.latency_us = facts.latency_us;
    commit.detected_ms = ended.detected.time_since_epoch().count();
    commit.decided_ms = ended.decided.time_since_epoch().count();
  }
  commit.binding_epoch = session.binding_epoch;
  Log(moment, std::move(commit));
}

}  // namespace

Reason RecoveryReason(const Moment& moment) {
  if (moment.session.active == TransportId::kNone) return Reason::kDeadTransportRecovery;
  if (moment.session.episode.cause == Reason::kPolicyDenied) return Reason::kPolicyForcedRecovery;
  return Reason::kLossRecovery;
}

void OpenAttempt(Moment& moment) {
  MachineState& session = moment.session;
  const TransportId target = *moment.evaluation.target;
  session.attempt = Attempt{.target = target,
                            .started = moment.now,
                            .deadline = moment.now + moment.policy().recovery_window,
                            .tried = SetOf(target),
                            .mark = std::nullopt};
  session.eval = EvalTimer{};
  session.last_denial.reset();
  session.preferred = TransportId::kNone;
}

void AnnounceAttempt(Moment& moment) {
  LogAttempt(moment);
  const TransportId target = moment.session.attempt->target;
  // The request that opened the attempt is judged next: there is nobody left to solicit.
  if (moment.requested == target) return;
  moment.effects.emplace_back(StartAttempt{target, SolicitCause(moment)});
}

bool HasUntriedCandidate(const Moment& moment) {
  return moment.session.candidates
      .Best(moment.situation(), moment.policy(), moment.session.attempt->tried)
      .has_value();
}

void Retarget(Moment& moment) {
  Attempt& attempt = *moment.session.attempt;
  const auto next =
      moment.session.candidates.Best(moment.situation(), moment.policy(), attempt.tried);
  CHECK(next);
  attempt.target = *next;
  attempt.tried |= SetOf(*next);
  LogAttempt(moment);
  moment.effects.emplace_back(StartAttempt{*next, SolicitCause(moment)});
}

void LoseInPlaceTarget(Moment& moment) {
  if (moment.session.attempt->target == moment.from) Dispatch(moment, InputKind::kTargetLost);
}

bool TargetLost(const Moment& moment) {
  return moment.session.attempt &&
         !moment.session.candidates.Usable(moment.session.attempt->target, moment.situation());
}

void MarkAttempt(Moment& moment) {
  std::optional<Reason>& mark = moment.session.attempt->mark;
  if (!mark) mark = ProofFault(moment.request());
  DenyOnAttemptPath(moment);
}

bool RequestGranted(const Moment& moment) {
  // The client follows: what it reads here is the gateway's commit, already made.
  if (moment.session.role == Role::kClient) return IsTransport(moment.request().transport);
  // The rate again: a policy may have lowered the cap since the attempt began (K5).
  return !PathRefusal(moment) && moment.session.gate.RateOk(moment.now, moment.policy()) &&
         moment.request().stored;
}

void Commit(Moment& moment) {
  AdmitRequestedPath(moment);
  MachineState& session = moment.session;
  const TransportId path = moment.request().transport;
  const Ended ended{.transport = std::exchange(session.previous, path),
                    .detected = session.episode.volatile_since,
                    .decided = session.attempt->started};
  const TransportId left = std::exchange(session.active, path);
  ++session.binding_epoch;
  session.transportless.Stop();
  session.gate.Commit(moment.now);
  session.gate.ArmCooldown(moment.now, moment.policy());
  session.attempt.reset();
  session.episode = Episode{};
  session.active_stable = false;
  session.rebind_denial_reported = false;
  LogResult(moment);
  RotateKeys(moment);
  LogCommit(moment, ended);

  // O3: only a binding that lived until now can drain.
  const bool drains = left != TransportId::kNone && left != path;
  moment.effects.emplace_back(Bind{path, drains ? left : TransportId::kNone,
                                   drains ? moment.now + moment.policy().drain : InstantMs{}});
}

void AcknowledgeCommit(Moment& moment) {
  if (moment.session.role != Role::kGateway) return;
  moment.effects.emplace_back(
      Answer{Answer::Kind::kAck, moment.request().transport, moment.request().counter});
}

void FailByRefusal(Moment& moment) {
  AdmitRequestedPath(moment);
  // Steps 8 to 10 in their order; the exact code stands in ReattachResult.
  const std::optional<Reason> refusal = PathRefusal(moment);
  const bool rate_ok = moment.session.gate.RateOk(moment.now, moment.policy());
  const std::optional<Reason> gate =
      refusal || rate_ok ? std::nullopt : std::optional(Reason::kSwitchRateLimited);
  // What no check refused the store would not take (step 10).
  const Reason last = rate_ok ? Reason::kAtomicityFailed : Reason::kPolicyDenied;
  const Reason code = refusal.value_or(last);
  DenyWithEdge(moment, code, gate);
  moment.detail = code == Reason::kPolicyDenied ? gate : std::optional(code);
  EndAttemptWithoutCommit(moment, Reason::kPolicyDenied);
}

void FailByProof(Moment& moment) {
  moment.detail = ProofFault(moment.request());
  CountFailure(moment);
  DenyWithEdge(moment, *moment.detail);
  EndAttemptWithoutCommit(moment, Reason::kReattachValidationFailed);
}

void FailByMark(Moment& moment) {
  moment.detail = moment.session.attempt->mark;
  CountFailure(moment);
  EndAttemptWithoutCommit(moment, Reason::kReattachValidationFailed);
}

void FailByLostTarget(Moment& moment) {
  EndAttemptWithoutCommit(moment, Reason::kNoCandidateTransports);
}

void FailByExpiry(Moment& moment) {
  EndAttemptWithoutCommit(moment, Reason::kRecoveryWindowExpired);
}

void DropAttempt(Moment& moment) { EndAttemptWithoutCommit(moment, Reason::kNodeRestart); }

void ReportExpiry(Moment& moment) { LogFailure(moment, Reason::kRecoveryWindowExpired); }

bool OverFailureLimit(const Moment& moment) {
  const Policy& policy = moment.policy();
  const std::uint32_t before =
      moment.session.failures.Count(moment.now, policy.validation_failure_window);
  return before + 1 > policy.max_validation_failures;
}

}  // namespace jvpn
