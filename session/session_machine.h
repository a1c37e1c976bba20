// SessionMachine: one session's life, sans-IO. Inputs and `now` in, effects out; no clock, no I/O.
//
// The rules are rows of session/transition_table.h; this class holds the state they read and write.
// Both ends run it: the gateway is authoritative, the client reads the gateway's answer as the
// verdict on its own request and adds 1000 ms to the transport TTL (requirements 2).
//
// Ownership  One per session, with the control core or the client loop. Not thread-safe.
// Time       `now` never goes back. Step() fires due timers first, in the fixed order of
// requirements 2.
#pragma once

#include <memory>
#include <optional>

#include "base/ids.h"
#include "session/candidate_table.h"
#include "session/effect.h"
#include "session/input.h"
#include "session/input_kind.h"
#include "session/machine_state.h"
#include "session/policy.h"
#include "session/session_snapshot.h"
#include "session/state.h"

namespace jvpn {

struct Moment;

class SessionMachine {
 public:
  SessionMachine(Role role, const SessionId& id, std::shared_ptr<const Policy> policy,
                 InstantMs birth);

  // Of a session that another process ran. The first Step() is Restore (rows X1-X4), or what ends
  // it.
  SessionMachine(const SessionSnapshot& snapshot, std::shared_ptr<const Policy> policy);
  SessionSnapshot Snapshot(InstantMs now) const;

  Effects Step(InstantMs now, const Input& input);
  // When Step(now, Tick{}) has work at the earliest.
  InstantMs NextDeadline() const;

  State state() const { return session_.state; }
  TransportId active() const { return session_.active; }
  std::optional<TransportId> attempt_target() const;
  std::uint32_t state_version() const { return session_.version; }
  std::uint32_t binding_epoch() const { return session_.binding_epoch; }
  std::uint32_t key_epoch() const { return session_.key_epoch; }
  // True from a restart until the commit that makes new traffic keys.
  bool new_key_epoch() const { return session_.new_key_epoch; }
  const SessionId& id() const { return session_.id; }
  const Policy& policy() const { return *session_.policy; }
  const CandidateTable& candidates() const { return session_.candidates; }
  // The active transport counts as a candidate in place (ActiveStable was told).
  bool active_stable() const { return session_.active_stable; }
  // When ATTACHED was left, while it is.
  InstantMs volatile_since() const { return session_.episode.volatile_since; }

  // For jvpnctl; all at `now`. They stand still once the session has ended.
  Millis Age(InstantMs now) const;
  Millis TransportlessAge(InstantMs now) const;
  std::uint32_t SwitchesInWindow(InstantMs now) const;
  // The gates' part of when the next switch may begin; InstantMs::max() when the cap is 0.
  InstantMs NextSwitchAt(InstantMs now) const;
  Millis LifetimeLeft(InstantMs now) const;
  // Empty while the session has a binding.
  std::optional<Millis> TransportTtlLeft(InstantMs now) const;

 private:
  // The first instant at which a timer is over; empty while it is not armed.
  std::optional<InstantMs> DueAt(InputKind timer) const;
  void FireTimers(InstantMs now, Effects& effects);
  void Wake(InstantMs now, Effects& effects);
  void Fire(Moment& moment, InputKind timer);
  // The rate hold is a condition, not an edge: it is looked at when everything else has settled.
  void UpdateRateHold(InstantMs now);

  MachineState session_;
  InstantMs last_step_ = InstantMs::min();
  // Of a snapshot, until the first step: the transportless clock and all timers but the lifetime
  // stood still.
  struct Suspended {
    Millis transportless_age{0};
    Millis rate_held{0};
  };
  std::optional<Suspended> suspended_;
};

}  // namespace jvpn
