#include "dataplane/handoff.h"

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include <array>

#include "absl/strings/str_cat.h"
#include "base/limits.h"

namespace jvpn {
namespace {

constexpr std::uint32_t kRingPackets = 512;

}  // namespace

absl::StatusOr<std::unique_ptr<Handoff>> Handoff::Create(std::uint32_t workers) {
  std::unique_ptr<Handoff> handoff(new Handoff(workers));
  static int serial = 0;  // ring names are process-wide; a test makes several sets
  for (std::uint32_t from = 0; from < workers; ++from) {
    for (std::uint32_t to = 0; to < workers; ++to) {
      if (from == to) continue;
      const std::string name = absl::StrCat("jvpn-handoff-", serial++);
      rte_ring* made =
          rte_ring_create(name.c_str(), kRingPackets, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
      if (made == nullptr) {
        return absl::ResourceExhaustedError(
            absl::StrCat("no memory for the rings between ", workers,
                         " workers: ", rte_strerror(rte_errno), "; raise [memory] megabytes"));
      }
      handoff->ring(from, to) = made;
    }
  }
  return handoff;
}

Handoff::~Handoff() {
  std::array<rte_mbuf*, kBurstPackets> left;
  for (std::uint32_t from = 0; from < workers_; ++from) {
    for (std::uint32_t to = 0; to < workers_; ++to) {
      if (ring(from, to) == nullptr) continue;
      while (const std::uint32_t count = Receive(to, from, left)) {
        rte_pktmbuf_free_bulk(left.data(), count);
      }
      rte_ring_free(ring(from, to));
    }
  }
}

std::uint32_t Handoff::Send(std::uint32_t from, std::uint32_t to, std::span<rte_mbuf*> packets) {
  return rte_ring_sp_enqueue_burst(ring(from, to), reinterpret_cast<void**>(packets.data()),
                                   static_cast<unsigned>(packets.size()), nullptr);
}

std::uint32_t Handoff::Receive(std::uint32_t to, std::uint32_t from, std::span<rte_mbuf*> out) {
  return rte_ring_sc_dequeue_burst(ring(from, to), reinterpret_cast<void**>(out.data()),
                                   static_cast<unsigned>(out.size()), nullptr);
}

}  // namespace jvpn
