// SessionKeeper: the control core's side of the store. It keeps each session's newest record there.
//
//   Touch(entry) ──> queue ──> one put at a time a session ──> store      the newest state wins
//   Commit(entry, record) ──> the same, ahead of the commit; its fate comes back by TakeCommits()
//   start: acquire the fence, list every record ──> TakeLoaded()
//
// Ownership  The control core. No call waits: the store is asynchronous (store/store.h).
// Bounds     One request a session is under way. A commit that the store does not take within
//            kCommitWait is given up, and refused; everything else is repeated until it is taken.
// Fenced     Another gateway has taken over the store: nothing is written any more, and every
//            commit is refused.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "control/control_state.h"
#include "control/session_record.h"
#include "store/record_seal.h"
#include "store/store.h"

namespace jvpn {

// What a gateway needs to survive its process. The store outlives the control core.
struct Persistence {
  Store* store = nullptr;
  Secret32 node_key;
  TimeBase time_base;
  // Sessions of whose end the log has told, by their ids as it writes them. The process may have
  // died before their records were gone; TERMINATED is for good all the same (K8).
  absl::flat_hash_set<std::string> ended;
};

class SessionKeeper {
 public:
  static constexpr Millis kCommitWait{1000};
  // A transportless session's age is stored at least once a second.
  static constexpr Millis kAgeEvery{900};

  // `persistence` null: nothing is kept, everything is ready.
  SessionKeeper(ControlState& state, const Persistence* persistence);

  bool enabled() const { return store_ != nullptr; }
  // Every record of the last process has been handed out.
  bool ready() const { return phase_ == Phase::kReady; }
  bool fenced() const { return fenced_; }
  // Nothing waits to be written.
  bool idle() const { return queue_.empty() && under_way_ == 0; }
  // Grows with each start of a gateway on this store: the fencing token.
  std::uint64_t boot_epoch() const { return fence_; }

  void Touch(const SessionEntry& entry);
  // False: not now; the commit is to be refused.
  bool Commit(const SessionEntry& entry, const SessionSnapshot& after, const EpochMix& mix,
              Instant now);
  void Forget(const SessionId& id);

  bool Turn(Instant now);
  Instant NextDeadline() const;

  struct Fate {
    SessionId id;
    bool stored = false;
  };
  std::vector<Fate> TakeCommits() { return std::exchange(fates_, {}); }

  struct Loaded {
    StoreRecord record;
    Millis downtime{0};
  };
  std::vector<Loaded> TakeLoaded() { return std::exchange(loaded_, {}); }
  struct Opened {
    RecordHead head;
    std::optional<SessionRecord> record;
    Reason fault = Reason::kRecordUnreadable;
  };
  // Opens, parses and rebases; the record's version is the session's from now on.
  Opened Open(const StoreRecord& stored, InstantMs now);

 private:
  enum class Phase : std::uint8_t { kAcquire, kBeat, kList, kReady };
  struct Kept {
    std::uint64_t version = 0;  // in the store; 0 = none
    std::uint64_t ticket = 0;   // of the request under way, 0 = none
    bool queued = false;
    bool again = false;  // changed since the request under way was made
    bool erase = false;
    bool aging = false;        // in ages_
    Bytes commit;              // sealed, waits for its turn
    bool commit_open = false;  // its fate is not told yet
    bool commit_sent = false;  // it is the request under way
    Instant commit_until{};    // of the commit that waits or is under way
  };

  void Queue(const SessionId& id, Kept& kept);
  Bytes Seal(const SessionEntry& entry, const SessionSnapshot& snapshot, const EpochMix& mix);
  // False: the store is full.
  bool Submit(const SessionId& id, Kept& kept);
  bool SubmitQueue();
  void Begin(Instant now);
  void Beat();
  void OnAnswer(StoreAnswer& answer);
  void OnStart(StoreAnswer& answer);
  void OnWritten(const StoreAnswer& answer);
  void GiveUpCommits();
  void StoreAges();
  void EndCommit(const SessionId& id, Kept& kept, bool stored);
  Millis DowntimeSince(const std::vector<StoreRecord>& beat) const;

  ControlState& state_;
  Store* store_ = nullptr;
  std::optional<RecordSeal> seal_;
  TimeBase time_base_;
  absl::flat_hash_set<std::string> ended_;  // by the log of the process before
  Phase phase_ = Phase::kReady;
  bool asked_ = false;  // a request of the start is under way
  SessionId listed_;    // the last key so far
  std::uint64_t fence_ = 0;
  bool fenced_ = false;
  Instant now_{};
  Instant retry_at_{};  // the store failed: not before
  Instant beat_at_{};
  std::uint64_t beat_version_ = 0;
  std::uint64_t beat_ticket_ = 0;
  Millis downtime_{0};
  std::uint64_t next_ticket_ = 1;
  std::size_t under_way_ = 0;

  absl::flat_hash_map<SessionId, Kept> kept_;
  absl::flat_hash_map<std::uint64_t, SessionId> by_ticket_;
  std::deque<SessionId> queue_;
  std::deque<std::pair<Instant, SessionId>> ages_;
  std::deque<std::pair<Instant, SessionId>> waits_;  // commits, by when they are given up
  std::vector<Fate> fates_;
  std::vector<Loaded> loaded_;
};

}  // namespace jvpn
