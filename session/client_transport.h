// ClientTransport: all that the client holds of one transport. It keeps its id, and with it its
// counters, for the life of the session, whatever happens to its addresses.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "base/time.h"
#include "crypto/replay_window.h"
#include "session/client_health.h"
#include "session/client_path.h"
#include "wire/ip_address.h"
#include "wire/path_frame.h"

namespace jvpn {

// One way to the gateway as the client's surroundings see it: an uplink and a gateway address.
struct TransportSetup {
  Endpoint remote;
  bool up = false;  // link up, with an address of the remote's family
};

enum class LinkEvent : std::uint8_t {
  kUp,
  kDown,
  kNewAddress,  // up as before, from another local address
};

struct LinkChange {
  TransportId transport{};
  LinkEvent event{};
};

// A restarted gateway solicits at least twice in this time (docs/wire.md 6.5).
inline constexpr Duration kSolicitFresh = Millis{2'500};

struct ClientTransport {
  Endpoint remote;
  bool up = false;
  FlowIndex own_flow;   // on frames to us; value 0 = the gateway did not grant this transport
  FlowIndex peer_flow;  // on frames to the gateway
  std::uint64_t next_counter = 0;
  ReplayWindow window;
  TransportHealth health;
  PathChallenger path;
  std::optional<Reason> told_instability;
  // While the gateway has no traffic keys: its last SOLICIT here, the only sign of life there can
  // be.
  std::optional<Instant> solicited_at;

  TransportHealth::Counters counters() const { return {window, next_counter}; }
  bool granted() const { return own_flow.value != 0; }
  // Worth a probe: the gateway knows us there, or has just shown that it is there.
  bool reachable() const { return health.proven() || path.answered(); }
};

}  // namespace jvpn
