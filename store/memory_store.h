// MemoryStore: the contract over a map, for a gateway that need not survive itself, for tests and
// for the simulator, which tells it to fail, to stall and to tear.
//
// The MemoryDisk is what survives: whoever restarts makes a new MemoryStore over the same disk.
// Ownership  One thread. Requests are carried out when their answers are polled, in order.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>

#include "store/store.h"

namespace jvpn {

struct MemoryDisk {
  std::map<SessionId, StoreRecord> records;
  std::uint64_t last_version = 0;
  std::uint64_t fence = 0;
};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(MemoryDisk& disk) : disk_(disk) {}

  bool Submit(const StoreRequest& request) override;
  bool Poll(StoreAnswer& answer) override;

  // Every request is answered kFailed and nothing is done.
  void SetFailing(bool failing) { failing_ = failing; }
  // Requests are taken and nothing happens, until it stalls no more.
  void SetStalled(bool stalled) { stalled_ = stalled; }
  // Power fails in the middle of the next kPut: its first `bytes` bytes reach the disk, nothing
  // after it does, and no answer ever comes.
  void TearNextPut(std::size_t bytes) { tear_at_ = bytes; }

 private:
  void Carry(const StoreRequest& request, StoreAnswer& answer);
  void List(const StoreRequest& request, StoreAnswer& answer) const;
  void Write(const StoreRequest& request, StoreAnswer& answer);

  MemoryDisk& disk_;
  std::deque<StoreRequest> waiting_;
  bool failing_ = false;
  bool stalled_ = false;
  std::optional<std::size_t> tear_at_;
};

}  // namespace jvpn
