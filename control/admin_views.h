// The JSON shape of what the operator sees; jvpnctl -j prints it as it stands.
#pragma once

#include <vector>

#include "channel/worker_stats.h"
#include "control/admin_backend.h"
#include "control/admin_protocol.h"
#include "control/session_view.h"

namespace jvpn {

// Without its transports.
Json SessionSummaryJson(const SessionView& session);
Json SessionJson(const SessionView& session);
// One entry a transport, each with its session.
void AppendTransports(const SessionView& session, Json& transports);
// One entry a reason that was counted anywhere: the control core's count, each worker's, the sum.
Json DropsJson(const DropCounters& control, const std::vector<const WorkerStats*>& workers);
Json WorkersJson(const std::vector<const WorkerStats*>& workers);
Json FactsJson(const AdminFacts& facts);

}  // namespace jvpn
