#include "dataplane/packet_pool.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace jvpn {
namespace {

// Objects that a core keeps aside, so that most takes and gives touch no shared ring.
constexpr std::uint32_t kCacheBuffers = 256;
// What a buffer takes: its descriptor, the pool's header, its data. Without hugepages none may
// cross a page, because DPDK then takes pages to lie anywhere.
std::uint32_t BufferBytes(std::uint32_t data_room) {
  constexpr std::uint32_t kPageBytes = 4096;
  const std::uint32_t bytes = sizeof(rte_mbuf) + 128 + data_room;
  return rte_eal_has_hugepages() != 0 ? bytes : (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
}

}  // namespace

std::uint32_t BuffersFor(std::uint64_t share_bytes, std::uint32_t buffer_bytes) {
  // One less than a power of two fits a pool's ring exactly. The least: what two ports' rings, the
  // caches and a turn can hold at once.
  for (const std::uint32_t buffers : {16383U, 8191U, 4095U, 2047U}) {
    if (std::uint64_t{buffers} * buffer_bytes <= share_bytes) return buffers;
  }
  return 0;
}

absl::StatusOr<std::unique_ptr<PacketPools>> PacketPools::Create(std::uint32_t workers,
                                                                 std::uint32_t memory_mib,
                                                                 std::uint32_t frame_bytes) {
  const std::uint32_t data_room =
      RTE_PKTMBUF_HEADROOM + std::max<std::uint32_t>(RTE_MBUF_DEFAULT_DATAROOM, frame_bytes);
  const std::uint64_t share = (std::uint64_t{memory_mib} << 20) * 3 / 4 / workers;
  const std::uint32_t buffers = BuffersFor(share, BufferBytes(data_room));
  if (buffers == 0) {
    const std::uint64_t least =
        (std::uint64_t{2047} * BufferBytes(data_room) * workers * 4 / 3 >> 20) + 1;
    return absl::InvalidArgumentError(absl::StrCat(
        "[memory] megabytes = ", memory_mib, " is too little for the packet buffers of ", workers,
        " workers; set it to ", least, " at least"));
  }
  std::unique_ptr<PacketPools> pools(new PacketPools(buffers));
  static int serial = 0;  // pool names are process-wide; a test makes several sets
  for (std::uint32_t i = 0; i < workers; ++i) {
    const std::string name = absl::StrCat("jvpn-packets-", serial++);
    rte_mempool* pool =
        rte_pktmbuf_pool_create(name.c_str(), buffers, kCacheBuffers, 0,
                                static_cast<std::uint16_t>(data_room), SOCKET_ID_ANY);
    if (pool == nullptr) {
      return absl::ResourceExhaustedError(
          absl::StrCat("no memory for ", buffers, " packet buffers of worker ", i, ": ",
                       rte_strerror(rte_errno), "; raise [memory] megabytes"));
    }
    pools->pools_.push_back(pool);
  }
  return pools;
}

PacketPools::~PacketPools() {
  for (rte_mempool* pool : pools_) rte_mempool_free(pool);
}

}  // namespace jvpn
