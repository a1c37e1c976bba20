#include "dataplane/worker_state.h"

namespace jvpn {

absl::StatusOr<std::unique_ptr<WorkerState>> WorkerState::Create(const ForwarderConfig& config,
                                                                 AeadEngine& engine, Lane& lane,
                                                                 WorkerStats& stats) {
  auto sessions =
      SessionTable::Create(config.max_sessions, config.transports_per_session, config.hugepages);
  if (!sessions.ok()) return sessions.status();
  auto routes =
      RouteTable::Create(config.inner_v4_pool, config.inner_v6_pool,
                         std::uint64_t{config.max_sessions} * config.workers, config.hugepages);
  if (!routes.ok()) return routes.status();
  return std::make_unique<WorkerState>(config, engine, lane, stats, *std::move(sessions),
                                       *std::move(routes));
}

WorkerState::WorkerState(const ForwarderConfig& from, AeadEngine& aead, Lane& lane,
                         WorkerStats& counters, std::unique_ptr<SessionTable> slabs,
                         RouteTable inner)
    : config(from),
      engine(aead),
      stats(counters),
      sessions(std::move(slabs)),
      routes(std::move(inner)),
      neighbors(config),
      wan_classifier(PortSide::kWan, config.wan, config.listen_port),
      core_classifier(PortSide::kCore, config.core, config.listen_port),
      lane_writer(lane, stats),
      liveness(*sessions, lane_writer),
      sealer(engine, OuterHeader(config.wan.mac, config.wan.vlan), config.listen_port, stats),
      core_header(config.core.mac, config.core.vlan) {}

const MacAddress* WorkerState::NextHop(const TxTransport& tx, Instant now) {
  const MacAddress* mac = neighbors.Find(tx.next_hop);
  if (mac != nullptr) [[likely]]
    return mac;
  CountDrop(stats, DropReason::kNoNeighbor);
  lane_writer.NeedNeighbor(
      PortSide::kWan, neighbors.Resolve(PortSide::kWan, tx.family, tx.remote.data()).address, now);
  return nullptr;
}

}  // namespace jvpn
