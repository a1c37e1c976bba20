// LaneWriter: everything that one worker says to the control core.
//
// Ownership  One worker; it is the producer of its lane's rings.
// When full  Counted as kLaneFull. A signal that was not taken is told to the caller, who says it
//            again later; a frame is dropped and its sender repeats it.
#pragma once

#include "channel/lane.h"
#include "channel/worker_stats.h"
#include "dataplane/classify.h"
#include "dataplane/flow_table.h"
#include "dataplane/packet.h"
#include "dataplane/rate_gate.h"

namespace jvpn {

class LaneWriter {
 public:
  LaneWriter(Lane& lane, WorkerStats& stats) : lane_(lane), stats_(stats) {}

  bool Signal(const HealthSignal& signal);
  // At a bounded rate, so that one peer's scan of an on-link network cannot fill the ring.
  void NeedNeighbor(PortSide side, const IpAddress& address, Instant now);

  void Datagram(const Packet& packet, const Classified& what);
  // Into a ring of its own; a full one costs no copy.
  void Handshake(const Packet& packet, const Classified& what);
  void PathFrames(const Packet& packet, const Classified& what, const FlowPlace& place,
                  ByteView plaintext, bool highest);
  // A frame for one of our addresses, whole, without its VLAN tag.
  void Link(const Packet& packet);
  // The start of a packet that does not fit the tunnel, at a bounded rate: enough to answer it.
  void TooBig(const Packet& packet, Instant now);

 private:
  void AssignUntagged(const Packet& packet, std::size_t limit);
  void Load(const Packet& packet, const Classified& what);
  void Push();

  Lane& lane_;
  WorkerStats& stats_;
  UpFrame frame_;  // filled anew for each; large, so not on the stack
  RateGate too_big_rate_{Millis(10), 16};
  RateGate neighbor_rate_{Millis(100), 64};
  // The addresses asked for lately, by hash: one is asked for again after a while.
  struct Asked {
    IpAddress address;
    InstantMs at{};
  };
  std::array<Asked, 64> asked_;
};

}  // namespace jvpn
