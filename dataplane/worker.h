// Worker: one poll-mode loop: packet buffers between two ports, other workers and a Forwarder.
//
//   turn: commands, packets handed over, a burst of each port, a slice of the liveness scan,
//   transmit
//
// Ownership  One thread calls PollOnce() or Run(). Every buffer that enters a turn has left it
// again
//            at its end: sent, handed over, or back in its pool.
// When full  What a port or a ring does not take is freed and counted; nobody waits.
#pragma once

#include <array>
#include <atomic>
#include <memory>

#include "absl/status/statusor.h"
#include "dataplane/dataplane.h"
#include "dataplane/forwarder.h"
#include "dataplane/handoff.h"
#include "dataplane/port.h"

namespace jvpn {

// What a worker borrows; all of it outlives the worker.
struct WorkerSurroundings {
  Port* wan = nullptr;
  Port* core = nullptr;
  Handoff* handoff = nullptr;
  rte_mempool* pool = nullptr;  // its own
  Lane* lane = nullptr;
};

class Worker : private PacketSource {
 public:
  // Takes a private copy of the cipher library (docs/adr/0003).
  static absl::StatusOr<std::unique_ptr<Worker>> Create(const ForwarderConfig& config,
                                                        const WorkerSurroundings& around);

  // One turn; false when there was nothing to do.
  bool PollOnce(Instant now);
  // Turns until `stop`. Adaptive: sleeps up to kLongestSleep while nothing comes.
  void Run(IdlePolicy idle, const std::atomic<bool>& stop);

  const WorkerStats& stats() const { return stats_; }
  Forwarder& forwarder() { return *forwarder_; }

  static constexpr std::chrono::microseconds kLongestSleep{100};

 private:
  // Buffers on their way to one place, sent when they are many or at the turn's end.
  struct Batch {
    std::uint32_t count = 0;
    std::array<rte_mbuf*, 2 * kBurstPackets> packets;
  };

  Worker(const ForwarderConfig& config, const WorkerSurroundings& around);

  Port& port(PortSide side) { return side == PortSide::kWan ? *around_.wan : *around_.core; }
  bool Take(Packet& out) override;

  std::uint32_t RunCommands(Instant now);
  std::uint32_t TakeHandedOver(Instant now);
  std::uint32_t Receive(PortSide side, Instant now);
  void Process(PortSide side, std::span<rte_mbuf*> burst, Instant now);
  void Settle(std::span<Packet> packets);
  void Transmit(PortSide side, rte_mbuf* packet);
  void FlushPort(PortSide side);
  void FlushWorker(std::uint32_t to);
  void FlushAll();
  void AppendFor(std::uint32_t to, rte_mbuf* packet);
  void FreeAndCount(std::span<rte_mbuf*> packets, DropReason reason);
  void WatchLinks(Instant now);

  const std::uint32_t self_;
  const WorkerSurroundings around_;
  WorkerStats stats_;
  std::unique_ptr<AeadEngine> engine_;
  std::unique_ptr<Forwarder> forwarder_;
  std::array<Batch, 2> to_port_;
  std::array<Batch, kMaxWorkers> to_worker_;
  std::uint64_t workers_with_packets_ = 0;  // bit a worker: its batch is not empty
  static_assert(kMaxWorkers <= 64);
  std::array<bool, 2> link_up_{true, true};
  InstantMs links_seen_{};
};

}  // namespace jvpn
