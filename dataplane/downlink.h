// Downlink: a burst from the core port: inner destination to session, session to bound transport,
// seal, outer headers.
//
// Ownership  One worker; packets of sessions that another worker owns are handed over.
#pragma once

#include <array>
#include <span>

#include "dataplane/packet.h"
#include "dataplane/worker_state.h"

namespace jvpn {

class Downlink {
 public:
  explicit Downlink(WorkerState& state) : state_(state), stats_(state.stats) {}

  // At most kBurstPackets; leaves a fate in each.
  void Process(std::span<Packet> burst, Instant now);

 private:
  struct Routing {
    Packet* packet;
    SessionSlab slab;
    Classified what;
  };

  void Classify(Packet& packet);
  bool LookUp(Routing& routing);
  void Seal(const Routing& routing, Instant now);

  WorkerState& state_;
  WorkerStats& stats_;
  std::array<Routing, kBurstPackets> routings_;
  std::uint32_t count_ = 0;
};

}  // namespace jvpn
