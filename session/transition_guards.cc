#include "session/transition_guards.h"

#include "session/attempt.h"
#include "session/denial.h"

namespace jvpn::guard {
namespace {

bool OnAttemptPath(const Moment& moment) {
  return moment.request().transport == moment.session.attempt->target;
}

}  // namespace

bool Always(const Moment&) { return true; }

// All limits are strict: equal survives.
bool LifetimeOver(const Moment& moment) {
  return moment.now - moment.session.birth > moment.policy().max_lifetime;
}
bool TransportlessTooLong(const Moment& moment) {
  return moment.session.active == TransportId::kNone &&
         moment.session.transportless.Age(moment.now) > moment.session.TransportTtl();
}
bool HandshakeTooLong(const Moment& moment) {
  return moment.now - moment.session.birth > moment.policy().handshake_timeout;
}
bool VolatileTooLong(const Moment& moment) {
  return moment.now - moment.session.episode.volatile_since > moment.policy().volatile_to_degraded;
}
bool EvalAllowed(const Moment& moment) { return moment.now >= moment.session.eval.not_before; }

bool PolicyInvalid(const Moment& moment) {
  const auto& update = std::get<PolicyUpdate>(moment.input);
  return !update.policy || !HardFaults(*update.policy).empty();
}
bool PolicyStrict(const Moment& moment) {
  return std::get<PolicyUpdate>(moment.input).policy->apply_mode == ApplyMode::kStrict;
}

bool NotPending(const Moment& moment) {
  const auto& answered = std::get<ChallengeAnswered>(moment.input);
  return !answered.pending || answered.transport != moment.session.active;
}
bool RebindAllowed(const Moment& moment) {
  return moment.session.rebounds.Count(moment.now, SwitchGate::kWindow) <
         moment.policy().rebind_max_per_min;
}

bool NoCandidateUnbound(const Moment& moment) {
  return NoCandidate(moment) && moment.session.active == TransportId::kNone;
}
bool NoCandidate(const Moment& moment) { return !moment.evaluation.any_eligible; }
bool AllBarred(const Moment& moment) { return !moment.evaluation.target; }
bool RateExceeded(const Moment& moment) {
  return !moment.session.gate.RateOk(moment.now, moment.policy());
}
bool CooldownActive(const Moment& moment) { return !moment.session.gate.CooldownOver(moment.now); }

bool CopyOnBoundPath(const Moment& moment) {
  return moment.request().same_as_accepted && moment.request().transport == moment.session.active;
}
bool ValidButStaleEpoch(const Moment& moment) {
  return !Invalid(moment) && !moment.request().epoch_matches;
}
bool Invalid(const Moment& moment) { return ProofInvalid(moment.request()); }
bool ValidBecauseDead(const Moment& moment) {
  return !Invalid(moment) && moment.request().cause == Reason::kPeerSignal;
}
bool InvalidElsewhere(const Moment& moment) { return Invalid(moment) && !OnAttemptPath(moment); }
bool InvalidNotStrict(const Moment& moment) {
  return Invalid(moment) && !moment.policy().strict_validation;
}
bool InvalidOverLimit(const Moment& moment) { return Invalid(moment) && OverFailureLimit(moment); }
bool Granted(const Moment& moment) { return !Invalid(moment) && RequestGranted(moment); }

bool UntriedCandidate(const Moment& moment) { return HasUntriedCandidate(moment); }
bool MarkedOverLimit(const Moment& moment) { return Marked(moment) && OverFailureLimit(moment); }
bool Marked(const Moment& moment) { return moment.session.attempt->mark.has_value(); }
bool WindowOver(const Moment& moment) { return moment.now > moment.session.attempt->deadline; }
bool WindowOverTerminates(const Moment& moment) {
  return WindowOver(moment) && moment.policy().recovery_expiry_action == ExpiryAction::kTerminate;
}
bool WindowOverMarked(const Moment& moment) { return WindowOver(moment) && Marked(moment); }
bool WindowOverMarkedOverLimit(const Moment& moment) {
  return WindowOver(moment) && MarkedOverLimit(moment);
}

}  // namespace jvpn::guard
