// Dataplane: EAL, ports and workers, from start to stop. The only door through which gateway/ sees
// DPDK.
//
// Ownership  The main thread starts and stops it; each worker owns its slabs, tables and windows
// alone;
//            statistics may be read by any thread.
// Errors     absl::Status with a sentence that says what to do; nothing is left half started.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/time.h"
#include "channel/lane.h"
#include "channel/worker_stats.h"
#include "wire/ip_address.h"

namespace jvpn {

enum class Hugepages : std::uint8_t { kAuto, kOn, kOff };
enum class IdlePolicy : std::uint8_t { kBusy, kAdaptive };

struct PortDevice {
  // Exactly one of the two: a PCI address "0000:3b:00.0", or a vdev "net_af_packet0,iface=wan0".
  std::string pci;
  std::string vdev;
  std::vector<Prefix> addresses;  // our own, for classification and on-link next hops
  std::vector<IpAddress> next_hops;
  std::uint16_t vlan = 0;  // 0 = untagged
};

struct DataplaneConfig {
  std::uint32_t workers = 1;
  std::vector<std::uint32_t> worker_cores;  // empty = any; else one CPU a worker
  IdlePolicy idle = IdlePolicy::kAdaptive;
  Hugepages hugepages = Hugepages::kAuto;
  std::uint32_t memory_mib = 64;
  std::string file_prefix = "jvpn";
  std::vector<std::string> extra_eal;  // escape hatch, appended as they are
  PortDevice wan;
  PortDevice core;
  std::uint16_t listen_port = 4600;
  std::uint16_t inner_mtu = 1420;
  std::uint32_t max_sessions = 1024;  // session slabs of each worker, a power of two
  std::uint32_t transports_per_session = 4;
  // Random, once per process, the same value as the control core's: both stamp tokens
  // (docs/wire.md 6.4).
  std::uint64_t token_instance = 0;
  Prefix inner_v4_pool;
  Prefix inner_v6_pool;
};

class Dataplane {
 public:
  // Starts EAL and ports; no worker runs yet. `lanes` has one entry a worker.
  static absl::StatusOr<std::unique_ptr<Dataplane>> Create(const DataplaneConfig& config,
                                                           std::vector<Lane*> lanes);
  virtual ~Dataplane() = default;

  virtual MacAddress mac(PortSide side) const = 0;
  // True when it runs without hugepages; the gateway says so in one line.
  virtual bool without_hugepages() const = 0;
  // Workers begin to poll; each calls `enter` first, in its own thread, if there is one.
  virtual absl::Status Launch(void (*enter)()) = 0;
  virtual void Stop() = 0;  // workers end, ports close, EAL is cleaned up
  virtual const WorkerStats& stats(std::uint32_t worker) const = 0;
};

}  // namespace jvpn
