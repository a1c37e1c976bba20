#include "session/moment.h"

#include "session/policy_id.h"

namespace jvpn {

Event NewEvent(const Moment& moment, EventType type, Reason reason) {
  Event event;
  event.at = moment.now;
  event.type = type;
  event.session_id = moment.session.id;
  event.state_version = moment.session.version;
  event.policy_version = moment.policy().version;
  event.reason = reason;
  event.failure_class = ClassOf(type, reason);
  return event;
}

void Log(Moment& moment, Event event) { moment.effects.emplace_back(Emit{std::move(event)}); }

Ballot BallotOf(const Moment& moment) {
  const MachineState& session = moment.session;
  Ballot ballot{.candidates = session.candidates.Alive(session.active),
                .hysteresis = session.episode.by_loss_or_latency,
                .active_stable = session.active_stable,
                .requested = moment.requested,
                .refused = moment.refused};
  return ballot;
}

void TakeEdge(Moment& moment, State next, Reason reason) {
  MachineState& session = moment.session;
  if (next == State::kTerminated) ReportHeldDenials(moment);
  const State previous = std::exchange(session.state, next);
  ++session.version;
  moment.edge_reason = reason;

  Event event = NewEvent(moment, EventType::kSessionStateChange, reason);
  event.previous_state = previous;
  event.new_state = next;
  event.detail = moment.detail;
  if (moment.from != TransportId::kNone) event.previous_transport = moment.from;
  event.candidate_count = session.candidates.Count(session.active);
  if (previous == State::kBirth) {
    event.session_age_ms = (moment.now - session.birth).count();
    event.policy_id = PolicyId(moment.policy());
  }
  if (moment.loss) {
    event.loss_lost = moment.loss->first;
    event.loss_sent = moment.loss->second;
  }
  Log(moment, std::move(event));

  // Nothing is installed on the way out: SessionTerminated follows its edge (K8).
  if (next != State::kTerminated && session.pending_policy) {
    InstallPolicy(moment, std::exchange(session.pending_policy, nullptr));
  }
}

void InstallPolicy(Moment& moment, std::shared_ptr<const Policy> policy) {
  moment.session.denials.Refill(moment.now, moment.policy());
  moment.session.policy = std::move(policy);
  Event event = NewEvent(moment, EventType::kPolicyApplied, Reason::kPolicyApplied);
  event.policy_id = PolicyId(moment.policy());
  Log(moment, std::move(event));
}

void AnnounceExpiry(Moment& moment) {
  moment.session.expiry_announced = true;
  Event event = NewEvent(moment, EventType::kSessionExpiring, Reason::kSessionLifetimeExceeded);
  event.remaining_ms = (moment.session.birth + moment.policy().max_lifetime - moment.now).count();
  Log(moment, std::move(event));
}

void ReportHeldDenials(Moment& moment) {
  std::uint32_t total = moment.session.denials.held_total();
  const std::vector<DenialLimiter::Held> all = moment.session.denials.TakeHeld();
  for (const DenialLimiter::Held& held : all) total -= held.count;
  for (const DenialLimiter::Held& held : all) {
    Event event = NewEvent(moment, EventType::kDenialSummary, held.code);
    event.count = held.count;
    event.total = total += held.count;
    Log(moment, std::move(event));
  }
}

}  // namespace jvpn
