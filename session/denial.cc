#include "session/denial.h"

#include "base/check.h"

namespace jvpn {
namespace {

void LogResult(Moment& moment, Reason code, std::optional<Reason> detail) {
  Event event = NewEvent(moment, EventType::kReattachResult, code);
  event.success = false;
  event.transport = moment.request().transport;
  event.detail = detail;
  Log(moment, std::move(event));
}

void LogSecurity(Moment& moment, Reason code) {
  const bool replay = code == Reason::kReplayDetected;
  Event event = NewEvent(
      moment, replay ? EventType::kSecurityReplayDetected : EventType::kSecurityValidationFailed,
      code);
  event.transport = moment.request().transport;
  Log(moment, std::move(event));
}

void LogForeignAttempt(Moment& moment, Reason code) {
  Event event = NewEvent(moment, EventType::kReattachAttempt, code);
  event.transport = moment.request().transport;
  Log(moment, std::move(event));
}

void AnswerDeny(Moment& moment) {
  if (moment.session.role != Role::kGateway) return;
  moment.effects.emplace_back(
      Answer{Answer::Kind::kDeny, moment.request().transport, moment.request().counter});
}

// False: counted instead, for the next DenialSummary.
bool LimiterLets(Moment& moment, Reason code) {
  if (moment.session.denials.Take(moment.now, moment.policy())) return true;
  // After the end nothing is summarised: SessionTerminated was the last word.
  if (moment.session.state != State::kTerminated) moment.session.denials.HoldBack(moment.now, code);
  return false;
}

}  // namespace

bool ProofInvalid(const Reattach& request) {
  return request.proof != Reattach::Proof::kValid || request.same_as_accepted;
}

Reason ProofFault(const Reattach& request) {
  switch (request.proof) {
    case Reattach::Proof::kValid:
    case Reattach::Proof::kReplayDetected:
      return Reason::kReplayDetected;
    case Reattach::Proof::kBadProof:
      return Reason::kBadProof;
    case Reattach::Proof::kStaleRequest:
      return Reason::kStaleRequest;
    case Reattach::Proof::kKeyExpired:
      return Reason::kKeyExpired;
  }
  CHECK(false);
}

void AdmitRequestedPath(Moment& moment) {
  const Reattach& request = moment.request();
  if (moment.session.role != Role::kGateway || !request.transport_usable) return;
  if (!IsTransport(request.transport)) return;
  TransportFacts facts = moment.session.candidates.Get(request.transport);
  facts.known = true;
  facts.dead = false;
  facts.fresh = true;
  moment.session.candidates.Set(request.transport, facts);
}

void DenyRequest(Moment& moment, Reason code, std::optional<Reason> detail) {
  if (!LimiterLets(moment, code)) return;
  LogForeignAttempt(moment, code);
  LogResult(moment, code, detail);
  AnswerDeny(moment);
}

void DenyStaleEpoch(Moment& moment) {
  if (!moment.request().epoch_is_previous) return DenyRequest(moment, Reason::kStaleStateVersion);
  // Nothing moves, but only this answer brings the two ends together again: copies of the accepted
  // request may be long gone, or have no path left to come on.
  if (!LimiterLets(moment, Reason::kStaleStateVersion)) return;
  LogForeignAttempt(moment, Reason::kStaleStateVersion);
  LogResult(moment, Reason::kStaleStateVersion, std::nullopt);
  if (moment.session.role != Role::kGateway) return;
  moment.effects.emplace_back(Answer{Answer::Kind::kLateAck, moment.request().transport,
                                     moment.request().counter, moment.session.previous});
}

void DenyInAttached(Moment& moment) {
  const Reattach& request = moment.request();
  if (!LimiterLets(moment, Reason::kInvalidStateForReattach)) return;
  LogForeignAttempt(moment, Reason::kInvalidStateForReattach);
  LogResult(moment, Reason::kInvalidStateForReattach, std::nullopt);
  // C-47: the state was checked first, but an authentic copy is worth a line of its own.
  const Reason fault = ProofFault(request);
  const bool authentic = request.mac_valid || request.same_as_accepted;
  if (fault == Reason::kReplayDetected && authentic) LogSecurity(moment, fault);
  AnswerDeny(moment);
}

void DenyForeign(Moment& moment) {
  const Reason code = ProofFault(moment.request());
  if (!LimiterLets(moment, code)) return;
  LogForeignAttempt(moment, code);
  LogResult(moment, code, std::nullopt);
  LogSecurity(moment, code);
  AnswerDeny(moment);
}

void DenyInTerminated(Moment& moment) {
  if (!LimiterLets(moment, Reason::kInvalidStateForReattach)) return;
  LogResult(moment, Reason::kInvalidStateForReattach, std::nullopt);
  AnswerDeny(moment);
}

void DenyOnAttemptPath(Moment& moment) {
  const Reason code = ProofFault(moment.request());
  if (!LimiterLets(moment, code)) return;
  LogResult(moment, code, std::nullopt);
  LogSecurity(moment, code);
  AnswerDeny(moment);
}

void DenyWithEdge(Moment& moment, Reason code, std::optional<Reason> detail) {
  LogResult(moment, code, detail);
  if (ProofInvalid(moment.request())) LogSecurity(moment, code);
  AnswerDeny(moment);
}

}  // namespace jvpn
