#include "session/event.h"

#include "base/check.h"

namespace jvpn {

std::string_view Name(EventType type) {
  switch (type) {
    case EventType::kSessionStateChange:
      return "SessionStateChange";
    case EventType::kTransportAttached:
      return "TransportAttached";
    case EventType::kTransportDead:
      return "TransportDead";
    case EventType::kTransportSwitch:
      return "TransportSwitch";
    case EventType::kTransportRevalidated:
      return "TransportRevalidated";
    case EventType::kTransportRebound:
      return "TransportRebound";
    case EventType::kTransportRebindDenied:
      return "TransportRebindDenied";
    case EventType::kTransportSwitchDenied:
      return "TransportSwitchDenied";
    case EventType::kTransportSwitchFailed:
      return "TransportSwitchFailed";
    case EventType::kReattachAttempt:
      return "ReattachAttempt";
    case EventType::kReattachResult:
      return "ReattachResult";
    case EventType::kSecurityValidationFailed:
      return "SecurityValidationFailed";
    case EventType::kSecurityReplayDetected:
      return "SecurityReplayDetected";
    case EventType::kDenialSummary:
      return "DenialSummary";
    case EventType::kKeyRotated:
      return "KeyRotated";
    case EventType::kSessionRestored:
      return "SessionRestored";
    case EventType::kSessionTerminated:
      return "SessionTerminated";
    case EventType::kSessionExpiring:
      return "SessionExpiring";
    case EventType::kPolicyApplied:
      return "PolicyApplied";
    case EventType::kPolicyRejected:
      return "PolicyRejected";
    case EventType::kInvalidTransitionRejected:
      return "InvalidTransitionRejected";
    case EventType::kEventsDropped:
      return "EventsDropped";
    case EventType::kLogOpened:
      return "LogOpened";
    case EventType::kLogClosed:
      return "LogClosed";
    case EventType::kPolicyLoaded:
      return "PolicyLoaded";
  }
  CHECK(false);
}

FailureClass ClassOf(EventType type, Reason reason) {
  if (reason == Reason::kHeartbeatTimeout && type != EventType::kTransportDead) {
    return FailureClass::kDegradation;
  }
  return ClassOf(reason);
}

}  // namespace jvpn
