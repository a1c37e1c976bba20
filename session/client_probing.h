// When the client probes which transport (docs/wire.md 5.2).
#pragma once

#include <optional>

#include "base/time.h"
#include "session/policy.h"

namespace jvpn {

// The pace of one transport. Nothing is stored but the last probe, so a change of state or binding
// takes effect at once. `suspect`: either end is not ATTACHED.
inline Duration ProbeInterval(bool suspect, bool bound, const Policy& policy) {
  if (suspect) return policy.SuspectProbeInterval();
  return bound ? policy.heartbeat_interval : policy.candidate_probe_interval;
}

// When the next probe is due after `last`; a transport that was never probed is due now.
inline Instant NextProbeAt(std::optional<Instant> last, Duration interval) {
  return last ? *last + interval : Instant::min();
}

}  // namespace jvpn
