// ControlConfig: what the control core is built from. Plain values; gateway/config.h makes them
// from the operator's file and has already refused what breaks a bound.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "channel/frame.h"
#include "crypto/noise.h"
#include "crypto/suite.h"
#include "session/policy.h"
#include "wire/ip_address.h"

namespace jvpn {

// Peers that name no policy of their own.
inline constexpr char kGatewayGroup[] = "gateway";

struct PeerConfig {
  std::string name;
  PublicKey public_key{};
  Secret32 preshared_key;  // all zeros = none
  // Fixed inner addresses; family kNone = taken from the pool, if there is one of that family.
  IpAddress inner_v4;
  IpAddress inner_v6;
  std::vector<Prefix> allowed_sources;  // beyond its own addresses, at most kMaxAllowedPrefixes
  std::shared_ptr<const Policy> policy;
  std::string policy_group = kGatewayGroup;  // peers that get their policy together
};

// One side of the gateway: no kernel stack owns it, so the control core answers for its addresses.
struct PortConfig {
  MacAddress mac;                    // read from the device at start
  std::vector<Prefix> addresses;     // with the on-link prefix
  std::vector<IpAddress> next_hops;  // at most one a family
};

struct ControlConfig {
  std::string node_id;
  KeyPair identity;
  std::uint16_t listen_port = 4600;
  PortConfig wan;
  PortConfig core;
  std::vector<PeerConfig> peers;
  Prefix inner_v4_pool;  // family kNone = no pool
  Prefix inner_v6_pool;
  std::uint16_t inner_mtu = 1420;
  std::vector<Prefix> pushed_routes;
  std::vector<Suite> suites = {Suite::kAes128Gcm, Suite::kAes256Gcm, Suite::kChaCha20Poly1305};
  std::uint32_t max_sessions = 1024;         // a power of two; slots of each worker
  std::uint32_t transports_per_session = 4;  // 1 .. kMaxTransports
  // Random, once per process, the same value as the workers': both stamp tokens (docs/wire.md 6.4).
  std::uint64_t token_instance = 0;

  const PortConfig& port(PortSide side) const { return side == PortSide::kWan ? wan : core; }
};

}  // namespace jvpn
