// SessionReplay: attempts (rows V1, D1 and R of requirements 10).
#include <algorithm>

#include "session/replay.h"

namespace jvpn {
namespace {

std::string Number(TransportId id) {
  return id == TransportId::kNone ? "none" : std::to_string(Value(id));
}
std::string Ms(Millis span) { return std::to_string(span.count()) + " ms"; }

}  // namespace

Reason SessionReplay::RecoveryReason() const {
  if (bound_ == TransportId::kNone) return Reason::kDeadTransportRecovery;
  if (episode_.cause == Reason::kPolicyDenied) return Reason::kPolicyForcedRecovery;
  return Reason::kLossRecovery;
}

std::uint32_t SessionReplay::FailuresWithThis() const {
  return failures_.Count(now_, policy_->validation_failure_window) + 1;
}

void SessionReplay::TakeAttempt(const Event& event) {
  if (!event.recovery_deadline_ms) return TakeForeignAttempt(event);
  if (!Expect(state_ == State::kRecovering, "V1", ToText(event), "an edge to RECOVERING first") ||
      !Expect(event.ballot.has_value(), "fields", ToText(event), "with candidates")) {
    return;
  }
  TakeOwnAttempt(event);
}

void SessionReplay::TakeOwnAttempt(const Event& event) {
  ReplayedAttempt& attempt = *attempt_;
  const Ballot& ballot = *event.ballot;
  const InstantMs deadline = birth_ + attempt.deadline.time_since_epoch();
  Expect(*event.recovery_deadline_ms == deadline.time_since_epoch().count(), "K7",
         "recovery_deadline_ms " + std::to_string(*event.recovery_deadline_ms),
         Ms(deadline.time_since_epoch()));
  Expect(event.reason == RecoveryReason(), "V1", ToText(event),
         std::string(Name(RecoveryReason())));
  CheckBallot(ballot);
  const bool opens = owed_ == Owed::kOwnAttempt;
  if (!opens) CheckTargetLost(event);
  const Choice choice = Evaluate(ballot, opens ? SetOf(ballot.refused) : attempt.tried);
  const std::uint32_t others =
      static_cast<std::uint32_t>(std::count_if(ballot.candidates.begin(), ballot.candidates.end(),
                                               [&](const auto& c) { return c.first != bound_; }));
  Expect(!counted_ || *counted_ == others, "FM-7-e", std::to_string(others) + " candidates",
         "the edge counts " + std::to_string(counted_.value_or(0)));
  counted_.reset();
  if (opens) CheckEarly(ballot);
  const bool own_choice = role_ == Role::kGateway || !opens;
  Expect(choice.target != TransportId::kNone, "V1", ToText(event), "no candidate is eligible");
  Expect(!own_choice || choice.target == event.transport, "FM-7-g",
         "candidate_transport " + Number(*event.transport),
         "the best candidate is " + Number(choice.target));
  Expect(!opens || ballot.requested == TransportId::kNone || ballot.requested == event.transport,
         "V11", "candidate_transport " + Number(*event.transport),
         "requested was " + Number(ballot.requested));
  attempt.target = *event.transport;
  attempt.tried |= SetOf(attempt.target);
  Owe(Owed::kNothing);
  if (opens && ballot.requested != TransportId::kNone) {
    Owe(Owed::kGrant, std::nullopt, ballot.requested);
  }
}

// R1.
void SessionReplay::TakeCommit(const Event& event) {
  if (!Expect(owed_ == Owed::kCommit, "FM-1.1-d", ToText(event), "ReattachResult SUCCESS first")) {
    return;
  }
  const TransportId path = *event.transport;
  const bool switched = event.type == EventType::kTransportSwitch;
  const std::uint32_t commits = gate_state_.InWindow(now_);
  Expect(event.reason == Reason::kReattachSuccess, "R1", ToText(event), "reattach_success");
  Expect(switched == (path != previous_) && (!switched || event.previous_transport == previous_),
         "O2", ToText(event), "bound before was " + Number(previous_));
  Expect(role_ == Role::kClient || commits < policy_->max_switches_per_min, "K5", ToText(event),
         std::to_string(commits) + " commits in 60 s, the cap is " +
             std::to_string(policy_->max_switches_per_min));
  Expect(policy_->switching_enabled || !switched || role_ == Role::kClient, "FM-7-c", ToText(event),
         "switching is not enabled");
  Expect(event.binding_epoch == binding_epoch_ + 1, "R1",
         "binding_epoch " + std::to_string(event.binding_epoch.value_or(0)),
         std::to_string(binding_epoch_ + 1));
  Expect(!new_keys_, "R1", ToText(event), "KeyRotated first: the keys died with the process");
  if (switched && !restored_) {
    const auto receipt = [&](const char* name, std::int64_t says, InstantMs at) {
      const std::int64_t ms = (birth_ + at.time_since_epoch()).time_since_epoch().count();
      Expect(says == ms, "R1", std::string(name) + ' ' + std::to_string(says), Ms(Millis{ms}));
    };
    receipt("detected_ms", *event.detected_ms, episode_.volatile_since);
    receipt("decided_ms", *event.decided_ms, attempt_->started);
  }
  ++counts_.grants;
  ++binding_epoch_;
  const TransportId left = bound_;
  bound_ = previous_ = path;
  clock_.Stop();
  gate_state_.Commit(now_);
  gate_state_.ArmCooldown(now_, *policy_);
  rebind_denied_ = restored_ = false;
  counted_ = event.candidate_count;
  Owe(Owed::kCommitEdge, std::nullopt, left);
}

void SessionReplay::TakeKeyRotated(const Event& event) {
  Expect(live() && *event.key_epoch == key_epoch_ + 1, "R1",
         "key_epoch " + std::to_string(*event.key_epoch), std::to_string(key_epoch_ + 1));
  ++key_epoch_;
  if (owed_ != Owed::kCommit) return;
  // A client learns of the restart by the request that it is called for, and logs no other line.
  Expect((new_keys_ || role_ == Role::kClient) && event.reason == Reason::kNodeRestart, "R1",
         ToText(event), "a commit rotates after a restart only");
  new_keys_ = false;
}

void SessionReplay::TakeFailed(const Event& event) {
  if (!Expect(state_ == State::kRecovering, "K1", ToText(event), "no attempt runs")) return;
  // The process may have died before its record told of the attempt's last target: no edge is lost.
  const bool stored =
      event.reason == Reason::kNodeRestart && (attempt_->tried & SetOf(*event.transport)) != 0;
  Expect(stored || event.transport == attempt_->target, "R6",
         "candidate " + Number(*event.transport), "the target is " + Number(attempt_->target));
  CheckFailedReason(event, *event.reason);
  if (mismatch_) return;
  if (event.reason == Reason::kReattachValidationFailed) {
    failures_.Add(now_, policy_->validation_failure_window);
  }
  gate_state_.ArmCooldown(now_, *policy_);
  counted_.reset();
  if (event.ballot) {
    CheckBallot(*event.ballot);
    counted_ = TableOf(*event.ballot).Count(bound_);
  }
  Owe(Owed::kFailedEdge, event.reason);
}

void SessionReplay::CheckFailedReason(const Event& event, Reason reason) {
  const bool told = owed_ == Owed::kFailure;
  const bool over = now_ > attempt_->deadline;
  const bool degrades = policy_->recovery_expiry_action == ExpiryAction::kDegrade;
  const std::string window = "the window ends at the age of " +
                             Ms(attempt_->deadline.time_since_epoch()) + ", this is at " +
                             Ms(now_.time_since_epoch());
  switch (reason) {
    case Reason::kNodeRestart:
      Expect(told, "X3", ToText(event), "the process did not begin anew");
      return;
    case Reason::kPolicyDenied:
      if (!Expect(told && event.ballot, "R4", ToText(event), "no request was refused")) return;
      Expect(
          attempt_->fault ||
              TableOf(*event.ballot).Barred(attempt_->asked, SituationOf(*event.ballot), *policy_),
          "R4", ToText(event), "the policy does not bar " + Number(attempt_->asked));
      return;
    case Reason::kReattachValidationFailed:
      Expect(FailuresWithThis() <= policy_->max_validation_failures, "FM-4-e", ToText(event),
             std::to_string(FailuresWithThis()) + " failures in the window, allowed are " +
                 std::to_string(policy_->max_validation_failures) + ": security_failure");
      if (told) return;
      Expect(!over || degrades, "R7t", ToText(event), "recovery_window_expired, terminate");
      if (!over) CheckTargetLost(event);
      break;
    case Reason::kRecoveryWindowExpired:
      Expect(over, "R7", ToText(event), window);
      Expect(!attempt_->mark || !degrades, "R7m", ToText(event), "the attempt is marked");
      break;
    case Reason::kNoCandidateTransports:
      Expect(!over, "R6", ToText(event), window);
      Expect(!attempt_->mark, "R6m", ToText(event), "the attempt is marked");
      CheckTargetLost(event);
      break;
    default:
      return Fail("R6", ToText(event), "no row fails an attempt so");
  }
  if (over) CheckLate("R7", attempt_->deadline + Millis{1});
}

// R5, R6: the facts no longer let the target be bound; and R6: nor any other.
void SessionReplay::CheckTargetLost(const Event& event) {
  if (!event.ballot) return Fail("fields", ToText(event), "with candidates");
  const CandidateTable table = TableOf(*event.ballot);
  const CandidateTable::Situation situation = SituationOf(*event.ballot);
  Expect(!table.Usable(attempt_->target, situation), "R5", ToText(event),
         "the target " + Number(attempt_->target) + " is still usable");
  if (event.type != EventType::kTransportSwitchFailed) return;
  const auto next = table.Best(situation, *policy_, attempt_->tried);
  Expect(
      !next, "R5", ToText(event),
      "candidate " + Number(next.value_or(TransportId::kNone)) + " is eligible and was not tried");
}

void SessionReplay::CheckCause(const Event& event) {
  if (event.reason == Reason::kPolicyDenied) {
    Expect(event.detail == attempt_->fault, "R4", ToText(event), "the code of the refusal");
    return;
  }
  if (event.reason != Reason::kReattachValidationFailed &&
      event.reason != Reason::kSecurityFailure) {
    return;
  }
  if (attempt_->refused) {
    Expect(event.detail == attempt_->fault, "FM-4-d", ToText(event),
           "refused for " + std::string(Name(attempt_->fault.value_or(Reason::kBadProof))));
    return;
  }
  // A mark whose denial the limiter held back stands in a summary: before the end, or soon.
  if (event.detail == attempt_->mark || attempt_->summarised.contains(*event.detail)) return;
  Expect(event.new_state != State::kTerminated, "FM-4-d", ToText(event),
         "no denial and no DenialSummary has this detail_code");
  summaries_owed_[*event.detail] = now_ + DenialLimiter::kSummaryDelay;
}

}  // namespace jvpn
