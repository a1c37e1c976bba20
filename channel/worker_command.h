// WorkerCommand: control core -> worker, one ring, in order: what is programmed first is in force
// when what is sent after it leaves.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <variant>

#include "base/ids.h"
#include "base/limits.h"
#include "base/time.h"
#include "channel/frame.h"
#include "crypto/secret.h"
#include "crypto/suite.h"
#include "wire/ip_address.h"

namespace jvpn {

// Positions in one worker's table of flow indices. A flow index lives at rx_index.slot() modulo
// this number; the control core hands out an index only if its position on the owner is free, so
// the worker looks up by one array access and compares. Twice the flows, so that a random slot is
// soon found free.
constexpr std::uint32_t FlowTableSlots(std::uint32_t max_sessions,
                                       std::uint32_t transports_per_session) {
  return std::bit_ceil(max_sessions * transports_per_session * 2);
}
constexpr std::uint32_t FlowTablePosition(FlowIndex index, std::uint32_t table_slots) {
  return index.slot() & (table_slots - 1);
}

struct TransportProgram {
  FlowIndex rx_index;  // ours: what the client writes into its frames. value 0 = not in use
  FlowIndex tx_index;  // the client's
  bool validated =
      false;  // remote/local/next_hop are proved; until then the worker answers nothing
  Endpoint remote;
  Endpoint local;
  NeighborId next_hop = NeighborId::kNone;

  friend bool operator==(const TransportProgram&, const TransportProgram&) = default;
};

// The whole desired state of one session on its owner. Idempotent: the worker applies it if the
// generation is newer than the slab's, keeps counters and windows of transports whose rx_index did
// not change, and answers HealthSignal::kApplied. Holds keys: a ring slot is wiped when it is
// taken.
struct SessionProgram {
  SessionSlot session{};
  Generation generation{};
  bool installed = false;  // false = remove: wipe the slab
  Suite suite = Suite::kAes128Gcm;
  KeyEpoch epoch{};
  Secret32 rx_key;
  Secret32 tx_key;
  TransportId bound = TransportId::kNone;    // the one transport that session data leaves on
  TransportId retired = TransportId::kNone;  // delivers until drain_until (O3)
  Instant drain_until{};
  Prefix inner_v4;  // family kNone = none
  Prefix inner_v6;
  std::array<Prefix, kMaxAllowedPrefixes> allowed{};
  std::uint16_t inner_mtu = 0;
  Duration fresh_after{};  // candidate_fresh_ms
  Duration dead_after{};   // transport_dead_ms
  Duration loss_window = std::chrono::seconds(2);
  std::uint32_t loss_min_samples = 20;
  std::uint32_t loss_threshold_permille = 200;
  Duration heartbeats_after{};  // without a probe: too many in a row are lost; 0 = never
  bool watched = false;  // the session is not ATTACHED: every probe is worth a signal, and the
                         // client shall probe faster
  std::uint8_t transport_count = 0;
  std::array<TransportProgram, kMaxTransports> transports{};

  friend bool operator==(const SessionProgram&, const SessionProgram&) = default;
};

// Where an inner destination lives; sent to every worker, each of which answers
// HealthSignal::kApplied with this generation, as for a session. present = false removes it.
//
// On one lane generations grow in the order of the commands, so kApplied acknowledges everything
// with a smaller generation too, and a lost acknowledgement is made good by the next.
struct RouteProgram {
  Prefix destination;
  Generation generation{};
  bool present = false;
  WorkerId owner{};
  SessionSlot session{};
};

struct NeighborProgram {
  NeighborId id = NeighborId::kNone;
  PortSide side = PortSide::kWan;
  IpAddress address;
  MacAddress mac;  // zero = not resolved
};

using WorkerCommand = std::variant<std::monostate, SessionProgram, RouteProgram, NeighborProgram,
                                   SendLink, SendSealed>;

}  // namespace jvpn
