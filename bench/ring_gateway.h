// RingGateway: the shipping dataplane with one worker between four rings, polled by hand on the
// caller's thread: no NIC, no system call, no other core in the measurement.
//
// Ownership  One thread; DPDK runs. Only one lives at a time.
#pragma once

#include <rte_ring.h>

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/traffic.h"
#include "dataplane/dpdk_dataplane.h"

namespace jvpn {

class RingGateway {
 public:
  // Programs every session of `traffic` before it returns.
  static absl::StatusOr<std::unique_ptr<RingGateway>> Create(const Traffic& traffic,
                                                             std::uint32_t sessions);
  ~RingGateway();

  // Frames in, polled until each has come out at the other side; returns the TSC ticks of all but
  // the first `warm_up`. CHECKs that none was dropped: a benchmark of drops would be a lie.
  std::uint64_t Pass(PortSide in, std::span<rte_mbuf*> frames, std::uint32_t warm_up);

  // A ring device draws its own link address; frames must bear it.
  MacAddress mac(PortSide which) const { return dataplane_->mac(which); }
  rte_mempool* pool() const { return dataplane_->pools().of(0); }
  static constexpr std::uint32_t kRingSlots = 1024;

 private:
  struct Side {
    rte_ring* rx = nullptr;
    rte_ring* tx = nullptr;
  };
  RingGateway() = default;
  absl::Status MakeRings();
  absl::StatusOr<std::unique_ptr<Port>> MakePort(PortSide side, const PacketPools& pools);
  absl::Status Program(const Traffic& traffic, std::uint32_t sessions);
  void Send(const WorkerCommand& command);
  void DrainLane();
  void PollUntil(const rte_ring* out, unsigned count);

  Side& side(PortSide which) { return sides_[static_cast<std::size_t>(which)]; }

  Lane lane_;
  Side sides_[2];
  std::unique_ptr<DpdkDataplane> dataplane_;
  Instant now_{};
};

}  // namespace jvpn
