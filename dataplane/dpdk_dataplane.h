// DpdkDataplane: pools, ports, hand-over rings and workers, put together.
//
// Ownership  The main thread. Tests and benchmarks assemble it over devices of their own and poll
// the
//            workers by hand; the gateway goes through Dataplane::Create().
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "dataplane/eal.h"
#include "dataplane/worker.h"

namespace jvpn {

class DpdkDataplane final : public Dataplane {
 public:
  struct Ports {
    std::unique_ptr<PacketPools> pools;
    std::unique_ptr<Port> wan;
    std::unique_ptr<Port> core;
  };

  // DPDK runs. `lanes` has one entry a worker.
  static absl::StatusOr<std::unique_ptr<DpdkDataplane>> Assemble(const DataplaneConfig& config,
                                                                 const std::vector<Lane*>& lanes,
                                                                 Ports ports);
  ~DpdkDataplane() override;

  MacAddress mac(PortSide side) const override;
  bool without_hugepages() const override;
  absl::Status Launch(void (*enter)()) override;
  void Stop() override;
  const WorkerStats& stats(std::uint32_t worker) const override;

  // For a caller that polls by hand instead of Launch().
  Worker& worker(std::uint32_t index) { return *workers_[index]; }
  const PacketPools& pools() const { return *ports_.pools; }

 private:
  friend class Dataplane;
  DpdkDataplane(const DataplaneConfig& config, Ports ports);

  struct Running {
    Worker* worker;
    IdlePolicy idle;
    const std::atomic<bool>* stop;
    void (*enter)();
  };
  static int RunWorker(void* running);

  std::unique_ptr<Eal> eal_;  // ends last
  IdlePolicy idle_;
  Ports ports_;
  std::unique_ptr<Handoff> handoff_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Running> running_;
  std::atomic<bool> stop_{false};
};

// Bytes of the largest outer packet for an inner one of `inner_mtu`.
constexpr std::uint16_t OuterMtu(std::uint16_t inner_mtu) {
  return static_cast<std::uint16_t>(inner_mtu + 80);  // IPv6, UDP, header, tag (docs/wire.md 5)
}

}  // namespace jvpn
