// Resolves the gateway's endpoints and plans the transports over them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/config.h"
#include "client/link_table.h"
#include "wire/ip_address.h"

namespace jvpn {

// All addresses of all endpoints, in the order of the file and of the resolver, each once. Blocks;
// the caller repeats it while it may. An endpoint that does not resolve is an error only if none
// does.
absl::StatusOr<std::vector<Endpoint>> ResolveEndpoints(std::span<const HostPort> endpoints);

struct PlannedTransport {
  std::size_t uplink = 0;  // position in the configuration
  Endpoint remote;
  friend bool operator==(const PlannedTransport&, const PlannedTransport&) = default;
};

// Pairs of uplink and gateway address: first every uplink once, then further addresses, so that a
// gateway that grants few transports grants different uplinks. An uplink's own order begins with
// the families it has addresses of now. At most kMaxTransports.
std::vector<PlannedTransport> PlanTransports(std::size_t uplinks,
                                             std::span<const Endpoint> gateways,
                                             const LinkTable& links);

}  // namespace jvpn
