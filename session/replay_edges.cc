// SessionReplay: edges and what binds or unbinds (rows B, A, V, G, P of requirements 10).
#include <algorithm>

#include "session/event_rules.h"
#include "session/replay.h"

namespace jvpn {
namespace {

std::string Number(TransportId id) {
  return id == TransportId::kNone ? "none" : std::to_string(Value(id));
}
std::string Ms(Millis span) { return std::to_string(span.count()) + " ms"; }

bool IsLossOrLatency(Reason cause) {
  return cause == Reason::kLossThresholdExceeded || cause == Reason::kLatencyThresholdExceeded;
}

}  // namespace

void SessionReplay::TakeEdge(const Event& event) {
  const State from = *event.previous_state;
  const State to = *event.new_state;
  if (!Expect(from == state_, "K2", ToText(event),
              "the session is in " + std::string(Name(state_))) ||
      !Expect(InTable(from, to, *event.reason, role_), "K1", ToText(event),
              "no row has this edge with this reason")) {
    return;
  }
  ++counts_.edges;
  // The death of the bound transport is part of row A1; a restart leaves none.
  const TransportId left = owed_ == Owed::kDeathEdge    ? *last_.transport
                           : owed_ == Owed::kBirthEdge  ? TransportId::kNone
                           : owed_ == Owed::kCommitEdge ? owed_path_
                                                        : bound_;
  // Of a record that nobody can read, only its state is known.
  if (event.reason != Reason::kNodeRestart && event.detail != Reason::kRecordUnreadable) {
    Expect(event.previous_transport.value_or(TransportId::kNone) == left, "K2",
           "from_transport " + Number(event.previous_transport.value_or(TransportId::kNone)),
           "bound is " + Number(left));
  }
  if (counted_ && last_.at == event.at && owed_ != Owed::kEvaluation) {
    Expect(event.candidate_count == counted_, "FM-7-e",
           "candidate_set_size " + std::to_string(*event.candidate_count),
           "the event before counts " + std::to_string(*counted_));
  }
  counted_.reset();
  if (from == State::kBirth) LeaveBirth(event);
  if (mismatch_) return;
  CheckEdgeCause(event);
  if (to == State::kVolatile) EnterVolatile(event);
  if (to == State::kDegraded) EnterDegraded(event);
  if (to == State::kRecovering) EnterRecovering(event);
  if (to == State::kTerminated) EnterTerminated(event);
  if (to == State::kAttached) {
    Expect(owed_ == Owed::kBirthEdge || owed_ == Owed::kCommitEdge, "FM-1.1-d", ToText(event),
           "no TransportAttached, TransportSwitch or TransportRevalidated comes before it");
    attempt_.reset();
    episode_ = Episode{};
    Owe(Owed::kNothing);
  }
  state_ = to;
  version_ = event.state_version;
}

// Which codes carry a detail, and which of them measured it.
void SessionReplay::CheckEdgeCause(const Event& event) {
  const bool detailed = event.reason == Reason::kReattachValidationFailed ||
                        event.reason == Reason::kSecurityFailure ||
                        event.reason == Reason::kHardSystemFailure;
  const bool may = detailed || (event.previous_state == State::kRecovering &&
                                event.reason == Reason::kPolicyDenied);
  Expect(detailed ? event.detail.has_value() : may || !event.detail, "fields",
         event.detail ? "a detail_code" : "no detail_code",
         std::string(Name(*event.reason)) + (detailed ? " has one" : " has none"));
  if (event.reason == Reason::kHardSystemFailure && event.detail) {
    Expect(ClassOf(*event.detail) == FailureClass::kSystem, "G4", ToText(event),
           "a detail_code of class system");
  }
  if (event.reason == Reason::kLossThresholdExceeded && event.loss_sent) {
    const std::uint64_t lost = event.loss_lost.value_or(0);
    const std::uint64_t sent = *event.loss_sent;
    Expect(
        sent >= policy_->loss_min_samples && lost * 1000 > sent * policy_->loss_volatile_threshold,
        "FM-2.1-a", std::to_string(lost) + " of " + std::to_string(sent) + " lost",
        "of at least " + std::to_string(policy_->loss_min_samples) + ", more than " +
            std::to_string(policy_->loss_volatile_threshold) + " in 1000 make it unstable");
  } else {
    Expect(!event.loss_sent || event.new_state == State::kVolatile, "fields", "loss_sent",
           "only instability is measured");
  }
}

void SessionReplay::LeaveBirth(const Event& event) {
  const Millis age{*event.session_age_ms};
  const InstantMs birth = event.at - age;
  Expect(age >= Millis{0} && birth <= birth_, "FM-5-a", "session_age_ms " + Ms(age),
         "its first line is " + Ms(event.at - birth_) + " old");
  floor_ += birth_ - birth;
  birth_ = birth;
  now_ = InstantMs{age};
  const auto found = book_.find(event.policy_id);
  if (!Expect(found != book_.end(), "PolicyLoaded", "policy_id " + event.policy_id,
              "no PolicyLoaded before it holds this policy")) {
    return;
  }
  policy_ = found->second;
  Expect(event.policy_version == policy_->version, "G6", "policy_version " + event.policy_version,
         "policy " + event.policy_id);
  Expect(event.candidate_count == 0, "B1", ToText(event), "BIRTH knows no candidates");
  const Millis ttl =
      policy_->transport_lost_ttl + (role_ == Role::kClient ? Millis{1'000} : Millis{0});
  const Millis limit = std::min({policy_->handshake_timeout, ttl, policy_->max_lifetime});
  const bool timed = event.reason == Reason::kSessionLifetimeExceeded ||
                     event.reason == Reason::kTransportTtlExceeded ||
                     event.reason == Reason::kHandshakeRejected;
  // A handshake may fail at any time, but nothing else happens after the first of the limits.
  if (age > limit) {
    const Reason first = policy_->max_lifetime == limit ? Reason::kSessionLifetimeExceeded
                         : ttl == limit                 ? Reason::kTransportTtlExceeded
                                                        : Reason::kHandshakeRejected;
    Expect(event.reason == first, "B2", ToText(event) + " at the age of " + Ms(age),
           std::string(Name(first)) + " at " + Ms(limit + Millis{1}));
    CheckLate("B2", InstantMs{limit + Millis{1}});
    ++counts_.timers;
  } else {
    Expect(!timed || event.reason == Reason::kHandshakeRejected, "B2", ToText(event),
           "at the age of " + Ms(age) + " nothing is due");
  }
  unbound_since_ = InstantMs{};
  if (bound_ == TransportId::kNone) clock_.Start(unbound_since_);
}

void SessionReplay::EnterVolatile(const Event& event) {
  const bool died = owed_ == Owed::kDeathEdge;
  Expect(died == (event.reason == Reason::kTransportDead), "A1", ToText(event),
         "transport_dead follows TransportDead, and nothing else does");
  episode_ = Episode{.cause = *event.reason,
                     .by_loss_or_latency = IsLossOrLatency(*event.reason),
                     .no_candidate_reported = false,
                     .volatile_since = now_};
  not_before_ = InstantMs::min();
  last_denial_.reset();
  counted_ = event.candidate_count;
  Owe(Owed::kEvaluation);
}

void SessionReplay::EnterDegraded(const Event& event) {
  if (event.previous_state == State::kRecovering) {
    Expect(owed_ == Owed::kFailedEdge, "K1", ToText(event), "TransportSwitchFailed comes first");
    if (event.reason == Reason::kRecoveryWindowExpired) {
      Expect(policy_->recovery_expiry_action == ExpiryAction::kDegrade, "R7t", ToText(event),
             "recovery_expiry_action is terminate");
    }
    CheckCause(event);
    attempt_.reset();
  } else if (event.reason == Reason::kVolatilePersisted) {
    const InstantMs due = episode_.volatile_since + policy_->volatile_to_degraded + Millis{1};
    Expect(now_ >= due, "V7", ToText(event) + " at the age of " + Ms(now_.time_since_epoch()),
           "not before " + Ms(due.time_since_epoch()));
    CheckLate("V7", due);
  } else {
    Expect(owed_ == Owed::kDegradedEdge || owed_ == Owed::kRestoredEdge, "V2", ToText(event),
           "TransportSwitchDenied comes first");
  }
  Owe(Owed::kNothing);
}

void SessionReplay::EnterRecovering(const Event& event) {
  const std::uint32_t commits = gate_state_.InWindow(now_);
  Expect(commits < policy_->max_switches_per_min, "K5", ToText(event),
         std::to_string(commits) + " commits in 60 s, the cap is " +
             std::to_string(policy_->max_switches_per_min));
  Expect(gate_state_.CooldownOver(now_), "K6",
         ToText(event) + " at the age of " + Ms(now_.time_since_epoch()),
         "cooldown until " + Ms(gate_state_.cooldown_until().time_since_epoch()));
  Expect(!gate_, "FM-7-f", ToText(event), "the request was just told that a gate is closed");
  Expect(event.reason == RecoveryReason(), "V1", ToText(event),
         std::string(Name(RecoveryReason())));
  early_.reset();
  if (owed_ != Owed::kEvaluation && now_ < not_before_) early_ = not_before_;
  attempt_ = ReplayedAttempt{.started = now_,
                             .deadline = now_ + policy_->recovery_window,
                             .opened_under = policy_,
                             .target = TransportId::kNone,
                             .tried = 0,
                             .mark = std::nullopt,
                             .fault = std::nullopt,
                             .refused = false,
                             .asked = TransportId::kNone,
                             .summarised = {}};
  not_before_ = InstantMs::min();
  last_denial_.reset();
  counted_ = event.candidate_count;
  Owe(Owed::kOwnAttempt);
}

void SessionReplay::EnterTerminated(const Event& event) {
  const Reason reason = *event.reason;
  if (reason == Reason::kSessionLifetimeExceeded) {
    const InstantMs due = InstantMs{} + policy_->max_lifetime + Millis{1};
    Expect(now_ >= due, "G1", "the age of " + Ms(now_.time_since_epoch()),
           "not before " + Ms(due.time_since_epoch()));
    CheckLate("G1", due);
  }
  if (reason == Reason::kTransportTtlExceeded) {
    Expect(bound_ == TransportId::kNone, "G2", ToText(event),
           "transport " + Number(bound_) + " is bound");
  }
  if (reason == Reason::kRecoveryWindowExpired) {
    Expect(
        owed_ == Owed::kFailedEdge && policy_->recovery_expiry_action == ExpiryAction::kTerminate,
        "R7t", ToText(event), "recovery_expiry_action is degrade, or no attempt has failed");
  }
  if (reason == Reason::kSecurityFailure) {
    Expect(FailuresWithThis() > policy_->max_validation_failures, "FM-4-e", ToText(event),
           std::to_string(FailuresWithThis()) + " failures in the window, allowed are " +
               std::to_string(policy_->max_validation_failures));
    CheckCause(event);
    const bool lost = owed_ == Owed::kLostTarget || now_ > attempt_->deadline;
    Expect(owed_ == Owed::kSecurityEnd || lost || !attempt_->refused, "R3", ToText(event),
           "no proof was refused in this attempt");
  }
  Owe(Owed::kEnd, reason);
}

void SessionReplay::TakeAttached(const Event& event) {
  Expect(state_ == State::kBirth && bound_ == TransportId::kNone, "B1", ToText(event),
         "only out of BIRTH");
  Expect(event.reason == Reason::kAttachedToTransport, "B1", ToText(event),
         "attached_to_transport");
  bound_ = previous_ = *event.transport;
  binding_epoch_ = key_epoch_ = 1;
  Owe(Owed::kBirthEdge);
}

void SessionReplay::TakeDead(const Event& event) {
  const Reason cause = *event.reason;
  Expect(cause == Reason::kSocketError || cause == Reason::kHeartbeatTimeout ||
             cause == Reason::kPeerSignal || cause == Reason::kKeyExhausted,
         "FM-1.1-a", ToText(event), "no cause of a death");
  if (!*event.role_active) {
    Expect(event.transport != bound_ && live(), "A3", ToText(event), "it is the bound one");
    return;
  }
  if (!Expect(live() && bound_ != TransportId::kNone && event.transport == bound_, "A1",
              ToText(event), "bound is " + Number(bound_))) {
    return;
  }
  bound_ = TransportId::kNone;
  unbound_since_ = now_;
  clock_.Start(now_);
  if (state_ == State::kAttached) return Owe(Owed::kDeathEdge);
  if (state_ == State::kVolatile) return Owe(Owed::kEvaluation);
  const bool in_place = state_ == State::kRecovering && attempt_->target == event.transport;
  Owe(in_place ? Owed::kLostTarget : Owed::kNothing);
}

// G6. What waited for an edge stands directly behind it; what a new process has, behind its return.
void SessionReplay::TakePolicy(const Event& event) {
  const auto found = book_.find(event.policy_id);
  if (!Expect(found != book_.end(), "PolicyLoaded", "policy_id " + event.policy_id,
              "no PolicyLoaded before it holds this policy")) {
    return;
  }
  const bool strict = found->second->apply_mode == ApplyMode::kStrict;
  const bool behind_edge = last_.type == EventType::kSessionStateChange && last_.at == event.at;
  const bool restored = last_.type == EventType::kSessionRestored && last_.at == event.at;
  Expect(strict || behind_edge || restored, "G6", ToText(event),
         "apply_mode is grace: it is installed with an edge");
  Expect(event.reason == Reason::kPolicyApplied && event.policy_version == found->second->version,
         "G6", ToText(event), "policy_applied " + found->second->version);
  if (policy_) limiter_.Refill(now_, *policy_);
  policy_ = found->second;
  floor_ = now_;
  if (attempt_ && strict) attempt_->deadline = attempt_->started + policy_->recovery_window;
}

void SessionReplay::TakeRebind(const Event& event) {
  Expect(live() && event.transport == bound_, "P4", ToText(event), "bound is " + Number(bound_));
  if (mismatch_) return;
  const std::uint32_t recent = rebounds_.Count(now_, SwitchGate::kWindow);
  const std::string numbers = std::to_string(recent) + " rebindings in 60 s, the limit is " +
                              std::to_string(policy_->rebind_max_per_min);
  if (event.type == EventType::kTransportRebound) {
    Expect(recent < policy_->rebind_max_per_min && event.reason == Reason::kNatRebinding, "P4",
           ToText(event), numbers);
    rebounds_.Add(now_, SwitchGate::kWindow);
    rebind_denied_ = false;
  } else {
    Expect(recent >= policy_->rebind_max_per_min && !rebind_denied_ &&
               event.reason == Reason::kRebindRateLimited,
           "P5", ToText(event), numbers);
    rebind_denied_ = true;
  }
}

}  // namespace jvpn
