// Forwarder: one worker without its packet I/O: commands in, bursts of packets through, signals
// out.
//
// A DPDK worker drives it with mbufs, a simulator with buffers of its own; neither knows more of a
// session than the other.
// Ownership  One thread calls everything here.
// Time       `now` is read once a turn by the caller.
#pragma once

#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "dataplane/downlink.h"
#include "dataplane/uplink.h"
#include "dataplane/worker_state.h"

namespace jvpn {

// Where the forwarder takes buffers for frames that the control core sends.
class PacketSource {
 public:
  virtual ~PacketSource() = default;
  // An empty packet with kOuterHeadroom and a header's room in front and kMaxLaneFrame behind;
  // false when there is none, now.
  virtual bool Take(Packet& out) = 0;
};

class Forwarder {
 public:
  // Engine, lane and statistics outlive it.
  static absl::StatusOr<std::unique_ptr<Forwarder>> Create(const ForwarderConfig& config,
                                                           AeadEngine& engine, Lane& lane,
                                                           WorkerStats& stats);

  struct CommandTurn {
    std::uint32_t commands = 0;
    std::uint32_t packets = 0;  // at the start of `out`, each with its fate
  };
  // At most `out.size()` commands; each makes one packet or none.
  CommandTurn RunCommands(PacketSource& source, std::span<Packet> out, Instant now);

  // At most kBurstPackets; leaves a fate in each.
  void FromWan(std::span<Packet> burst, Instant now) { uplink_.Process(burst, now); }
  void FromCore(std::span<Packet> burst, Instant now) { downlink_.Process(burst, now); }

  // One slice of the liveness scan; true when something was due.
  bool Scan(Instant now) { return state_->liveness.Scan(now); }

  LaneWriter& lane_writer() { return state_->lane_writer; }
  const SessionTable& sessions() const { return *state_->sessions; }

 private:
  Forwarder(std::unique_ptr<WorkerState> state, Lane& lane);

  void Acknowledge(Generation generation, SessionSlot session);
  void SayApplied();
  bool SendLinkFrame(const SendLink& send, PacketSource& source, Packet& out);
  bool SendSealedFrame(const SendSealed& send, PacketSource& source, Packet& out, Instant now);

  std::unique_ptr<WorkerState> state_;
  Lane& lane_;
  Uplink uplink_;
  Downlink downlink_;
  WorkerCommand command_;  // large, so not on the stack; holds nothing between turns
  Generation applied_{};   // newest program in force
  SessionSlot applied_session_{};
  bool ack_due_ = false;
};

}  // namespace jvpn
