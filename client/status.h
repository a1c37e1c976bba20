// The status object of a running client: made by the client, shown by `jvpn status`.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "client/udp_transport.h"
#include "session/client_view.h"

namespace jvpn {

// What only the client's loop knows of a transport.
struct TransportPlace {
  std::string uplink;
  UdpCounters counters;
};

nlohmann::json StatusObject(const std::string& name, const ClientView& view,
                            const std::vector<TransportPlace>& places);

// For people: a few lines about the session, one a transport.
std::string StatusText(const nlohmann::json& status);

// "down", "unproved", "dead", "stale" or "fresh".
std::string_view LifeOf(const ClientTransportView& transport);

}  // namespace jvpn
