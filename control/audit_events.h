// Events of the audit log that no session's machine makes.
#pragma once

#include <string>

#include "base/time.h"
#include "session/event.h"
#include "session/policy.h"

namespace jvpn {

// kLogOpened is the first line of a process, kLogClosed its last: a log without the last one was
// cut, or its gateway still runs.
Event LogBoundary(EventType type, Instant now);
// A policy that sessions may get from now on, whole: the log then judges itself.
Event PolicyLoaded(const Policy& policy, Instant now);
// The operator's file broke a rule; sessions keep what they have (G7).
Event PolicyRejected(const std::string& version, Instant now);

}  // namespace jvpn
