#include "session/lifecycle.h"

#include <algorithm>

#include "session/attempt.h"
#include "session/denial.h"
#include "session/evaluation.h"
#include "session/policy_id.h"

namespace jvpn {
namespace {

bool IsLossOrLatency(Reason cause) {
  return cause == Reason::kLossThresholdExceeded || cause == Reason::kLatencyThresholdExceeded;
}

bool IsInstability(Reason cause) {
  return IsLossOrLatency(cause) || cause == Reason::kConsecutiveDropExceeded ||
         cause == Reason::kHeartbeatTimeout || cause == Reason::kPolicyDenied;
}

void BeginEpisode(Moment& moment, Reason cause) {
  MachineState& session = moment.session;
  session.episode = Episode{.cause = cause,
                            .by_loss_or_latency = IsLossOrLatency(cause),
                            .no_candidate_reported = false,
                            .volatile_since = moment.now};
  session.eval = EvalTimer{};
  session.last_denial.reset();
  session.active_stable = false;
}

void MarkFailed(MachineState& session, TransportId id, bool dead) {
  TransportFacts facts = session.candidates.Get(id);
  facts.failed_before = true;
  if (dead) {
    facts.dead = true;
    facts.fresh = false;
  }
  session.candidates.Set(id, facts);
}

void LoseActiveBecause(Moment& moment, Reason cause) {
  MachineState& session = moment.session;
  if (session.state == State::kAttached) BeginEpisode(moment, Reason::kTransportDead);
  const TransportId lost = std::exchange(session.active, TransportId::kNone);
  MarkFailed(session, lost, /*dead=*/true);
  session.transportless.Start(moment.now);

  Event event = NewEvent(moment, EventType::kTransportDead, cause);
  event.transport = lost;
  event.role_active = true;
  Log(moment, std::move(event));
  moment.effects.emplace_back(Bind{TransportId::kNone, TransportId::kNone, InstantMs{}});
}

void LogRebind(Moment& moment, EventType type, Reason reason) {
  const auto& answered = std::get<ChallengeAnswered>(moment.input);
  Event event = NewEvent(moment, type, reason);
  event.transport = answered.transport;
  event.old_addr = answered.old_address.ToString();
  event.new_addr = answered.new_address.ToString();
  Log(moment, std::move(event));
}

}  // namespace

void Attach(Moment& moment) {
  MachineState& session = moment.session;
  const TransportId transport = std::get<AttachOk>(moment.input).transport;
  session.active = session.previous = transport;
  session.binding_epoch = 1;
  session.key_epoch = 1;
  session.transportless.Stop();
  TransportFacts facts = session.candidates.Get(transport);
  facts.known = facts.fresh = true;
  facts.clean_since = moment.now;
  session.candidates.Set(transport, facts);

  Event event = NewEvent(moment, EventType::kTransportAttached, Reason::kAttachedToTransport);
  event.transport = transport;
  Log(moment, std::move(event));
  moment.effects.emplace_back(Bind{transport, TransportId::kNone, InstantMs{}});
}

void LoseActive(Moment& moment) {
  LoseActiveBecause(moment, std::get<TransportDied>(moment.input).cause);
}

void LoseActiveByPeer(Moment& moment) { LoseActiveBecause(moment, Reason::kPeerSignal); }

void BecomeVolatile(Moment& moment) {
  const auto& instability = std::get<Instability>(moment.input);
  BeginEpisode(moment, instability.cause);
  MarkFailed(moment.session, moment.session.active, /*dead=*/false);
  NoteInstability(moment);
  if (instability.loss_sent > 0) {
    moment.loss = {instability.loss_lost, instability.loss_sent};
  }
}

void BecomeVolatileByPeer(Moment& moment) {
  BeginEpisode(moment, RequestedCause(moment));
  MarkFailed(moment.session, moment.session.active, /*dead=*/false);
}

Reason InstabilityCause(const Moment& moment) { return std::get<Instability>(moment.input).cause; }

Reason RequestedCause(const Moment& moment) {
  const Reason cause = moment.request().cause;
  return IsInstability(cause) ? cause : Reason::kLossThresholdExceeded;
}

void NoteInstability(Moment& moment) {
  MachineState& session = moment.session;
  const auto& instability = std::get<Instability>(moment.input);
  session.active_stable = false;
  session.episode.by_loss_or_latency &= IsLossOrLatency(instability.cause);
  if (session.active == TransportId::kNone || instability.loss_sent == 0) return;
  TransportFacts facts = session.candidates.Get(session.active);
  facts.loss_permille = static_cast<std::uint32_t>(std::uint64_t{instability.loss_lost} * 1000 /
                                                   instability.loss_sent);
  if (instability.cause == Reason::kLossThresholdExceeded) facts.verdict = Verdict::kLossy;
  session.candidates.Set(session.active, facts);
}

void ReportCandidateDead(Moment& moment) {
  const auto& died = std::get<TransportDied>(moment.input);
  Event event = NewEvent(moment, EventType::kTransportDead, died.cause);
  event.transport = died.transport;
  event.role_active = false;
  Log(moment, std::move(event));
}

void ResumeSession(Moment& moment) {
  MachineState& session = moment.session;
  const auto& restore = std::get<Restore>(moment.input);
  const State persisted = session.state;
  const TransportId lost = std::exchange(session.active, TransportId::kNone);
  // The time of a binding that went with the process starts now, not when the process went.
  session.transportless.Start(moment.now);
  session.new_key_epoch = true;
  BeginEpisode(moment, Reason::kTransportDead);

  Event event = NewEvent(moment, EventType::kSessionRestored, Reason::kNodeRestart);
  event.previous_state = persisted;
  event.downtime_ms = restore.downtime.count();
  event.binding_lost = lost != TransportId::kNone;
  event.session_age_ms = (moment.now - session.birth).count();
  event.transportless_age_ms = session.transportless.Age(moment.now).count();
  Log(moment, std::move(event));
  if (restore.policy_changed) InstallPolicy(moment, session.policy);
}

void ResumeAttempt(Moment& moment) {
  ResumeSession(moment);
  DropAttempt(moment);
}

void ExplainFault(Moment& moment) { moment.detail = std::get<HardFault>(moment.input).code; }

void ExplainProof(Moment& moment) {
  moment.detail = ProofFault(moment.request());
  DenyWithEdge(moment, *moment.detail);
}

void ExplainMark(Moment& moment) { moment.detail = moment.session.attempt->mark; }

void EndSession(Moment& moment) {
  MachineState& session = moment.session;
  Event event = NewEvent(moment, EventType::kSessionTerminated, moment.edge_reason);
  event.session_age_ms = (moment.now - session.birth).count();
  event.transportless_age_ms = session.transportless.Age(moment.now).count();
  event.total = session.denials.held_total();
  Log(moment, std::move(event));

  session.ended_at = moment.now;
  session.active = TransportId::kNone;
  session.attempt.reset();
  session.eval = EvalTimer{};
  session.pending_policy.reset();
  moment.effects.emplace_back(Teardown{moment.edge_reason});
}

void ApplyPolicyNow(Moment& moment) {
  MachineState& session = moment.session;
  session.pending_policy.reset();
  InstallPolicy(moment, std::get<PolicyUpdate>(moment.input).policy);
  if (session.attempt) {
    session.attempt->deadline = session.attempt->started + moment.policy().recovery_window;
  }
  RearmEvaluation(moment);
}

void KeepPolicyForNextEdge(Moment& moment) {
  moment.session.pending_policy = std::get<PolicyUpdate>(moment.input).policy;
}

void RejectPolicy(Moment& moment) {
  const auto& update = std::get<PolicyUpdate>(moment.input);
  Event event = NewEvent(moment, EventType::kPolicyRejected, Reason::kPolicyInvalid);
  if (update.policy) event.policy_id = PolicyId(*update.policy);
  Log(moment, std::move(event));
}

void MoveTransmitAddress(Moment& moment) {
  const auto& answered = std::get<ChallengeAnswered>(moment.input);
  moment.session.rebounds.Add(moment.now, SwitchGate::kWindow);
  moment.session.rebind_denial_reported = false;
  LogRebind(moment, EventType::kTransportRebound, Reason::kNatRebinding);
  moment.effects.emplace_back(Rebind{answered.transport, answered.new_address});
}

void DenyRebind(Moment& moment) {
  if (std::exchange(moment.session.rebind_denial_reported, true)) return;
  LogRebind(moment, EventType::kTransportRebindDenied, Reason::kRebindRateLimited);
}

void ResendAck(Moment& moment) {
  if (moment.session.role != Role::kGateway) return;
  moment.effects.emplace_back(
      Answer{Answer::Kind::kCachedAck, moment.request().transport, moment.request().counter});
}

}  // namespace jvpn
