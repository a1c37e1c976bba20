// WorkerStats: what one worker has counted since it started. The worker adds, the control core
// reads.
#pragma once

#include <array>

#include "base/counter.h"
#include "wire/drop_reason.h"

namespace jvpn {

struct WorkerStats {
  Counter uplink_packets;    // opened and forwarded to the core side
  Counter uplink_bytes;      // inner bytes
  Counter downlink_packets;  // sealed and sent to a client
  Counter downlink_bytes;
  Counter probes_answered;
  Counter handed_over;  // to the worker that owns the session
  Counter turns;
  Counter idle_turns;
  std::array<Counter, kDropReasons> drops;
};

}  // namespace jvpn
