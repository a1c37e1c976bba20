// HealthSignal: worker -> control core. Totals and edges of one transport, or the last program
// applied.
//
// Signals carry totals, so a lost one costs resolution and never truth; the worker repeats an edge
// at a slow pace until the world changes again (docs/adr/0002).
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "base/time.h"
#include "wire/ip_address.h"
#include "wire/loss_standing.h"

namespace jvpn {

struct HealthSignal {
  enum class Kind : std::uint8_t {
    kNone,
    kApplied,  // a SessionProgram or RouteProgram of `generation`, and all before it, are in force
    kTransport,     // liveness edge or slow totals of one transport
    kNewAddress,    // an authenticated frame with the highest counter came from `remote` (P1)
    kNeedNeighbor,  // no link address for `remote.address` on `side`
    kPortDown,
    kPortUp,
  };
  enum class Life : std::uint8_t {
    kUnknown,  // nothing opened yet
    kFresh,    // heard within the candidate's fresh time
    kStale,    // silent for longer than fresh_ms, not yet dead_ms
    kSilent,   // silent for longer than dead_ms
  };

  Kind kind = Kind::kNone;
  Life life = Life::kUnknown;
  std::uint8_t side = 0;  // PortSide, for kNeedNeighbor and kPort*
  SessionSlot session{};
  Generation generation{};  // kApplied: applied; else: installed when the signal was made
  TransportId transport = TransportId::kNone;
  Instant last_heard{};        // of an authenticated frame
  std::uint64_t received = 0;  // frames opened of this transport
  std::uint64_t sent = 0;      // frames sealed on it
  LossStanding loss;
  bool heartbeats_missed = false;  // too many in a row, although it is not silent
  std::uint32_t rtt_us = 0;        // from the client's last probe, 0 = not known
  std::uint32_t p95_us = 0;
  Endpoint remote;  // kNewAddress, kNeedNeighbor
  Endpoint local;   // kNewAddress
};

}  // namespace jvpn
