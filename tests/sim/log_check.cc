#include "tests/sim/log_check.h"

#include <algorithm>

namespace jvpn::sim {
namespace {

constexpr Millis kMinute{60'000};

// The edges of section 10 with their reasons; `any` of a row is spelled out in CheckEnd().
struct Edge {
  State from;
  State to;
  Reason reason;
};
constexpr Edge kEdges[] = {
    {State::kBirth, State::kAttached, Reason::kAttachedToTransport},            // B1
    {State::kAttached, State::kVolatile, Reason::kTransportDead},               // A1, A5
    {State::kAttached, State::kVolatile, Reason::kLossThresholdExceeded},       // A2, A6
    {State::kAttached, State::kVolatile, Reason::kConsecutiveDropExceeded},     // A2, A6
    {State::kAttached, State::kVolatile, Reason::kHeartbeatTimeout},            // A2, A6
    {State::kAttached, State::kVolatile, Reason::kLatencyThresholdExceeded},    // A2, A6
    {State::kAttached, State::kVolatile, Reason::kPolicyDenied},                // A2
    {State::kVolatile, State::kRecovering, Reason::kDeadTransportRecovery},     // V1
    {State::kVolatile, State::kRecovering, Reason::kLossRecovery},              // V1
    {State::kVolatile, State::kRecovering, Reason::kPolicyForcedRecovery},      // V1
    {State::kVolatile, State::kDegraded, Reason::kNoCandidateTransports},       // V2
    {State::kVolatile, State::kDegraded, Reason::kSwitchRateLimited},           // V4
    {State::kVolatile, State::kDegraded, Reason::kPolicyDenied},                // V6
    {State::kVolatile, State::kDegraded, Reason::kVolatilePersisted},           // V7
    {State::kDegraded, State::kRecovering, Reason::kDeadTransportRecovery},     // D1
    {State::kDegraded, State::kRecovering, Reason::kLossRecovery},              // D1
    {State::kDegraded, State::kRecovering, Reason::kPolicyForcedRecovery},      // D1
    {State::kRecovering, State::kAttached, Reason::kReattachSuccess},           // R1
    {State::kRecovering, State::kDegraded, Reason::kReattachValidationFailed},  // R2 R6m R7m
    {State::kRecovering, State::kDegraded, Reason::kPolicyDenied},              // R4
    {State::kRecovering, State::kDegraded, Reason::kNoCandidateTransports},     // R6
    {State::kRecovering, State::kDegraded, Reason::kRecoveryWindowExpired},     // R7
    {State::kBirth, State::kTerminated, Reason::kHandshakeRejected},            // B2
    {State::kRecovering, State::kTerminated, Reason::kSecurityFailure},         // R3 R3m
    {State::kRecovering, State::kTerminated, Reason::kRecoveryWindowExpired},   // R7t
    {State::kBirth, State::kTerminated, Reason::kTransportTtlExceeded},         // G2
    {State::kVolatile, State::kTerminated, Reason::kTransportTtlExceeded},      // G2
    {State::kDegraded, State::kTerminated, Reason::kTransportTtlExceeded},      // G2
    {State::kRecovering, State::kTerminated, Reason::kTransportTtlExceeded},    // G2
};

bool InTable(State from, State to, Reason reason, Role role) {
  if (from == State::kTerminated) return false;
  if (to == State::kTerminated &&
      (reason == Reason::kSessionLifetimeExceeded || reason == Reason::kOperatorTerminated ||
       reason == Reason::kHardSystemFailure || reason == Reason::kPeerTerminated)) {
    return true;  // G1 G3 G4 G5
  }
  // A client that was solicited takes the gateway's word as its cause.
  if (role == Role::kClient && from == State::kAttached && to == State::kVolatile &&
      reason == Reason::kPeerSignal) {
    return true;
  }
  return std::any_of(std::begin(kEdges), std::end(kEdges), [&](const Edge& edge) {
    return edge.from == from && edge.to == to && edge.reason == reason;
  });
}

}  // namespace

void LogCheck::Fail(const char* rule, const std::string& text) {
  findings_.Add(rule, who_ + ": " + text);
}

void LogCheck::Expect(bool holds, const char* rule, const Event& event, const char* text) {
  if (!holds) Fail(rule, std::string(text) + ": " + ToText(event));
}

Millis LogCheck::Ttl() const {
  return policy_.transport_lost_ttl + (role_ == Role::kClient ? Millis{1000} : Millis{0});
}

std::uint32_t LogCheck::CommitsInWindow(InstantMs now) const {
  return static_cast<std::uint32_t>(std::count_if(
      commits_.begin(), commits_.end(), [&](InstantMs at) { return now - at < kMinute; }));
}

bool LogCheck::JustBefore(EventType type, const Event& event) const {
  return any_ && last_.type == type && last_.at == event.at;
}

void LogCheck::Take(const Event& event) {
  Expect(!any_ || event.at >= last_.at, "K2", event, "time goes back");
  Expect(!any_ || event.session_id == last_.session_id, "K3", event, "another identity");
  if (ended_) {
    // G8 answers late requests, and that is all.
    return Expect(event.type == EventType::kReattachResult, "K8", event, "after the end");
  }
  CheckNeighbours(event);
  const bool edge = event.type == EventType::kSessionStateChange;
  Expect(event.state_version == version_ + (edge ? 1 : 0), "K2", event, "wrong state_version");
  switch (event.type) {
    case EventType::kSessionStateChange:
      TakeEdge(event);
      break;
    case EventType::kTransportAttached:
      bound_ = *event.transport;
      break;
    case EventType::kTransportDead:
      TakeDead(event);
      break;
    case EventType::kTransportSwitch:
    case EventType::kTransportRevalidated:
      TakeCommit(event);
      break;
    case EventType::kTransportSwitchDenied:
      TakeDenied(event);
      break;
    case EventType::kSessionTerminated:
      TakeTerminated(event);
      break;
    default:
      break;
  }
  before_ = last_;
  last_ = event;
  any_ = true;
}

// What must follow directly on the event before this one.
void LogCheck::CheckNeighbours(const Event& event) {
  if (end_reason_) {
    Expect(event.type == EventType::kSessionTerminated && event.reason == end_reason_, "K8", event,
           "an edge into TERMINATED without its SessionTerminated");
  } else {
    Expect(event.type != EventType::kSessionTerminated, "K8", event, "without its edge");
  }
  if (commit_open_) {
    const bool edge = event.type == EventType::kSessionStateChange &&
                      event.previous_state == State::kRecovering &&
                      event.new_state == State::kAttached;
    Expect(edge && event.at == last_.at, "K5", event, "a commit without its edge");
    commit_open_ = false;
  }
  if (attempt_open_) {
    Expect(event.type == EventType::kReattachAttempt && event.at == last_.at, "table", event,
           "an edge into RECOVERING without its ReattachAttempt");
    attempt_open_ = false;
  }
}

void LogCheck::TakeEdge(const Event& event) {
  const State from = *event.previous_state;
  const State to = *event.new_state;
  const Reason reason = *event.reason;
  Expect(from == state_, "K2", event, "does not continue the state before");
  Expect(InTable(from, to, reason, role_), "K1", event, "no row of the table");
  edges_.push_back(event.at);
  while (event.at - edges_.front() >= kMinute) edges_.pop_front();
  const auto cooldown =
      static_cast<std::size_t>(std::max<Millis::rep>(1, policy_.switch_cooldown.count()));
  Expect(edges_.size() <= 4 * policy_.max_switches_per_min + 120'000 / cooldown + 3, "FM-3-g",
         event, "a storm of edges");
  if (from == State::kRecovering) LeaveRecovering(event);
  if (to == State::kTerminated) CheckEnd(event);
  if (from == State::kAttached && to == State::kVolatile && reason == Reason::kTransportDead) {
    Expect(JustBefore(EventType::kTransportDead, event), "table", event, "without TransportDead");
  }
  if (to == State::kDegraded && from == State::kVolatile) {
    const bool persisted = reason == Reason::kVolatilePersisted;
    Expect(persisted || JustBefore(EventType::kTransportSwitchDenied, event), "table", event,
           "without TransportSwitchDenied");
    const Millis stay = event.at - entered_;
    Expect(!persisted || stay > policy_.volatile_to_degraded, "ttl", event, "too early");
  }
  state_ = to;
  version_ = event.state_version;
  if (to == State::kRecovering) EnterRecovering(event);
  if (to != State::kDegraded) entered_ = event.at;
}

void LogCheck::EnterRecovering(const Event& event) {
  Expect(event.at >= cooldown_until_, "K6", event, "within the cooldown");
  Expect(CommitsInWindow(event.at) < policy_.max_switches_per_min, "K5", event, "over the cap");
  const bool dead = bound_ == TransportId::kNone;
  Expect(dead == (event.reason == Reason::kDeadTransportRecovery), "table", event,
         "the reason does not fit the binding");
  attempt_open_ = true;
}

void LogCheck::LeaveRecovering(const Event& event) {
  Expect(event.at - entered_ <= policy_.recovery_window + Millis{1} + slack_, "K7", event,
         "too long in RECOVERING");
  cooldown_until_ = std::max(cooldown_until_, event.at + policy_.switch_cooldown);
  if (event.reason == Reason::kRecoveryWindowExpired) {
    Expect(event.at - entered_ > policy_.recovery_window, "ttl", event, "too early");
    Expect(JustBefore(EventType::kTransportSwitchFailed, event), "table", event,
           "without TransportSwitchFailed");
  }
  if (event.new_state == State::kDegraded) {
    Expect(JustBefore(EventType::kTransportSwitchFailed, event), "table", event,
           "without TransportSwitchFailed");
    if (event.reason == Reason::kReattachValidationFailed) failures_.push_back(event.at);
  }
  if (event.new_state == State::kAttached) {
    const bool committed = JustBefore(EventType::kTransportSwitch, event) ||
                           JustBefore(EventType::kTransportRevalidated, event);
    Expect(committed, "K5", event, "an edge without its commit");
  }
}

// The limits of an end; K8 checks what follows it.
void LogCheck::CheckEnd(const Event& event) {
  end_reason_ = event.reason;
  if (event.reason == Reason::kTransportTtlExceeded) {
    Expect(bound_ == TransportId::kNone, "ttl", event, "while a transport is bound");
  }
  if (event.reason == Reason::kSecurityFailure) {
    const auto counted = std::count_if(failures_.begin(), failures_.end(), [&](InstantMs at) {
      return event.at - at < policy_.validation_failure_window;
    });
    Expect(counted + 1 > static_cast<std::ptrdiff_t>(policy_.max_validation_failures), "FM-4-e",
           event, "before the limit");
  }
  if (event.reason == Reason::kRecoveryWindowExpired) {
    Expect(policy_.recovery_expiry_action == ExpiryAction::kTerminate, "table", event,
           "though the policy degrades");
  }
}

void LogCheck::TakeCommit(const Event& event) {
  Expect(state_ == State::kRecovering, "K5", event, "outside RECOVERING");
  Expect(JustBefore(EventType::kReattachResult, event) || JustBefore(EventType::kKeyRotated, event),
         "FM-1.1-d", event, "without a granted request");
  commits_.push_back(event.at);
  ++all_commits_;
  while (event.at - commits_.front() >= kMinute) commits_.pop_front();
  Expect(commits_.size() <= policy_.max_switches_per_min, "K5", event, "over the cap");
  retired_ = bound_ == *event.transport ? TransportId::kNone : bound_;
  bound_ = *event.transport;
  committed_at_ = event.at;
  held_ = false;
  commit_open_ = true;
}

void LogCheck::TakeDead(const Event& event) {
  if (!event.role_active.value_or(false)) {
    return Expect(event.transport != bound_, "table", event, "the bound one is no candidate");
  }
  Expect(event.transport == bound_, "table", event, "was not bound");
  bound_ = TransportId::kNone;
  lost_at_ = event.at;
}

void LogCheck::TakeDenied(const Event& event) {
  Expect(state_ == State::kVolatile || state_ == State::kDegraded, "table", event,
         "outside VOLATILE and DEGRADED");
  const std::uint32_t commits = CommitsInWindow(event.at);
  const bool over_cap = commits >= policy_.max_switches_per_min;
  Expect(event.switch_count_window == commits, "FM-7-e", event, "counts other commits");
  if (event.reason == Reason::kSwitchRateLimited) {
    Expect(over_cap, "FM-7-a", event, "below the cap");
    cooldown_until_ = std::max(cooldown_until_, event.at + policy_.switch_cooldown);
    held_ = true;
  }
  if (event.reason == Reason::kCooldownActive) {
    Expect(!over_cap, "FM-7-f", event, "the rate comes before the cooldown");
    Expect(event.at < cooldown_until_, "FM-7-b", event, "after the cooldown");
    Expect(event.retry_after_ms == (cooldown_until_ - event.at).count(), "FM-7-b", event,
           "retries at another time");
  }
}

void LogCheck::TakeTerminated(const Event& event) {
  const Millis age{*event.session_age_ms};
  const Millis transportless{*event.transportless_age_ms};
  if (event.reason == Reason::kSessionLifetimeExceeded) {
    Expect(age > policy_.max_lifetime, "FM-5-a", event, "too early");
  }
  Expect(age <= policy_.max_lifetime + Millis{1} + slack_, "FM-5-b", event, "too late");
  if (event.reason == Reason::kTransportTtlExceeded) {
    Expect(transportless > Ttl(), "FM-1.2-d", event, "too early");
    Expect(transportless <= Ttl() + Millis{1} + slack_, "FM-1.2-d", event, "too late");
    const Millis gone = version_ == 1 ? age : event.at - lost_at_;
    const Millis held = gone - transportless;
    Expect(held >= Millis{0} && held <= (held_ ? kMinute : Millis{0}), "FM-6-c", event,
           "the transportless clock is wrong");
  }
  bound_ = TransportId::kNone;
  end_reason_.reset();
  ended_ = true;
}

void LogCheck::At(InstantMs now) {
  if (!live()) return;
  const Millis in_state = now - entered_;
  const Millis late = Millis{1} + slack_;
  if (state_ == State::kRecovering && in_state > policy_.recovery_window + late) {
    Fail("K7", "still in RECOVERING");
  }
  if (state_ == State::kVolatile && in_state > policy_.volatile_to_degraded + late) {
    Fail("FM-2.2-c", "still in VOLATILE");
  }
  const Millis rest = held_ ? kMinute : Millis{0};
  if (bound_ == TransportId::kNone && now - lost_at_ > Ttl() + rest + late) {
    Fail("FM-1.2-d", "still alive without a transport");
  }
  if (state_ == State::kAttached && bound_ == TransportId::kNone) {
    Fail("K4", "attached to nothing");
  }
}

}  // namespace jvpn::sim
