// SessionRunner: what the machine is told of the transports' health.
#include <algorithm>

#include "control/session_runner.h"

namespace jvpn {

bool SessionRunner::TellFacts(SessionEntry& entry, TransportId transport, Instant now) {
  if (!entry.attached) return true;  // in BIRTH there are no candidates yet
  SessionTransport& known = *entry.Find(transport);
  const bool candidate = known.validated && !known.forgotten;
  const TransportFacts facts = known.life.Facts(candidate, now, entry.machine->policy());
  if (facts == known.told) return true;
  known.told = facts;
  return Step(entry, CandidateUpdate{.transport = transport, .facts = facts}, now);
}

// Death before instability (requirements 2); the facts before what EVAL makes of them.
bool SessionRunner::CheckHealth(SessionEntry& entry, TransportId transport, Instant now) {
  SessionTransport& known = *entry.Find(transport);
  const bool dies = known.life.FallsSilent(now, entry.machine->policy().transport_dead);
  if (!entry.attached) return true;
  if (dies && known.validated) {
    known.told.dead = true;
    const TransportDied died{.transport = transport, .cause = Reason::kHeartbeatTimeout};
    if (!Step(entry, died, now)) return false;
  }
  if (!TellFacts(entry, transport, now)) return false;
  if (entry.machine->active() != transport) return true;
  const auto unstable = known.life.Unstable(now, entry.machine->policy());
  const std::optional<Reason> cause = unstable ? std::optional(unstable->cause) : std::nullopt;
  const bool news = cause != known.told_instability || entry.machine->state() == State::kAttached;
  known.told_instability = cause;
  if (unstable && news && !Step(entry, *unstable, now)) return false;
  const auto stable_at = StableAt(entry);
  return !stable_at || FloorMs(now) < *stable_at || Step(entry, ActiveStable{}, now);
}

std::optional<InstantMs> SessionRunner::StableAt(const SessionEntry& entry) {
  const SessionMachine& machine = *entry.machine;
  const bool waits = machine.state() == State::kVolatile || machine.state() == State::kDegraded;
  if (!waits || machine.active() == TransportId::kNone || machine.active_stable() ||
      !machine.policy().Allows(kTransportProtocol)) {
    return std::nullopt;
  }
  const auto since = entry.transports[Value(machine.active())].life.steady_since();
  if (!since) return std::nullopt;
  return std::max(*since, machine.volatile_since()) + machine.policy().stability_window;
}

}  // namespace jvpn
