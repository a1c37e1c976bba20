// RingRig: a whole packet side over DPDK rings instead of wires, its workers polled by hand.
//
// Buffers that come from the wire are taken from a pool of their own, so that every one must be
// found again at the end: Balance() says how many are missing.
#pragma once

#include <memory>
#include <vector>

#include "dataplane/dpdk_dataplane.h"
#include "tests/support/gateway_scene.h"

struct rte_ring;

namespace jvpn::testing {

struct RingOptions {
  std::uint32_t workers = 1;
  std::uint32_t queues = 0;  // of each port; 0 = one a worker
  std::uint32_t tx_room = 1023;
  std::uint32_t memory_mib = 32;
};

class RingRig {
 public:
  explicit RingRig(const RingOptions& options = {});
  ~RingRig();

  // Puts a frame on the wire of a queue; not seen before the next turn of the worker that polls it.
  void Arrive(PortSide side, const Bytes& frame, std::uint32_t queue = 0);
  rte_mbuf* NewBuffer(const Bytes& frame);
  void ArriveBuffer(PortSide side, rte_mbuf* buffer, std::uint32_t queue = 0);
  // What was sent, oldest first.
  std::vector<Bytes> Sent(PortSide side, std::uint32_t queue = 0);

  bool Poll(std::uint32_t worker = 0) { return dataplane->worker(worker).PollOnce(now); }
  void Command(const WorkerCommand& command, std::uint32_t worker = 0);
  // Session on its owner, routes and neighbors on all workers; polled until done.
  void Install(const SessionProgram& program, WorkerId owner);

  std::uint64_t Dropped(DropReason reason, std::uint32_t worker = 0) const {
    return dataplane->stats(worker).drops[static_cast<std::size_t>(reason)].Get();
  }
  std::uint64_t DroppedInAll() const;
  // Buffers that are neither in their pools nor waiting to be sent or received.
  std::int64_t Balance() const;

  GatewayScene scene;
  DataplaneConfig config;
  std::vector<std::unique_ptr<Lane>> lanes;
  std::unique_ptr<DpdkDataplane> dataplane;
  Instant now{std::chrono::seconds(1000)};

 private:
  struct Wire {
    std::vector<rte_ring*> in;
    std::vector<rte_ring*> out;
    std::uint16_t port = 0;
  };
  Wire MakeWire(std::uint32_t queues, std::uint32_t tx_room);
  Wire& wire(PortSide side) { return side == PortSide::kWan ? wan_ : core_; }

  Wire wan_;
  Wire core_;
  rte_mempool* outside_ = nullptr;
};

}  // namespace jvpn::testing
