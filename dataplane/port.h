// Port: one Ethernet device, with a receive and a transmit queue for each worker as far as it has
// them.
//
// A worker without queues of its own receives through hand-over only and transmits through worker
// QueueOwner(worker).
// Ownership  The main thread opens and closes; worker i alone touches queue i.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "channel/frame.h"
#include "dataplane/dataplane.h"
#include "dataplane/packet_pool.h"

namespace jvpn {

struct PortSettings {
  PortSide side = PortSide::kWan;
  std::uint32_t workers = 1;
  std::uint16_t mtu = 1500;  // the largest IP packet it must carry
};

class Port {
 public:
  // Finds the device that the operator named, creating a virtual one.
  static absl::StatusOr<std::unique_ptr<Port>> Open(const PortDevice& device,
                                                    const PortSettings& settings,
                                                    const PacketPools& pools);
  // Takes a device that exists already, by DPDK's number.
  static absl::StatusOr<std::unique_ptr<Port>> Adopt(std::uint16_t id, const PortSettings& settings,
                                                     const PacketPools& pools);
  ~Port();
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  std::uint16_t id() const { return id_; }
  std::uint16_t queues() const { return queues_; }
  bool has_queue(std::uint32_t worker) const { return worker < queues_; }
  std::uint32_t QueueOwner(std::uint32_t worker) const { return worker % queues_; }
  MacAddress mac() const;
  bool IsUp() const;

 private:
  Port(std::uint16_t id, std::uint16_t queues) : id_(id), queues_(queues) {}

  absl::Status Configure(const PortSettings& settings, const PacketPools& pools);
  absl::Status SetUpQueues(const PacketPools& pools);
  absl::Status SetMtu(std::uint16_t mtu);

  std::uint16_t id_;
  std::uint16_t queues_;
};

// The operator's virtual device with a queue pair for each worker, where its driver must be told
// so.
std::string DeviceArguments(const std::string& vdev, std::uint32_t workers);

}  // namespace jvpn
