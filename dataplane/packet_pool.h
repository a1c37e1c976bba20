// PacketPools: one pool of packet buffers (mbufs) a worker.
//
// A worker receives into its own pool; buffers that were handed over return to the pool they came
// from. Units: memory in MiB of DPDK's own, of which at most three quarters go to buffers.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"

struct rte_mempool;

namespace jvpn {

class PacketPools {
 public:
  // `frame_bytes`: the largest frame that must fit into one buffer.
  static absl::StatusOr<std::unique_ptr<PacketPools>> Create(std::uint32_t workers,
                                                             std::uint32_t memory_mib,
                                                             std::uint32_t frame_bytes);
  ~PacketPools();
  PacketPools(const PacketPools&) = delete;
  PacketPools& operator=(const PacketPools&) = delete;

  rte_mempool* of(std::uint32_t worker) const { return pools_[worker]; }
  std::uint32_t buffers_each() const { return buffers_; }

 private:
  explicit PacketPools(std::uint32_t buffers) : buffers_(buffers) {}

  std::uint32_t buffers_;
  std::vector<rte_mempool*> pools_;
};

// Buffers of one worker for a share of memory; 0 when it does not reach for the least that works.
std::uint32_t BuffersFor(std::uint64_t share_bytes, std::uint32_t buffer_bytes);

}  // namespace jvpn
