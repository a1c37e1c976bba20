// SessionReplay: EVAL made again, the verdicts on requests, and what the limiter lets be told.
#include <algorithm>

#include "session/replay.h"

namespace jvpn {
namespace {

std::string Number(TransportId id) {
  return id == TransportId::kNone ? "none" : std::to_string(Value(id));
}
std::string Ms(Millis span) { return std::to_string(span.count()) + " ms"; }

bool IsProofFault(Reason code) {
  return code == Reason::kBadProof || code == Reason::kReplayDetected ||
         code == Reason::kStaleRequest || code == Reason::kKeyExpired;
}
bool IsPathRefusal(Reason code) {
  return code == Reason::kPolicyDenied || code == Reason::kInvalidTransportCandidate;
}

}  // namespace

CandidateTable SessionReplay::TableOf(const Ballot& ballot) const {
  CandidateTable table;
  for (const auto& [id, facts] : ballot.candidates) {
    if (IsTransport(id)) table.Set(id, facts);
  }
  return table;
}

CandidateTable::Situation SessionReplay::SituationOf(const Ballot& ballot) const {
  return {.now = birth_ + now_.time_since_epoch(),
          .active = bound_,
          .previous = previous_,
          .by_loss_or_latency = ballot.hysteresis,
          .active_stable = ballot.active_stable};
}

// The fixed list of requirements 2.
SessionReplay::Choice SessionReplay::Evaluate(const Ballot& ballot, TransportSet excluded) const {
  const CandidateTable table = TableOf(ballot);
  const CandidateTable::Situation situation = SituationOf(ballot);
  Choice choice{.denial = std::nullopt, .target = ballot.requested};
  if (choice.target == TransportId::kNone) {
    choice.target = table.Best(situation, JudgedBy(), excluded).value_or(TransportId::kNone);
  }
  if (choice.target == TransportId::kNone) {
    const bool any = table.AnyEligible(situation, JudgedBy(), excluded);
    choice.denial = any ? Reason::kPolicyDenied : Reason::kNoValidCandidate;
  } else if (!gate_state_.RateOk(now_, *policy_)) {
    choice.denial = Reason::kSwitchRateLimited;
  } else if (!gate_state_.CooldownOver(now_)) {
    choice.denial = Reason::kCooldownActive;
  }
  return choice;
}

void SessionReplay::CheckBallot(const Ballot& ballot) {
  const auto by_id = [](const auto& a, const auto& b) { return a.first < b.first; };
  Expect(std::ranges::is_sorted(ballot.candidates, by_id) &&
             std::ranges::all_of(ballot.candidates,
                                 [this](const auto& c) {
                                   return IsTransport(c.first) &&
                                          (!c.second.dead || c.first == bound_);
                                 }),
         "fields", "candidates",
         "each transport once, in order, below " + std::to_string(kMaxTransports));
  const auto listed = [&](TransportId id) {
    return std::ranges::any_of(ballot.candidates, [id](const auto& c) { return c.first == id; });
  };
  Expect(bound_ == TransportId::kNone || listed(bound_), "fields", "candidates",
         "the bound transport " + Number(bound_) + " among them");
  Expect(!ballot.hysteresis || episode_.by_loss_or_latency || restored_, "C-30", "hysteresis",
         "not all causes of this episode are loss or latency");
  episode_.by_loss_or_latency &= ballot.hysteresis;
  if (ballot.requested == TransportId::kNone) return;
  // C-36: at the gateway an authenticated request makes its path a candidate.
  Expect(role_ == Role::kClient || listed(ballot.requested), "C-36",
         "requested_transport " + Number(ballot.requested), "it is among the candidates");
  const CandidateTable table = TableOf(ballot);
  const bool barred = table.Barred(ballot.requested, SituationOf(ballot), JudgedBy());
  const bool lossy = table.Get(ballot.requested).verdict == Verdict::kLossy;
  Expect(!barred && !lossy, "FM-7-c", "requested_transport " + Number(ballot.requested),
         barred ? "the policy bars it" : "it is LOSSY");
}

// After a denial only an entry, a death in VOLATILE and an authenticated request may ask again.
void SessionReplay::CheckEarly(const Ballot& ballot) {
  const bool by_request =
      ballot.requested != TransportId::kNone || ballot.refused != TransportId::kNone;
  Expect(!early_ || by_request, "FM-3-e", "EVAL at the age of " + Ms(now_.time_since_epoch()),
         "it waits until " + Ms(early_.value_or(now_).time_since_epoch()));
  early_.reset();
}

void SessionReplay::TakeDenied(const Event& event) {
  if (!Expect(state_ == State::kVolatile || state_ == State::kDegraded, "FM-7-d", ToText(event),
              "EVAL runs in VOLATILE and DEGRADED only")) {
    return;
  }
  const Ballot& ballot = *event.ballot;
  if (owed_ != Owed::kEvaluation && now_ < not_before_) early_ = not_before_;
  CheckEarly(ballot);
  CheckBallot(ballot);
  const Choice choice = Evaluate(ballot, SetOf(ballot.refused));
  Expect(event.reason == choice.denial, "FM-7-g", ToText(event),
         choice.denial ? std::string(Name(*choice.denial))
                       : "every gate is open for " + Number(choice.target));
  Expect(!gate_ || event.reason == gate_, "FM-7-f", ToText(event),
         "the request was told " + std::string(gate_ ? Name(*gate_) : ""));
  const std::uint32_t count = TableOf(ballot).Count(bound_);
  // A request may have brought one more.
  const bool asked = ballot.requested != TransportId::kNone || ballot.refused != TransportId::kNone;
  Expect(!counted_ || asked || *counted_ == count, "FM-7-e", std::to_string(count) + " candidates",
         "the edge counts " + std::to_string(counted_.value_or(0)));
  counted_.reset();
  const std::uint32_t commits = gate_state_.InWindow(now_);
  Expect(event.candidate_count == count, "FM-7-e",
         "candidate_count " + std::to_string(*event.candidate_count), std::to_string(count));
  Expect(event.switch_count_window == commits, "FM-7-e",
         "switch_count_window " + std::to_string(*event.switch_count_window),
         std::to_string(commits));
  if (mismatch_) return;
  ++counts_.denials;
  gate_.reset();
  last_denial_ = event.reason;
  InstantMs retry = now_;
  std::optional<Reason> edge;
  switch (*event.reason) {
    case Reason::kNoValidCandidate:
      Expect(state_ == State::kVolatile &&
                 (bound_ == TransportId::kNone || !episode_.no_candidate_reported),
             "V3", ToText(event), "said once an episode, and in VOLATILE only");
      episode_.no_candidate_reported = true;
      if (bound_ == TransportId::kNone) edge = Reason::kNoCandidateTransports;
      break;
    case Reason::kPolicyDenied:
      retry = not_before_ = now_ + policy_->switch_cooldown;
      edge = Reason::kPolicyDenied;
      break;
    case Reason::kSwitchRateLimited: {
      gate_state_.ArmCooldown(now_, *policy_);
      retry = not_before_ = now_ + policy_->switch_cooldown;
      if (const auto slides = gate_state_.WhenRateOk(now_, *policy_)) {
        retry = std::max({*slides, not_before_, gate_state_.cooldown_until()});
      }
      edge = Reason::kSwitchRateLimited;
      break;
    }
    default:  // cooldown_active
      retry = not_before_ = gate_state_.cooldown_until();
  }
  Expect(*event.retry_after_ms == (retry - now_).count(), "FM-7-b",
         "retry_after_ms " + std::to_string(*event.retry_after_ms), Ms(retry - now_));
  Owe(Owed::kNothing);
  if (state_ != State::kVolatile || !edge) return;
  counted_ = count;
  Owe(Owed::kDegradedEdge, edge);
}

void SessionReplay::SpendDenial() {
  const Policy* policy = policy_.get();
  if (policy == nullptr) return Fail("B3", "a denial", "BIRTH judges no requests");
  Expect(limiter_.Take(now_, *policy), "DENIAL", "one more denial is told",
         "reattach_rate_per_s and reattach_burst hold it back");
  const InstantMs until = limiter_.EmptyUntil(*policy);
  if (until > now_) empty_.emplace_back(now_, until);
}

void SessionReplay::TakeForeignAttempt(const Event& event) {
  const Reason code = *event.reason;
  bool fits = code == Reason::kStaleStateVersion && live() && owed_ == Owed::kNothing;  // E1
  switch (state_) {
    case State::kAttached:
      fits |= code == Reason::kInvalidStateForReattach;
      break;
    case State::kVolatile:
    case State::kDegraded:
      fits |= IsPathRefusal(code) || (IsProofFault(code) && owed_ == Owed::kNothing);
      break;
    case State::kRecovering:
      fits |= IsProofFault(code) && event.transport != attempt_->target;
      break;
    default:
      break;
  }
  if (!Expect(fits, "DENIAL", ToText(event) + ' ' + std::string(Name(code)),
              "in " + std::string(Name(state_)) + " no row denies so")) {
    return;
  }
  SpendDenial();
  resume_ = owed_;
  Owe(Owed::kVerdict, code, *event.transport);
}

void SessionReplay::TakeResult(const Event& event) {
  if (!*event.success) {
    ++counts_.denials;
    return TakeDeniedResult(event);
  }
  Expect(state_ == State::kRecovering && event.reason == Reason::kReattachSuccess && !event.detail,
         "R1", ToText(event), "requests are granted in RECOVERING only");
  Owe(Owed::kCommit, std::nullopt, *event.transport);
}

void SessionReplay::TakeDeniedResult(const Event& event) {
  const Reason code = *event.reason;
  Expect(!event.detail || code == Reason::kPolicyDenied, "fields", ToText(event),
         "only policy_denied names its gate");
  const bool foreign = owed_ == Owed::kVerdict;
  if (!foreign && !Expect(state_ == State::kRecovering, "DENIAL", ToText(event),
                          "ReattachAttempt comes first")) {
    return;
  }
  if (event.detail) CheckGate(*event.detail);
  if (IsProofFault(code)) return TakeDeniedProof(event);
  if (!foreign) {  // R4
    Expect(IsPathRefusal(code) || code == Reason::kAtomicityFailed, "R4", ToText(event),
           "policy_denied, a path that is no candidate, or a store that failed");
    attempt_->fault = code == Reason::kPolicyDenied ? event.detail : code;
    attempt_->refused = true;
    attempt_->asked = *event.transport;
    return Owe(Owed::kFailure, Reason::kPolicyDenied);
  }
  Owe(resume_);
  if (event.detail) {
    gate_ = event.detail;
    Owe(Owed::kEvaluation);
  }
}

void SessionReplay::TakeDeniedProof(const Event& event) {
  const Reason code = *event.reason;
  const bool foreign = owed_ == Owed::kVerdict;
  resume_ = Owed::kNothing;
  if (!foreign) {
    Expect(event.transport == attempt_->target, "R9", ToText(event),
           "the attempt runs on " + Number(attempt_->target));
    if (policy_->strict_validation) {
      attempt_->fault = code;
      attempt_->refused = true;
      const bool over = FailuresWithThis() > policy_->max_validation_failures;
      resume_ = over ? Owed::kSecurityEnd : Owed::kFailure;
    } else {
      SpendDenial();
      if (!attempt_->mark) attempt_->mark = code;
    }
  }
  Owe(Owed::kSecurity, code, *event.transport);
}

void SessionReplay::CheckGate(Reason gate) {
  const bool rate_ok = gate_state_.RateOk(now_, *policy_);
  const bool closed = gate == Reason::kSwitchRateLimited ? !rate_ok
                      : gate == Reason::kCooldownActive ? rate_ok && !gate_state_.CooldownOver(now_)
                                                        : false;
  Expect(closed, "FM-7-f", "detail_code " + std::string(Name(gate)),
         std::to_string(gate_state_.InWindow(now_)) + " commits in 60 s, cooldown until " +
             Ms(gate_state_.cooldown_until().time_since_epoch()) + ", this is at " +
             Ms(now_.time_since_epoch()));
}

void SessionReplay::TakeSecurity(const Event& event) {
  const bool replay = event.type == EventType::kSecurityReplayDetected;
  Expect(replay == (event.reason == Reason::kReplayDetected) && IsProofFault(*event.reason),
         "FM-4-c", ToText(event), "replays, and only they, are SecurityReplayDetected");
  if (owed_ == Owed::kSecurity) {
    return Owe(resume_, resume_ == Owed::kFailure ? std::optional(Reason::kReattachValidationFailed)
                                                  : std::nullopt);
  }
  // C-47: an authentic copy in ATTACHED.
  Expect(state_ == State::kAttached && replay && last_.type == EventType::kReattachResult &&
             last_.at == event.at && last_.transport == event.transport &&
             last_.reason == Reason::kInvalidStateForReattach,
         "A4", ToText(event), "a denial comes first");
}

void SessionReplay::TakeSummary(const Event& event) {
  const Reason code = *event.reason;
  Expect(*event.count > 0 && *event.total == held_total_ + *event.count, "DenialSummary",
         "total " + std::to_string(*event.total),
         std::to_string(held_total_) + " and " + std::to_string(*event.count));
  Expect(live() && (IsProofFault(code) || IsPathRefusal(code) ||
                    code == Reason::kStaleStateVersion || code == Reason::kInvalidStateForReattach),
         "DenialSummary", ToText(event), "no denial has this code");
  held_total_ = *event.total;
  summaries_owed_.erase(code);
  if (attempt_) attempt_->summarised.insert(code);
  // It comes 5 s after the first that was held back, or before the end.
  const InstantMs first = now_ - DenialLimiter::kSummaryDelay;
  while (!empty_.empty() && empty_.front().second < first - late_) empty_.pop_front();
  if (floor_ > first - late_) return;  // the limits were others then
  const auto held_by = [&](InstantMs by) { return !empty_.empty() && empty_.front().first <= by; };
  Expect(held_by(now_), "DenialSummary", ToText(event), "nothing was held back");
  early_summary_ |= !held_by(first);
}

}  // namespace jvpn
