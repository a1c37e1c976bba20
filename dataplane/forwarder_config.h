// ForwarderConfig: what one worker's tables are built from. Plain values, the same for all workers
// but for `self`.
#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "channel/frame.h"
#include "wire/ip_address.h"

namespace jvpn {

struct SideConfig {
  MacAddress mac;
  std::vector<Prefix> addresses;     // our own, each with its on-link prefix
  std::vector<IpAddress> next_hops;  // at most one a family is used
  std::uint16_t vlan = 0;            // 0 = untagged
};

struct ForwarderConfig {
  WorkerId self{};
  std::uint32_t workers = 1;
  SideConfig wan;
  SideConfig core;
  std::uint16_t listen_port = 4600;
  std::uint32_t max_sessions = 1024;  // a power of two
  std::uint32_t transports_per_session = 4;
  Prefix inner_v4_pool;  // family kNone = no pool
  Prefix inner_v6_pool;
  std::uint64_t token_instance = 0;
  bool hugepages = false;  // try 2 MiB pages for the tables

  const SideConfig& side(PortSide which) const { return which == PortSide::kWan ? wan : core; }
};

}  // namespace jvpn
