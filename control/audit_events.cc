#include "control/audit_events.h"

#include <array>
#include <ctime>

#include "session/policy_id.h"

namespace jvpn {
namespace {

Event NewEvent(EventType type, FailureClass failure_class, Instant now) {
  Event event;
  event.at = FloorMs(now);
  event.type = type;
  event.failure_class = failure_class;
  return event;
}

std::string WallClock() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text;
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

}  // namespace

Event LogBoundary(EventType type, Instant now) {
  Event event = NewEvent(type, FailureClass::kLifecycle, now);
  event.wall_clock = WallClock();
  return event;
}

Event PolicyLoaded(const Policy& policy, Instant now) {
  Event event = NewEvent(EventType::kPolicyLoaded, FailureClass::kPolicy, now);
  event.policy_version = policy.version;
  event.policy_id = PolicyId(policy);
  event.policy = CanonicalJson(policy);
  return event;
}

Event PolicyRejected(const std::string& version, Instant now) {
  Event event = NewEvent(EventType::kPolicyRejected, FailureClass::kPolicy, now);
  event.policy_version = version;
  event.reason = Reason::kPolicyInvalid;
  return event;
}

}  // namespace jvpn
