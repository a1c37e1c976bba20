// ToText: an event as a line of a timeline.
#include <string>

#include "session/event.h"

namespace jvpn {
namespace {

std::string Text(const std::optional<TransportId>& id) {
  if (!id || *id == TransportId::kNone) return "none";
  return std::to_string(Value(*id));
}

std::string Code(const Event& event) {
  std::string text = event.reason ? std::string(Name(*event.reason)) : "-";
  if (event.detail) {
    text += '(';
    text += Name(*event.detail);
    text += ')';
  }
  return text;
}

std::string StateChange(const Event& event) {
  std::string text = "SSC ";
  text += event.previous_state ? Name(*event.previous_state) : "?";
  text += '>';
  text += event.new_state ? Name(*event.new_state) : "?";
  return text + ' ' + Code(event) + " v" + std::to_string(event.state_version);
}

// What stands after the event's name.
std::string Rest(const Event& event) {
  switch (event.type) {
    case EventType::kSessionStateChange:
      return {};
    case EventType::kTransportAttached:
    case EventType::kTransportRevalidated:
    case EventType::kReattachAttempt:
      return Text(event.transport);
    case EventType::kTransportDead:
      return Text(event.transport) + ' ' + Code(event) +
             (event.role_active.value_or(true) ? "" : " candidate");
    case EventType::kTransportSwitch:
      return Text(event.previous_transport) + '>' + Text(event.transport);
    case EventType::kTransportRebound:
    case EventType::kTransportRebindDenied:
      return Text(event.transport) + ' ' + event.old_addr + '>' + event.new_addr;
    case EventType::kReattachResult:
      return (event.success.value_or(false) ? "SUCCESS " : "DENIED ") + Code(event);
    case EventType::kDenialSummary:
    case EventType::kEventsDropped:
      return Code(event) + " count=" + std::to_string(event.count.value_or(0));
    case EventType::kSessionTerminated:
      return Code(event) + " age=" + std::to_string(event.session_age_ms.value_or(0)) +
             " tless=" + std::to_string(event.transportless_age_ms.value_or(0));
    case EventType::kInvalidTransitionRejected:
      return event.input;
    case EventType::kTransportSwitchDenied:
    case EventType::kTransportSwitchFailed:
    case EventType::kSecurityValidationFailed:
    case EventType::kSecurityReplayDetected:
    case EventType::kKeyRotated:
    case EventType::kSessionRestored:
    case EventType::kSessionExpiring:
    case EventType::kPolicyApplied:
    case EventType::kPolicyRejected:
    case EventType::kLogOpened:
    case EventType::kLogClosed:
    case EventType::kPolicyLoaded:
      return Code(event);
  }
  return {};
}

}  // namespace

std::string ToText(const Event& event) {
  if (event.type == EventType::kSessionStateChange) return StateChange(event);
  return std::string(Name(event.type)) + ' ' + Rest(event);
}

}  // namespace jvpn
