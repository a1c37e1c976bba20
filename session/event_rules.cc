#include "session/event_rules.h"

#include <algorithm>
#include <array>

namespace jvpn {
namespace {

using enum State;

struct Edge {
  State from;
  State to;
  Reason reason;
};
constexpr auto kEdges = std::to_array<Edge>({
    {kBirth, kAttached, Reason::kAttachedToTransport},            // B1
    {kAttached, kVolatile, Reason::kTransportDead},               // A1, A5
    {kAttached, kVolatile, Reason::kLossThresholdExceeded},       // A2, A6
    {kAttached, kVolatile, Reason::kConsecutiveDropExceeded},     // A2, A6
    {kAttached, kVolatile, Reason::kHeartbeatTimeout},            // A2, A6
    {kAttached, kVolatile, Reason::kLatencyThresholdExceeded},    // A2, A6
    {kAttached, kVolatile, Reason::kPolicyDenied},                // A2
    {kAttached, kVolatile, Reason::kNodeRestart},                 // X1
    {kVolatile, kRecovering, Reason::kDeadTransportRecovery},     // V1
    {kVolatile, kRecovering, Reason::kLossRecovery},              // V1
    {kVolatile, kRecovering, Reason::kPolicyForcedRecovery},      // V1
    {kVolatile, kDegraded, Reason::kNoCandidateTransports},       // V2
    {kVolatile, kDegraded, Reason::kSwitchRateLimited},           // V4
    {kVolatile, kDegraded, Reason::kPolicyDenied},                // V6
    {kVolatile, kDegraded, Reason::kVolatilePersisted},           // V7
    {kVolatile, kDegraded, Reason::kNodeRestart},                 // X2
    {kDegraded, kRecovering, Reason::kDeadTransportRecovery},     // D1
    {kDegraded, kRecovering, Reason::kLossRecovery},              // D1
    {kDegraded, kRecovering, Reason::kPolicyForcedRecovery},      // D1
    {kRecovering, kAttached, Reason::kReattachSuccess},           // R1
    {kRecovering, kDegraded, Reason::kReattachValidationFailed},  // R2 R6m R7m
    {kRecovering, kDegraded, Reason::kPolicyDenied},              // R4
    {kRecovering, kDegraded, Reason::kNoCandidateTransports},     // R6
    {kRecovering, kDegraded, Reason::kRecoveryWindowExpired},     // R7
    {kRecovering, kDegraded, Reason::kNodeRestart},               // X3
    {kBirth, kTerminated, Reason::kHandshakeRejected},            // B2
    {kRecovering, kTerminated, Reason::kSecurityFailure},         // R3 R3m
    {kRecovering, kTerminated, Reason::kRecoveryWindowExpired},   // R7t
    {kBirth, kTerminated, Reason::kTransportTtlExceeded},         // G2
    {kVolatile, kTerminated, Reason::kTransportTtlExceeded},      // G2
    {kDegraded, kTerminated, Reason::kTransportTtlExceeded},      // G2
    {kRecovering, kTerminated, Reason::kTransportTtlExceeded},    // G2
});

struct Required {
  EventType type;
  std::string_view name;
  bool (*has)(const Event&);
};
#define HAS(member) [](const Event& e) { return e.member.has_value(); }
#define SAYS(member) [](const Event& e) { return !e.member.empty(); }
constexpr auto kRequired = std::to_array<Required>({
    {EventType::kSessionStateChange, "previous_state", HAS(previous_state)},
    {EventType::kSessionStateChange, "new_state", HAS(new_state)},
    {EventType::kSessionStateChange, "candidate_set_size", HAS(candidate_count)},
    {EventType::kTransportAttached, "transport_id", HAS(transport)},
    {EventType::kTransportDead, "transport_id", HAS(transport)},
    {EventType::kTransportDead, "role", HAS(role_active)},
    {EventType::kTransportSwitch, "previous_transport", HAS(previous_transport)},
    {EventType::kTransportSwitch, "new_transport", HAS(transport)},
    {EventType::kTransportSwitch, "candidate_count", HAS(candidate_count)},
    {EventType::kTransportSwitch, "binding_epoch", HAS(binding_epoch)},
    {EventType::kTransportSwitch, "loss_ratio", HAS(loss_permille)},
    {EventType::kTransportSwitch, "latency_estimate_ms", HAS(latency_us)},
    {EventType::kTransportSwitch, "detected_ms", HAS(detected_ms)},
    {EventType::kTransportSwitch, "decided_ms", HAS(decided_ms)},
    {EventType::kTransportRevalidated, "transport_id", HAS(transport)},
    {EventType::kTransportRevalidated, "binding_epoch", HAS(binding_epoch)},
    {EventType::kTransportRebound, "transport_id", HAS(transport)},
    {EventType::kTransportRebound, "old_addr", SAYS(old_addr)},
    {EventType::kTransportRebound, "new_addr", SAYS(new_addr)},
    {EventType::kTransportRebindDenied, "transport_id", HAS(transport)},
    {EventType::kTransportRebindDenied, "old_addr", SAYS(old_addr)},
    {EventType::kTransportRebindDenied, "new_addr", SAYS(new_addr)},
    {EventType::kTransportSwitchDenied, "candidate_count", HAS(candidate_count)},
    {EventType::kTransportSwitchDenied, "switch_count_window", HAS(switch_count_window)},
    {EventType::kTransportSwitchDenied, "retry_after_ms", HAS(retry_after_ms)},
    {EventType::kTransportSwitchDenied, "candidates", HAS(ballot)},
    {EventType::kTransportSwitchFailed, "candidate", HAS(transport)},
    {EventType::kReattachAttempt, "candidate_transport", HAS(transport)},
    {EventType::kReattachResult, "status", HAS(success)},
    {EventType::kReattachResult, "path", HAS(transport)},
    {EventType::kSecurityValidationFailed, "path", HAS(transport)},
    {EventType::kSecurityReplayDetected, "path", HAS(transport)},
    {EventType::kDenialSummary, "count", HAS(count)},
    {EventType::kDenialSummary, "total", HAS(total)},
    {EventType::kKeyRotated, "key_epoch", HAS(key_epoch)},
    {EventType::kSessionRestored, "persisted_state", HAS(previous_state)},
    {EventType::kSessionRestored, "downtime_ms", HAS(downtime_ms)},
    {EventType::kSessionRestored, "binding_lost", HAS(binding_lost)},
    {EventType::kSessionRestored, "session_age_ms", HAS(session_age_ms)},
    {EventType::kSessionRestored, "transportless_age_ms", HAS(transportless_age_ms)},
    {EventType::kSessionTerminated, "session_age_ms", HAS(session_age_ms)},
    {EventType::kSessionTerminated, "transportless_age_ms", HAS(transportless_age_ms)},
    {EventType::kSessionTerminated, "denials_held_back", HAS(total)},
    {EventType::kSessionExpiring, "remaining_ms", HAS(remaining_ms)},
    {EventType::kPolicyApplied, "policy_id", SAYS(policy_id)},
    {EventType::kInvalidTransitionRejected, "input", SAYS(input)},
    {EventType::kEventsDropped, "count", HAS(count)},
    {EventType::kEventsDropped, "first_lost_seq", HAS(first_lost_seq)},
    {EventType::kEventsDropped, "last_lost_seq", HAS(last_lost_seq)},
    {EventType::kPolicyLoaded, "policy_id", SAYS(policy_id)},
    {EventType::kPolicyLoaded, "policy", SAYS(policy)},
    {EventType::kLogOpened, "wall_clock", SAYS(wall_clock)},
    {EventType::kLogClosed, "wall_clock", SAYS(wall_clock)},
});
#undef HAS
#undef SAYS

// They tell of the log itself, or of what no code has a word for.
bool NeedsReason(EventType type) {
  return type != EventType::kLogOpened && type != EventType::kLogClosed &&
         type != EventType::kPolicyLoaded && type != EventType::kEventsDropped;
}

}  // namespace

std::string_view MissingField(const Event& event) {
  if (NeedsReason(event.type) && !event.reason) return "reason_code";
  for (const Required& field : kRequired) {
    if (field.type == event.type && !field.has(event)) return field.name;
  }
  const bool out_of_birth =
      event.type == EventType::kSessionStateChange && event.previous_state == kBirth;
  if (out_of_birth && !event.session_age_ms) return "session_age_ms";
  if (out_of_birth && event.policy_id.empty()) return "policy_id";
  return {};
}

FailureClass RightClass(const Event& event) {
  if (event.reason) return ClassOf(event.type, *event.reason);
  if (event.type == EventType::kPolicyLoaded) return FailureClass::kPolicy;
  if (event.type == EventType::kEventsDropped) return FailureClass::kSystem;
  return FailureClass::kLifecycle;
}

bool InTable(State from, State to, Reason reason, Role role) {
  if (from == kTerminated) return false;
  if (to == kTerminated &&
      (reason == Reason::kSessionLifetimeExceeded || reason == Reason::kOperatorTerminated ||
       reason == Reason::kHardSystemFailure || reason == Reason::kPeerTerminated)) {
    return true;  // G1 G3 G4 G5
  }
  // A client that was solicited takes the gateway's word as its cause.
  if (role == Role::kClient && from == kAttached && to == kVolatile &&
      reason == Reason::kPeerSignal) {
    return true;
  }
  return std::ranges::any_of(kEdges, [&](const Edge& edge) {
    return edge.from == from && edge.to == to && edge.reason == reason;
  });
}

}  // namespace jvpn
