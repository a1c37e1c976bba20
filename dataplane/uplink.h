// Uplink: a burst from the WAN port: classify, look up, open, then packet by packet what the tag
// has earned: replay window, sums, path frames, the core network.
//
// Order      Nothing of a session moves before its frame's tag verified. The window is asked before
//            opening and again after it, because two copies in one burst both pass the first time.
// Ownership  One worker.
#pragma once

#include <array>
#include <span>

#include "dataplane/aead_batch.h"
#include "dataplane/packet.h"
#include "dataplane/worker_state.h"

namespace jvpn {

class Uplink {
 public:
  explicit Uplink(WorkerState& state) : state_(state), stats_(state.stats) {}

  // At most kBurstPackets; leaves a fate in each.
  void Process(std::span<Packet> burst, Instant now);

 private:
  // A data frame on its way through the stages.
  struct Opening {
    Packet* packet;
    AeadJob* job;
    SessionSlab slab;
    FlowPlace place;
    Classified what;
    FlowIndex flow;
  };

  void Classify(Packet& packet);
  bool LookUp(Opening& opening);
  bool Prepare(Opening& opening);
  void Deliver(Opening& opening, Instant now);
  bool Account(const Opening& opening, std::uint64_t counter, Instant now);
  void NoteAddress(const Opening& opening, Instant now);
  void ForwardInner(const Opening& opening, Instant now);
  void DropUnresolved(Packet& packet, IpFamily family, const std::uint8_t* destination,
                      Instant now);
  bool MayDeliver(const SessionHot& hot, std::uint32_t transport, Instant now) const;
  void HandlePathFrames(const Opening& opening, bool highest, Instant now);
  void AnswerProbes(const Opening& opening, ByteView replies, Instant now);

  WorkerState& state_;
  WorkerStats& stats_;
  AeadBatch batch_;
  std::array<Opening, kBurstPackets> openings_;
  std::uint32_t count_ = 0;
};

}  // namespace jvpn
