// MachineState: everything that the rows of session/transition_table.h read and write.
//
// Ownership  Part of a SessionMachine; rows reach it through a Moment only.
#pragma once

#include <memory>
#include <optional>

#include "base/ids.h"
#include "base/time.h"
#include "session/candidate_table.h"
#include "session/denial_limiter.h"
#include "session/policy.h"
#include "session/reason.h"
#include "session/recent_instants.h"
#include "session/state.h"
#include "session/switch_gate.h"
#include "session/transportless_clock.h"

namespace jvpn {

enum class Role : std::uint8_t { kGateway, kClient };

// What began when ATTACHED was left, and lasts until it is reached again.
struct Episode {
  Reason cause = Reason::kTransportDead;
  bool by_loss_or_latency = false;     // all its causes: only then hysteresis applies (C-30)
  bool no_candidate_reported = false;  // V3: once per episode
  InstantMs volatile_since{};
};

// One visit to RECOVERING.
struct Attempt {
  TransportId target{};
  InstantMs started{};
  InstantMs deadline{};
  TransportSet tried = 0;
  std::optional<Reason>
      mark;  // the first invalid proof on the target, unless strict_validation (O6)
};

// When EVAL runs again without a trigger, and until when triggers wait.
struct EvalTimer {
  std::optional<InstantMs> at;
  InstantMs not_before = InstantMs::min();
};

struct MachineState {
  Role role = Role::kGateway;
  SessionId id;
  InstantMs birth{};
  std::shared_ptr<const Policy> policy;
  std::shared_ptr<const Policy> pending_policy;  // G6: installed at the next edge

  State state = State::kBirth;
  std::uint32_t version = 0;
  InstantMs ended_at = InstantMs::max();
  bool expiry_announced = false;

  TransportId active = TransportId::kNone;
  TransportId previous = TransportId::kNone;  // bound last, dead or alive
  std::uint32_t binding_epoch = 0;
  std::uint32_t key_epoch = 0;
  bool new_key_epoch = false;  // traffic keys are lost: the next commit makes new ones (X1-X4)
  TransportlessClock transportless;

  CandidateTable candidates;
  bool active_stable = false;
  TransportId preferred = TransportId::kNone;  // client: named by a SOLICIT

  Episode episode;
  std::optional<Attempt> attempt;
  SwitchGate gate;
  EvalTimer eval;
  std::optional<Reason> last_denial;  // of EVAL: which gate refused last

  RecentInstants failures;
  RecentInstants rebounds;
  bool rebind_denial_reported = false;
  DenialLimiter denials;

  // SessionExpiring is due: five minutes before the lifetime ends, of sessions that live longer.
  std::optional<InstantMs> ExpiryNoticeAt() const {
    constexpr Millis kNotice{300'000};
    const bool live = state != State::kBirth && state != State::kTerminated;
    if (!live || expiry_announced || policy->max_lifetime <= kNotice) return std::nullopt;
    return birth + policy->max_lifetime - kNotice;
  }
  // The client waits longer, so that the gateway's clock decides (requirements 2).
  Millis TransportTtl() const {
    return policy->transport_lost_ttl + (role == Role::kClient ? Millis{1'000} : Millis{0});
  }
  CandidateTable::Situation SituationAt(InstantMs now) const {
    return {now, active, previous, episode.by_loss_or_latency, active_stable};
  }
};

}  // namespace jvpn
