// Which address of a port to use, and which neighbor leads to a destination.
#pragma once

#include <optional>

#include "control/control_config.h"

namespace jvpn {

inline bool IsOwnAddress(const PortConfig& port, const IpAddress& address) {
  for (const Prefix& own : port.addresses) {
    if (own.address == address) return true;
  }
  return false;
}

inline bool IsOnLink(const PortConfig& port, const IpAddress& address) {
  for (const Prefix& own : port.addresses) {
    if (own.Contains(address)) return true;
  }
  return false;
}

// The address to speak from to `to`: one whose network holds it, else any of the family.
inline std::optional<IpAddress> AddressOfPort(const PortConfig& port, const IpAddress& to) {
  std::optional<IpAddress> any;
  for (const Prefix& own : port.addresses) {
    if (own.address.family != to.family) continue;
    if (own.Contains(to)) return own.address;
    if (!any) any = own.address;
  }
  return any;
}

// The destination itself when it is on the link, else the next hop of its family.
inline std::optional<IpAddress> NextHop(const PortConfig& port, const IpAddress& destination) {
  if (IsOnLink(port, destination)) return destination;
  for (const IpAddress& hop : port.next_hops) {
    if (hop.family == destination.family) return hop;
  }
  return std::nullopt;
}

}  // namespace jvpn
