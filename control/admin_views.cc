#include "control/admin_views.h"

#include <string>

namespace jvpn {
namespace {

Json AddressJson(const IpAddress& address) {
  return address.is_none() ? Json(nullptr) : Json(address.ToString());
}

Json TransportIdJson(TransportId id) {
  return id == TransportId::kNone ? Json(nullptr) : Json(Value(id));
}

Json EndpointJson(const Endpoint& endpoint) {
  return endpoint.address.is_none() ? Json(nullptr) : Json(endpoint.ToString());
}

Json TransportJson(const TransportView& transport) {
  return {{"transport_id", TransportIdJson(transport.id)},
          {"bound", transport.bound},
          {"validated", transport.validated},
          {"life", transport.life},
          {"remote", EndpointJson(transport.remote)},
          {"local", EndpointJson(transport.local)},
          {"rtt_us", transport.rtt_us},
          {"verdict", transport.verdict},
          {"loss_permille", transport.loss.permille()},
          {"loss_lost", transport.loss.lost},
          {"loss_sent", transport.loss.sent},
          {"received", transport.received},
          {"sent", transport.sent},
          {"last_heard_ms_ago",
           transport.last_heard_ms_ago < 0 ? Json(nullptr) : Json(transport.last_heard_ms_ago)}};
}

}  // namespace

Json SessionSummaryJson(const SessionView& session) {
  return {{"session_id", session.id.ToString()},
          {"peer", session.peer},
          {"state", std::string(Name(session.state))},
          {"state_version", session.state_version},
          {"binding_epoch", session.binding_epoch},
          {"bound_transport", TransportIdJson(session.bound)},
          {"transport_count", session.transports.size()},
          {"ipv4", AddressJson(session.inner_v4)},
          {"ipv6", AddressJson(session.inner_v6)},
          {"suite", std::string(Name(session.suite))},
          {"age_ms", session.age_ms},
          {"transportless_ms", session.transportless_ms},
          {"switches_last_minute", session.switches_last_minute}};
}

Json SessionJson(const SessionView& session) {
  Json json = SessionSummaryJson(session);
  const auto or_null = [](std::int64_t ms) { return ms < 0 ? Json(nullptr) : Json(ms); };
  json["lifetime_left_ms"] = session.lifetime_left_ms;
  json["transport_ttl_left_ms"] = or_null(session.transport_ttl_left_ms);
  json["switch_cap"] = session.switch_cap;
  json["next_switch_in_ms"] = or_null(session.next_switch_in_ms);
  json["policy_version"] = session.policy_version;
  Json transports = Json::array();
  for (const TransportView& transport : session.transports) {
    transports.push_back(TransportJson(transport));
  }
  json["transports"] = std::move(transports);
  return json;
}

void AppendTransports(const SessionView& session, Json& transports) {
  for (const TransportView& transport : session.transports) {
    Json entry = {{"session_id", session.id.ToString()}, {"peer", session.peer}};
    entry.update(TransportJson(transport));
    transports.push_back(std::move(entry));
  }
}

Json DropsJson(const DropCounters& control, const std::vector<const WorkerStats*>& workers) {
  Json drops = Json::array();
  for (std::size_t reason = 0; reason < kDropReasons; ++reason) {
    std::uint64_t total = control[reason];
    Json by_worker = Json::array();
    for (const WorkerStats* worker : workers) {
      const std::uint64_t count = worker->drops[reason].Get();
      total += count;
      by_worker.push_back(count);
    }
    if (total == 0) continue;
    drops.push_back({{"reason", std::string(kDropReasonNames[reason])},
                     {"total", total},
                     {"control", control[reason]},
                     {"workers", std::move(by_worker)},
                     {"help", std::string(kDropReasonHelp[reason])}});
  }
  return drops;
}

Json WorkersJson(const std::vector<const WorkerStats*>& workers) {
  Json json = Json::array();
  for (const WorkerStats* worker : workers) {
    json.push_back({{"worker", json.size()},
                    {"uplink_packets", worker->uplink_packets.Get()},
                    {"uplink_bytes", worker->uplink_bytes.Get()},
                    {"downlink_packets", worker->downlink_packets.Get()},
                    {"downlink_bytes", worker->downlink_bytes.Get()},
                    {"probes_answered", worker->probes_answered.Get()},
                    {"handed_over", worker->handed_over.Get()},
                    {"turns", worker->turns.Get()},
                    {"idle_turns", worker->idle_turns.Get()}});
  }
  return json;
}

Json FactsJson(const AdminFacts& facts) {
  return {{"version", facts.version},
          {"node_id", facts.node_id},
          {"uptime_ms", facts.uptime_ms},
          {"without_hugepages", facts.without_hugepages}};
}

}  // namespace jvpn
