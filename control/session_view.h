// Views: what the operator sees of the control core, as values taken at one instant.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "crypto/suite.h"
#include "session/policy.h"
#include "session/state.h"
#include "wire/ip_address.h"
#include "wire/loss_standing.h"

namespace jvpn {

struct TransportView {
  TransportId id{};
  bool bound = false;
  bool validated = false;
  std::string life;  // "fresh", "stale", "silent", "unknown"
  Endpoint remote;
  Endpoint local;
  std::uint32_t rtt_us = 0;
  std::string verdict;                  // "ok", "lossy", "unknown"
  LossCount loss;                       // of the loss window, the worse direction
  std::uint64_t received = 0;           // frames opened
  std::uint64_t sent = 0;               // frames sealed
  std::int64_t last_heard_ms_ago = -1;  // -1 = never
};

struct SessionView {
  SessionId id;
  std::string peer;  // its name in the configuration
  State state{};
  std::uint32_t state_version = 0;
  std::uint32_t binding_epoch = 0;
  TransportId bound = TransportId::kNone;
  IpAddress inner_v4;
  IpAddress inner_v6;
  Suite suite{};
  std::int64_t age_ms = 0;
  std::int64_t transportless_ms = 0;
  std::uint32_t switches_last_minute = 0;
  std::uint32_t switch_cap = 0;        // in any minute
  std::int64_t next_switch_in_ms = 0;  // as the gates stand; -1 = never
  std::int64_t lifetime_left_ms = 0;
  std::int64_t transport_ttl_left_ms = -1;  // -1 = there is a binding
  std::string policy_version;
  std::vector<TransportView> transports;
};

// Peers that share a policy, and what new sessions of theirs get.
struct PolicyGroupView {
  std::string group;
  std::size_t peers = 0;
  std::shared_ptr<const Policy> policy;
};

enum class TerminateResult : std::uint8_t { kDone, kAlreadyTerminated, kUnknownSession };

}  // namespace jvpn
