// ControlCore: the one thread that decides. It owns every session of this gateway.
//
//   lanes up ──> handshakes, session control, path frames, health ──> SessionMachine ──> effects
//            ──> programs and frames ──> lanes down; events ──> EventSink
//
// Ownership  One thread calls everything here. Lanes are the only way to the workers.
// Time       Turn(now) is one bounded turn: frames, signals, timers, store, programs; none blocks.
// Restart    With a persistence, sessions of an earlier process come back in the first turns.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "channel/lane.h"
#include "control/control_config.h"
#include "control/event_sink.h"
#include "control/session_keeper.h"
#include "control/session_view.h"
#include "wire/drop_reason.h"

namespace jvpn {

class ControlCore {
 public:
  ControlCore(ControlConfig config, std::vector<Lane*> lanes, Random& random, EventSink& events,
              Instant now, const Persistence* persistence = nullptr);
  ~ControlCore();

  // One bounded turn; false when there was nothing to do.
  bool Turn(Instant now);
  // When a Turn has work at the earliest if no lane brings any.
  Instant NextDeadline() const;

  // At most `most`, in the order of their ids, from the first that is not less than `from`.
  std::vector<SessionView> Sessions(
      Instant now, const SessionId& from = {},
      std::size_t most = std::numeric_limits<std::size_t>::max()) const;
  std::size_t session_count() const;
  std::optional<SessionView> FindSession(const SessionId& id, Instant now) const;
  TerminateResult Terminate(const SessionId& id, Instant now);
  // Ends every session (operator_terminated), peers told: for a gateway without a store. The caller
  // goes on turning until the lanes are drained, then stops the workers.
  void TerminateAll(Instant now);
  // No new session begins; those that are stay in the store. The caller goes on turning until
  // Stored().
  void CloseDoors();
  // The store has everything, or there is none.
  bool Stored() const;
  // Another gateway has taken the store over: nothing is kept any more and no commit granted.
  bool StoreLost() const;

  std::vector<PolicyGroupView> PolicyGroups() const;
  // New sessions of the group get `policy` at once, the others in the next turns, each at one
  // instant by rows G6 and G7. False: no peer is of that group. REQUIRES: no hard fault in it.
  bool SetPolicy(const std::string& group, std::shared_ptr<const Policy> policy, Instant now);

  // What the control core itself refused (kBadMac1, kBadHandshake, kOldTimestamp, kBadControl, …).
  const DropCounters& drops() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace jvpn
