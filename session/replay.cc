#include "session/replay.h"

#include <utility>

#include "session/event_rules.h"

namespace jvpn {
namespace {

std::string Text(InstantMs t) { return std::to_string(t.time_since_epoch().count()) + " ms"; }

}  // namespace

void SessionReplay::Fail(std::string_view rule, std::string says, std::string follows) {
  if (!mismatch_) mismatch_ = Mismatch{std::string(rule), std::move(says), std::move(follows)};
}

bool SessionReplay::Expect(bool holds, std::string_view rule, std::string says,
                           std::string follows) {
  if (!holds) Fail(rule, std::move(says), std::move(follows));
  return holds;
}

void SessionReplay::Owe(Owed owed, std::optional<Reason> reason, TransportId path) {
  owed_ = owed;
  owed_reason_ = reason;
  owed_path_ = path;
}

std::string SessionReplay::Wanted() const {
  const std::string reason = owed_reason_ ? ' ' + std::string(Name(*owed_reason_)) : "";
  switch (owed_) {
    case Owed::kNothing:
      return "nothing";
    case Owed::kBirthEdge:
      return "SessionStateChange BIRTH to ATTACHED";
    case Owed::kDeathEdge:
      return "SessionStateChange ATTACHED to VOLATILE transport_dead";
    case Owed::kEvaluation:
      return "TransportSwitchDenied, or SessionStateChange to RECOVERING";
    case Owed::kDegradedEdge:
      return "SessionStateChange VOLATILE to DEGRADED" + reason;
    case Owed::kOwnAttempt:
      return "ReattachAttempt with recovery_deadline_ms";
    case Owed::kVerdict:
      return "ReattachResult DENIED" + reason;
    case Owed::kGrant:
      return "ReattachResult of the request that opened the attempt";
    case Owed::kSecurity:
      return "SecurityValidationFailed or SecurityReplayDetected" + reason;
    case Owed::kCommit:
      return "TransportSwitch or TransportRevalidated";
    case Owed::kCommitEdge:
      return "SessionStateChange RECOVERING to ATTACHED";
    case Owed::kLostTarget:
      return "ReattachAttempt on another transport, or TransportSwitchFailed";
    case Owed::kFailure:
      return "TransportSwitchFailed" + reason;
    case Owed::kFailedEdge:
      return "SessionStateChange out of RECOVERING" + reason;
    case Owed::kSecurityEnd:
      return "SessionStateChange RECOVERING to TERMINATED security_failure";
    case Owed::kRestoredEdge:
      return "SessionStateChange node_restart";
    case Owed::kEnd:
      return "SessionTerminated" + reason;
  }
  return {};
}

std::optional<Mismatch> SessionReplay::Take(const Event& event) {
  if (!any_) Begin(event);
  CheckBase(event);
  if (!mismatch_) {
    if (ended_) {
      TakeAfterEnd(event);
    } else {
      if (event.type != EventType::kSessionRestored) CheckInstant(event);
      if (!mismatch_) Dispatch(event);
      UpdateHold();
    }
  }
  last_ = event;
  any_ = true;
  last_at_ = event.at;
  return mismatch_ && !std::exchange(told_, true) ? mismatch_ : std::nullopt;
}

// The edge out of BIRTH fixes the birth; until then only the order of instants counts.
void SessionReplay::Begin(const Event& event) { birth_ = event.at; }

void SessionReplay::CheckBase(const Event& event) {
  const std::string name(Name(event.type));
  if (const std::string_view field = MissingField(event); !field.empty()) {
    return Fail("fields", name + " without " + std::string(field),
                "every " + name + " has " + std::string(field));
  }
  Expect(event.failure_class == RightClass(event), "fields",
         "failure_class " + std::string(Name(event.failure_class)),
         "its code belongs to " + std::string(Name(RightClass(event))));
  if (any_ && event.type != EventType::kSessionRestored) {
    Expect(event.at >= last_at_, "K2", "ts_ms " + Text(event.at),
           "the session's line before says " + Text(last_at_));
  }
  const std::uint32_t next = event.type == EventType::kSessionStateChange ? 1 : 0;
  Expect(event.state_version == version_ + next, "K2",
         "state_version " + std::to_string(event.state_version),
         "after so many edges it is " + std::to_string(version_ + next));
  // Until the edge out of BIRTH names it, the policy is known by its version only.
  if (event.type == EventType::kPolicyApplied || (!policy_ && !any_)) return;
  // A process that came back has its own; where that is another, PolicyApplied is the next line.
  if (event.type == EventType::kSessionRestored) return;
  const bool named_before = !policy_ || last_.type == EventType::kSessionRestored;
  const std::string& in_force = named_before ? last_.policy_version : policy_->version;
  Expect(event.policy_version == in_force, "G6", "policy_version " + event.policy_version,
         "policy " + in_force + " is in force");
}

// Where time has moved, the story of the step before is complete, and due timers come first.
void SessionReplay::CheckInstant(const Event& event) {
  const InstantMs now{event.at - birth_};
  if (any_ && event.at != last_at_) {
    if (!Expect(owed_ == Owed::kNothing, "order", ToText(event),
                "first, at " + Text(last_at_) + ": " + Wanted())) {
      return;
    }
    if (early_summary_) return Fail("DenialSummary", ToText(last_), "it was not due");
    gate_.reset();
    firing_ = FirstDue(now);
    if (const auto notice = NoticeAt(); notice && *notice <= now_) {
      return Fail("SessionExpiring", ToText(event), "SessionExpiring was due before");
    }
    for (const auto& [code, by] : summaries_owed_) {
      Expect(now <= by + late_, "FM-4-d", ToText(event),
             "the detail_code " + std::string(Name(code)) +
                 " of the failed attempt stands in no denial and no DenialSummary");
    }
  }
  now_ = now;
  if (firing_ && event.type != EventType::kDenialSummary) {
    if (Fires(firing_->which, event)) {
      ++counts_.timers;
      firing_.reset();
    } else {
      Fail(firing_->row, ToText(event),
           "due at the age of " + Text(firing_->latest) +
               ", before any input: " + std::string(firing_->row) + "; this is at " + Text(now_));
    }
  }
  if (early_summary_ && event.type != EventType::kDenialSummary) {
    early_summary_ = false;
    Expect(event.type == EventType::kSessionStateChange && event.new_state == State::kTerminated,
           "DenialSummary", ToText(event), "what was held back is summed up after 5000 ms");
  }
  if (!mismatch_ && owed_ != Owed::kNothing) {
    Expect(Continues(event), "order", ToText(event), "next comes " + Wanted());
  }
}

bool SessionReplay::EndsBy(const Event& event, Reason reason) const {
  return event.type == EventType::kSessionStateChange && event.new_state == State::kTerminated &&
         event.reason == reason;
}

bool SessionReplay::Continues(const Event& event) const {
  using enum EventType;
  const EventType type = event.type;
  const auto edge = [&](State from, State to) {
    return type == kSessionStateChange && event.previous_state == from && event.new_state == to;
  };
  const bool reason_fits = !owed_reason_ || event.reason == owed_reason_;
  const bool path_fits = owed_path_ == TransportId::kNone || event.transport == owed_path_;
  // A policy that waited for the edge, and what the limiter held back before the last one.
  const bool after_edge = last_.type == kSessionStateChange || last_.type == kPolicyApplied;
  const bool on_the_way_out = type == kDenialSummary;
  const bool of_the_restart = type == kPolicyApplied && last_.type == kSessionRestored;
  if (of_the_restart) return true;
  switch (owed_) {
    case Owed::kNothing:
      return true;
    case Owed::kBirthEdge:
      return edge(State::kBirth, State::kAttached);
    case Owed::kDeathEdge:
      return edge(State::kAttached, State::kVolatile) && event.reason == Reason::kTransportDead;
    case Owed::kEvaluation:
      return type == kTransportSwitchDenied ||
             (state_ != State::kRecovering && type == kSessionStateChange &&
              event.new_state == State::kRecovering) ||
             (type == kPolicyApplied && after_edge) ||
             (type == kReattachAttempt && !event.recovery_deadline_ms && after_edge);
    case Owed::kDegradedEdge:
      return edge(State::kVolatile, State::kDegraded) && reason_fits;
    case Owed::kOwnAttempt:
      return (type == kReattachAttempt && event.recovery_deadline_ms) ||
             (type == kPolicyApplied && after_edge);
    case Owed::kVerdict:
      return type == kReattachResult && event.success == false && reason_fits && path_fits;
    case Owed::kGrant:
      // A policy that came with the edge may forbid what EVAL allowed, or the store fail (R4).
      return type == kReattachResult && path_fits &&
             (event.success == true || event.reason == Reason::kPolicyDenied ||
              event.reason == Reason::kAtomicityFailed);
    case Owed::kSecurity:
      return (type == kSecurityValidationFailed || type == kSecurityReplayDetected) &&
             reason_fits && path_fits;
    case Owed::kCommit:
      return ((type == kTransportSwitch || type == kTransportRevalidated) && path_fits) ||
             type == kKeyRotated;
    case Owed::kCommitEdge:
      return edge(State::kRecovering, State::kAttached);
    case Owed::kLostTarget:
      return (type == kReattachAttempt && event.recovery_deadline_ms) ||
             type == kTransportSwitchFailed || EndsBy(event, Reason::kSecurityFailure) ||
             on_the_way_out;
    case Owed::kFailure:
      return type == kTransportSwitchFailed && reason_fits;
    case Owed::kFailedEdge:
      return (type == kSessionStateChange && reason_fits) || on_the_way_out;
    case Owed::kSecurityEnd:
      return EndsBy(event, Reason::kSecurityFailure) || on_the_way_out;
    case Owed::kRestoredEdge:
      return type == kSessionStateChange && event.reason == Reason::kNodeRestart;
    case Owed::kEnd:
      return type == kSessionTerminated && reason_fits;
  }
  return false;
}

void SessionReplay::Dispatch(const Event& event) {
  switch (event.type) {
    case EventType::kSessionStateChange:
      return TakeEdge(event);
    case EventType::kTransportAttached:
      return TakeAttached(event);
    case EventType::kTransportDead:
      return TakeDead(event);
    case EventType::kTransportSwitch:
    case EventType::kTransportRevalidated:
      return TakeCommit(event);
    case EventType::kTransportRebound:
    case EventType::kTransportRebindDenied:
      return TakeRebind(event);
    case EventType::kTransportSwitchDenied:
      return TakeDenied(event);
    case EventType::kTransportSwitchFailed:
      return TakeFailed(event);
    case EventType::kReattachAttempt:
      return TakeAttempt(event);
    case EventType::kReattachResult:
      return TakeResult(event);
    case EventType::kSecurityValidationFailed:
    case EventType::kSecurityReplayDetected:
      return TakeSecurity(event);
    case EventType::kDenialSummary:
      return TakeSummary(event);
    case EventType::kKeyRotated:
      return TakeKeyRotated(event);
    case EventType::kSessionRestored:
      return TakeRestored(event);
    case EventType::kSessionTerminated:
      return TakeTerminated(event);
    case EventType::kSessionExpiring:
      return TakeExpiring(event);
    case EventType::kPolicyApplied:
      return TakePolicy(event);
    case EventType::kPolicyRejected:
      Expect(event.reason == Reason::kPolicyInvalid, "G7", ToText(event), "policy_invalid");
      return;
    case EventType::kInvalidTransitionRejected: {
      // B3; elsewhere every input but a second handshake has a row.
      const bool attach = event.input.starts_with("attach");
      Expect(event.reason == Reason::kInvalidTransition && attach == live(), "FM-0-j",
             ToText(event), "in " + std::string(Name(state_)) + " this input has a row");
      return;
    }
    case EventType::kEventsDropped:
    case EventType::kLogOpened:
    case EventType::kLogClosed:
    case EventType::kPolicyLoaded:
      return Fail("fields", ToText(event), "it belongs to no session");
  }
}

// G8 answers late requests, and that is all.
void SessionReplay::TakeAfterEnd(const Event& event) {
  now_ = InstantMs{event.at - birth_};
  if (!Expect(event.type == EventType::kReattachResult && event.success == false &&
                  event.reason == Reason::kInvalidStateForReattach,
              "K8", ToText(event), "the session has ended")) {
    return;
  }
  SpendDenial();
}

}  // namespace jvpn
