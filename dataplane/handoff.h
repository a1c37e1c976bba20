// Handoff: packets that one worker received and another must work on or send.
//
// One ring for each ordered pair of workers, so that each has a single producer and consumer and no
// atomic read-modify-write is paid for a packet.
// Ownership  Worker `from` alone calls Send(from, ...), worker `to` alone Receive(to, ...). A
// pointer in
//            a ring owns its buffer.
// When full  Send() takes less than offered; the caller frees and counts the rest (kHandoffFull).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

struct rte_mbuf;
struct rte_ring;

namespace jvpn {

class Handoff {
 public:
  static absl::StatusOr<std::unique_ptr<Handoff>> Create(std::uint32_t workers);
  // Frees what nobody took. No worker runs any more.
  ~Handoff();
  Handoff(const Handoff&) = delete;
  Handoff& operator=(const Handoff&) = delete;

  std::uint32_t workers() const { return workers_; }
  std::uint32_t Send(std::uint32_t from, std::uint32_t to, std::span<rte_mbuf*> packets);
  // Of one other worker, at most out.size().
  std::uint32_t Receive(std::uint32_t to, std::uint32_t from, std::span<rte_mbuf*> out);

 private:
  explicit Handoff(std::uint32_t workers) : workers_(workers), rings_(workers * workers) {}
  rte_ring*& ring(std::uint32_t from, std::uint32_t to) { return rings_[from * workers_ + to]; }

  std::uint32_t workers_;
  std::vector<rte_ring*> rings_;  // nullptr from a worker to itself
};

}  // namespace jvpn
