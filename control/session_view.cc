#include "control/session_view.h"

#include "control/session_entry.h"

namespace jvpn {
namespace {

const char* Name(HealthSignal::Life life) {
  switch (life) {
    case HealthSignal::Life::kUnknown:
      return "unknown";
    case HealthSignal::Life::kFresh:
      return "fresh";
    case HealthSignal::Life::kStale:
      return "stale";
    case HealthSignal::Life::kSilent:
      return "silent";
  }
  return "?";
}

TransportView ViewOf(const SessionEntry& entry, std::size_t index, Instant now) {
  const SessionTransport& transport = entry.transports[index];
  const HealthSignal& last = transport.life.last();
  TransportView view;
  view.id = static_cast<TransportId>(index);
  view.bound = entry.bound == view.id;
  view.validated = transport.validated;
  view.life = Name(last.life);
  view.remote = transport.remote;
  view.local = transport.local;
  view.rtt_us = last.rtt_us;
  view.verdict = Name(last.loss.verdict);
  view.loss = last.loss.worse;
  view.received = last.received;
  view.sent = last.sent;
  if (transport.life.heard()) {
    view.last_heard_ms_ago = (FloorMs(now) - FloorMs(last.last_heard)).count();
  }
  return view;
}

}  // namespace

SessionView ViewOf(const SessionEntry& entry, const std::string& peer_name, Instant now) {
  const InstantMs now_ms = FloorMs(now);
  SessionView view;
  view.id = entry.id;
  view.peer = peer_name;
  view.state = entry.machine->state();
  view.state_version = entry.machine->state_version();
  view.binding_epoch = entry.machine->binding_epoch();
  view.bound = entry.bound;
  view.inner_v4 = entry.inner.v4;
  view.inner_v6 = entry.inner.v6;
  view.suite = entry.keys.suite;
  view.age_ms = entry.machine->Age(now_ms).count();
  view.transportless_ms = entry.machine->TransportlessAge(now_ms).count();
  view.switches_last_minute = entry.machine->SwitchesInWindow(now_ms);
  const SessionMachine& machine = *entry.machine;
  const InstantMs next = machine.NextSwitchAt(now_ms);
  view.switch_cap = machine.policy().max_switches_per_min;
  view.next_switch_in_ms = next == InstantMs::max() ? -1 : (next - now_ms).count();
  view.lifetime_left_ms = machine.LifetimeLeft(now_ms).count();
  view.transport_ttl_left_ms = machine.TransportTtlLeft(now_ms).value_or(Millis{-1}).count();
  view.policy_version = machine.policy().version;
  for (std::size_t i = 0; i < entry.transports.size(); ++i) {
    view.transports.push_back(ViewOf(entry, i, now));
  }
  return view;
}

}  // namespace jvpn
