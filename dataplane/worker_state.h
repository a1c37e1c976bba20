// WorkerState: the tables and tools that both directions of one worker share.
//
// Ownership  One worker, one thread.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "dataplane/classify.h"
#include "dataplane/forwarder_config.h"
#include "dataplane/lane_writer.h"
#include "dataplane/liveness.h"
#include "dataplane/neighbor_table.h"
#include "dataplane/route_table.h"
#include "dataplane/sealer.h"
#include "dataplane/session_table.h"

namespace jvpn {

struct WorkerState {
  // The engine, lane and statistics outlive the state.
  static absl::StatusOr<std::unique_ptr<WorkerState>> Create(const ForwarderConfig& config,
                                                             AeadEngine& engine, Lane& lane,
                                                             WorkerStats& stats);

  WorkerState(const ForwarderConfig& from, AeadEngine& engine, Lane& lane, WorkerStats& stats,
              std::unique_ptr<SessionTable> sessions, RouteTable routes);

  // The link address of a transport's next hop; nullptr, counted and asked for, when not resolved.
  const MacAddress* NextHop(const TxTransport& tx, Instant now);

  const ForwarderConfig config;
  AeadEngine& engine;
  WorkerStats& stats;
  std::unique_ptr<SessionTable> sessions;
  RouteTable routes;
  NeighborTable neighbors;
  Classifier wan_classifier;
  Classifier core_classifier;
  LaneWriter lane_writer;
  Liveness liveness;
  Sealer sealer;
  OuterHeader core_header;
};

}  // namespace jvpn
