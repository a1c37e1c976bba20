// ClientView: what `jvpn status` shows, as values taken at one instant.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "crypto/suite.h"
#include "session/state.h"
#include "wire/drop_reason.h"
#include "wire/ip_address.h"
#include "wire/loss_standing.h"

namespace jvpn {

struct ClientTransportView {
  TransportId id{};
  Endpoint remote;
  bool up = false;
  bool bound = false;
  bool validated = false;  // proved both ways at least once
  bool dead = false;
  bool fresh = false;
  std::uint32_t rtt_us = 0;  // 0 = not known
  std::uint32_t jitter_us = 0;
  std::uint32_t p95_us = 0;
  Verdict verdict = Verdict::kUnknown;
  LossCount loss;  // of the loss window, the worse direction
  std::uint32_t unanswered_probes = 0;
  std::int64_t last_heard_ms_ago = -1;  // -1 = never
  std::uint64_t sent = 0;               // frames sealed
  std::uint64_t arrived = 0;            // of them, as far as the gateway has said
  std::uint64_t received = 0;           // frames opened
};

struct ClientView {
  bool attached = false;  // false: handshake running, only `state` and `transports` mean something
  SessionId id;
  State state = State::kBirth;
  std::uint32_t state_version = 0;
  std::uint32_t binding_epoch = 0;
  TransportId bound = TransportId::kNone;
  std::optional<TransportId> attempt_target;
  Suite suite{};
  Prefix inner_v4;
  Prefix inner_v6;
  std::uint16_t inner_mtu = 0;
  std::int64_t age_ms = 0;
  std::int64_t transportless_ms = 0;
  std::uint32_t switches_last_minute = 0;
  std::size_t held_packets = 0;
  std::uint64_t held_dropped = 0;
  DropCounters drops{};
  std::vector<ClientTransportView> transports;
};

}  // namespace jvpn
