#include "session/reason.h"

#include "base/check.h"

namespace jvpn {

std::string_view Name(FailureClass failure_class) {
  switch (failure_class) {
    case FailureClass::kTransport:
      return "transport";
    case FailureClass::kDegradation:
      return "degradation";
    case FailureClass::kRecovery:
      return "recovery";
    case FailureClass::kSecurity:
      return "security";
    case FailureClass::kPolicy:
      return "policy";
    case FailureClass::kSystem:
      return "system";
    case FailureClass::kLifecycle:
      return "lifecycle";
  }
  CHECK(false);
}

FailureClass ClassOf(Reason reason) {
  static constexpr auto kClasses = std::to_array<FailureClass>({
#define X(enumerator, code, failure_class) FailureClass::failure_class,
      JVPN_REASONS(X)
#undef X
  });
  return kClasses[static_cast<std::size_t>(reason)];
}

}  // namespace jvpn
