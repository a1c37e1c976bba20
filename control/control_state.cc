#include "control/control_state.h"

#include <algorithm>

#include "base/check.h"

namespace jvpn {
namespace {

// Enough for all sessions to end twice within 300 s, and bounded.
std::size_t TombstoneCapacity(std::size_t slots) { return std::max<std::size_t>(slots * 2, 1024); }

}  // namespace

ControlState::ControlState(ControlConfig from, std::vector<Lane*> lanes, Random& random_source,
                           EventSink& event_sink, Instant now)
    : config(std::move(from)),
      workers(lanes.size()),
      random(random_source),
      events(event_sink),
      programmer(std::move(lanes), config.max_sessions),
      addresses(config),
      timers(FloorMs(now)),
      tombstones(TombstoneCapacity(workers * config.max_sessions)),
      sessions(workers, config.max_sessions, config.transports_per_session),
      peers(config.peers.size()) {
  for (std::size_t i = 0; i < config.peers.size(); ++i) {
    CHECK(config.peers[i].policy != nullptr);
    peer_by_key.emplace(config.peers[i].public_key, i);
  }
}

}  // namespace jvpn
