// SessionRegistry: the live sessions, by id, by owner and slot, and by flow index.
//
// A slot and its flow indices stay taken after Erase() until Free(): the worker may still hold
// them. Slots are handed out longest-free first, so that a late frame of a slot's last session has
// every chance to be gone.
//
// Ownership  The control core; entries have stable addresses.
// When full  Reserve() says no.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "control/session_entry.h"

namespace jvpn {

class SessionRegistry {
 public:
  SessionRegistry(std::size_t workers, std::uint32_t slots_per_worker,
                  std::uint32_t transports_per_session);

  struct Place {
    WorkerId owner{};
    SessionSlot slot{};
    std::vector<FlowIndex> indices;
  };
  // On the worker with the fewest sessions: a slot and `transports` random flow indices whose
  // positions in its table are free.
  std::optional<Place> Reserve(std::size_t transports, Random& random);
  // On the worker that `indices` name, with these: of a session of an earlier process. nullopt when
  // they are not free, or tables are smaller than they were.
  std::optional<Place> Reclaim(const std::vector<FlowIndex>& indices);
  // A reserved place that was not used, or whose removal the workers have acknowledged.
  void Free(WorkerId owner, SessionSlot slot);

  SessionEntry& Insert(std::unique_ptr<SessionEntry> entry);
  // Forgets the entry and hands it out; its place stays taken.
  std::unique_ptr<SessionEntry> Erase(SessionEntry& entry);

  SessionEntry* Find(const SessionId& id) const;
  // At most `most`, in the order of their ids, from the first that is not less than `from`: a list
  // of a million is read a page at a time.
  std::vector<const SessionEntry*> From(const SessionId& from, std::size_t most) const;
  SessionEntry* At(WorkerId owner, SessionSlot slot) const;
  std::pair<SessionEntry*, TransportId> Find(FlowIndex index) const;

  std::size_t size() const { return by_id_.size(); }
  // Every place has a number below this; for sweeps that go on next turn.
  std::size_t places() const { return workers_.size() * slots_per_worker_; }
  SessionEntry* AtPlace(std::size_t place) const;

 private:
  // One of the worker's table of flow indices, as the worker itself looks it up.
  struct Position {
    FlowIndex index;  // value 0 = free
    SessionSlot slot{};
    TransportId transport{};
  };
  struct Worker {
    std::vector<std::unique_ptr<SessionEntry>> slots;
    std::vector<std::vector<FlowIndex>> indices;  // taken, by slot
    std::deque<SessionSlot> free;
    std::vector<Position> positions;
  };

  FlowIndex DrawIndex(WorkerId owner, SessionSlot slot, TransportId transport, Random& random);

  std::uint32_t slots_per_worker_;
  std::uint32_t transports_per_session_;
  std::uint32_t table_slots_;
  std::vector<Worker> workers_;
  absl::btree_map<SessionId, SessionEntry*> by_id_;
};

}  // namespace jvpn
