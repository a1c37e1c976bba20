// ControlState: what the parts of the control core share, in one place, owned by ControlCore.
//
// Ownership  The control core's thread. The order of the members is their order of construction.
#pragma once

#include <vector>

#include "absl/container/flat_hash_map.h"
#include "control/control_config.h"
#include "control/event_sink.h"
#include "control/flow_programmer.h"
#include "control/inner_addresses.h"
#include "control/neighbor_resolver.h"
#include "control/session_registry.h"
#include "control/timer_wheel.h"
#include "control/token_bucket.h"
#include "control/tombstones.h"
#include "wire/drop_reason.h"
#include "wire/handshake_frame.h"

namespace jvpn {

// What is remembered of a configured peer, beside its sessions' own state.
struct PeerState {
  std::optional<Timestamp> last_handshake;
  // A client repeats an init less than twice a second; each begins a session and logs its end.
  TokenBucket handshakes{2, 10};
  SessionEntry* live = nullptr;   // attached
  SessionEntry* birth = nullptr;  // answered, not attached yet
};

struct ControlState {
  ControlState(ControlConfig from, std::vector<Lane*> lanes, Random& random_source,
               EventSink& event_sink, Instant now);

  void Drop(DropReason reason) { ++drops[static_cast<std::size_t>(reason)]; }

  ControlConfig config;
  std::size_t workers;
  Random& random;
  EventSink& events;
  DropCounters drops{};
  FlowProgrammer programmer;
  NeighborResolver resolver;
  InnerAddresses addresses;
  TimerWheel timers;
  Tombstones tombstones;
  SessionRegistry sessions;
  std::vector<PeerState> peers;
  absl::flat_hash_map<PublicKey, std::size_t> peer_by_key;
};

}  // namespace jvpn
