// Tombstones: what is left of a session that has ended, so that late requests get a definite
// answer.
//
// A tombstone holds no key: one CLOSE frame a transport was sealed before the keys were wiped. It
// names the session's flow indices and keeps its machine, which logs and limits what comes late
// (row G8).
//
// Ownership  The control core. Kept 300 s (docs/wire.md 6.3).
// When full  The oldest makes room.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/bytes.h"
#include "control/token_bucket.h"
#include "session/session_machine.h"

namespace jvpn {

struct Tombstone {
  SessionId id;
  Instant died_at{};
  std::vector<FlowIndex> rx_indices;  // by transport
  std::vector<Bytes> closes;          // sealed, by transport
  std::unique_ptr<SessionMachine> machine;
  TokenBucket answers{2, 5};
};

class Tombstones {
 public:
  explicit Tombstones(std::size_t capacity) : capacity_(capacity) {}

  void Add(Tombstone tombstone);
  void Expire(Instant now);

  bool Contains(const SessionId& id) const { return by_id_.contains(id); }
  bool Names(FlowIndex index) const { return by_index_.contains(index); }
  struct Found {
    Tombstone* tombstone = nullptr;
    TransportId transport = TransportId::kNone;
  };
  Found Find(FlowIndex index) const;

 private:
  void RemoveOldest();

  std::size_t capacity_;
  std::deque<std::unique_ptr<Tombstone>> by_age_;
  absl::flat_hash_map<SessionId, Tombstone*> by_id_;
  absl::flat_hash_map<FlowIndex, Found> by_index_;
};

}  // namespace jvpn
