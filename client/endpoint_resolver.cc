#include "client/endpoint_resolver.h"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/limits.h"

namespace jvpn {
namespace {

std::string Reason(int error) {
  return error == EAI_SYSTEM ? "the resolver failed" : gai_strerror(error);
}

void Append(const addrinfo& info, std::uint16_t port, std::vector<Endpoint>& endpoints) {
  Endpoint endpoint;
  endpoint.port = port;
  if (info.ai_family == AF_INET) {
    const auto& in = *reinterpret_cast<const sockaddr_in*>(info.ai_addr);
    endpoint.address =
        IpAddress::V4(ByteView(reinterpret_cast<const std::uint8_t*>(&in.sin_addr), 4));
  } else if (info.ai_family == AF_INET6) {
    const auto& in = *reinterpret_cast<const sockaddr_in6*>(info.ai_addr);
    endpoint.address =
        IpAddress::V6(ByteView(reinterpret_cast<const std::uint8_t*>(&in.sin6_addr), 16));
  } else {
    return;
  }
  if (std::find(endpoints.begin(), endpoints.end(), endpoint) == endpoints.end()) {
    endpoints.push_back(endpoint);
  }
}

}  // namespace

absl::StatusOr<std::vector<Endpoint>> ResolveEndpoints(std::span<const HostPort> endpoints) {
  std::vector<Endpoint> resolved;
  std::string failures;
  for (const HostPort& endpoint : endpoints) {
    if (const auto literal = IpAddress::Parse(endpoint.host)) {
      const Endpoint known{*literal, endpoint.port};
      if (std::find(resolved.begin(), resolved.end(), known) == resolved.end()) {
        resolved.push_back(known);
      }
      continue;
    }
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* list = nullptr;
    const int error = getaddrinfo(endpoint.host.c_str(), nullptr, &hints, &list);
    if (error != 0) {
      absl::StrAppend(&failures, failures.empty() ? "" : "; ", endpoint.host, ": ", Reason(error));
      continue;
    }
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, &freeaddrinfo);
    for (const addrinfo* info = list; info != nullptr; info = info->ai_next) {
      Append(*info, endpoint.port, resolved);
    }
  }
  if (resolved.empty()) {
    return absl::UnavailableError(
        absl::StrCat("no gateway endpoint resolves (", failures,
                     "); check gateway.endpoints and this machine's name server"));
  }
  return resolved;
}

std::vector<PlannedTransport> PlanTransports(std::size_t uplinks,
                                             std::span<const Endpoint> gateways,
                                             const LinkTable& links) {
  std::vector<std::vector<Endpoint>> order(uplinks);
  for (std::size_t u = 0; u < uplinks; ++u) {
    order[u].assign(gateways.begin(), gateways.end());
    std::stable_partition(order[u].begin(), order[u].end(),
                          [&](const Endpoint& e) { return links.up(u, e.address.family); });
  }
  std::vector<PlannedTransport> plan;
  for (std::size_t round = 0; round < gateways.size(); ++round) {
    for (std::size_t u = 0; u < uplinks && plan.size() < kMaxTransports; ++u) {
      plan.push_back({u, order[u][round]});
    }
  }
  return plan;
}

}  // namespace jvpn
