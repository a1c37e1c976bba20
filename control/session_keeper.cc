#include "control/session_keeper.h"

#include <algorithm>
#include <utility>

#include "base/byte_cursor.h"
#include "session/policy_id.h"

namespace jvpn {
namespace {

using Kind = StoreRequest::Kind;
using Status = StoreAnswer::Status;

constexpr std::uint32_t kPage = 64;
constexpr std::size_t kAnswersPerTurn = 256;
constexpr Duration kRetryAfter = Millis(100);
constexpr Duration kBeatEvery = Millis(1000);
// The record of the node itself: since when nobody has run.
constexpr SessionId kBeatKey{};
constexpr std::size_t kBeatBytes = 16 + 8 + 8;

}  // namespace

SessionKeeper::SessionKeeper(ControlState& state, const Persistence* persistence) : state_(state) {
  if (persistence == nullptr) return;
  store_ = persistence->store;
  seal_.emplace(persistence->node_key);
  time_base_ = persistence->time_base;
  ended_ = persistence->ended;
  phase_ = Phase::kAcquire;
}

void SessionKeeper::Queue(const SessionId& id, Kept& kept) {
  if (std::exchange(kept.queued, true)) return;
  queue_.push_back(id);
}

void SessionKeeper::Touch(const SessionEntry& entry) {
  if (!enabled() || fenced_ || !entry.attached) return;  // BIRTH is never stored
  Kept& kept = kept_[entry.id];
  kept.again = true;
  Queue(entry.id, kept);
}

bool SessionKeeper::Commit(const SessionEntry& entry, const SessionSnapshot& after,
                           const EpochMix& mix, Instant now) {
  if (!enabled() || !ready() || fenced_) return false;
  Kept& kept = kept_[entry.id];
  kept.commit = Seal(entry, after, mix);
  kept.commit_open = true;
  kept.commit_until = now + kCommitWait;
  waits_.emplace_back(kept.commit_until, entry.id);
  Queue(entry.id, kept);
  return true;
}

void SessionKeeper::Forget(const SessionId& id) {
  if (!enabled()) return;
  const auto found = kept_.find(id);
  if (found == kept_.end()) return;
  Kept& kept = found->second;
  kept.erase = true;
  kept.commit.clear();
  kept.commit_open = false;
  Queue(id, kept);
}

Bytes SessionKeeper::Seal(const SessionEntry& entry, const SessionSnapshot& snapshot,
                          const EpochMix& mix) {
  const PeerState& peer = state_.peers[entry.peer];
  SessionRecord record;
  record.base = time_base_;
  record.saved_at = FloorMs(now_);
  record.peer = state_.config.peers[entry.peer].public_key;
  record.last_handshake = peer.last_handshake.value_or(Timestamp{});
  record.inner = entry.inner;
  record.suite = entry.keys.suite;
  record.root = entry.keys.root;
  record.mix = mix;
  record.snapshot = snapshot;
  record.greatest_counter = entry.judge.greatest();
  record.recent_counters = entry.judge.recent();
  for (const SessionTransport& transport : entry.transports) {
    record.transports.push_back({.rx_index = transport.rx_index,
                                 .tx_index = transport.tx_index,
                                 .validated = transport.validated,
                                 .remote = transport.remote,
                                 .local = transport.local});
  }
  record.client_policy = ToWireParameters(*entry.peers_copy);
  record.policy_id = PolicyId(entry.machine->policy());
  Bytes plaintext = EncodeRecord(record);
  Bytes sealed =
      seal_->Seal(entry.id, {snapshot.state, snapshot.version}, plaintext, state_.random);
  sodium_memzero(plaintext.data(), plaintext.size());
  return sealed;
}

bool SessionKeeper::Submit(const SessionId& id, Kept& kept) {
  StoreRequest request;
  request.ticket = next_ticket_;
  request.key = id;
  request.expected = kept.version;
  request.fence = fence_;
  const bool commit = !kept.commit.empty() && !kept.erase;
  if (kept.erase) {
    request.kind = Kind::kErase;
  } else if (commit) {
    request.kind = Kind::kPut;
    request.value = kept.commit;
  } else {
    const SessionEntry* entry = state_.sessions.Find(id);
    if (entry == nullptr) return true;  // it never was stored, or its end follows
    request.kind = Kind::kPut;
    request.value = Seal(*entry, entry->machine->Snapshot(FloorMs(now_)), entry->keys.mix);
    if (entry->machine->active() == TransportId::kNone && !std::exchange(kept.aging, true)) {
      ages_.emplace_back(now_ + kAgeEvery, id);
    }
  }
  if (!store_->Submit(request)) return false;
  kept.ticket = next_ticket_++;
  kept.commit_sent = commit;
  kept.again = false;
  by_ticket_[kept.ticket] = id;
  ++under_way_;
  return true;
}

bool SessionKeeper::SubmitQueue() {
  if (now_ < retry_at_ || fenced_) return false;
  bool any = false;
  // Those whose request is under way are queued again when it is answered.
  while (!queue_.empty()) {
    const SessionId id = queue_.front();
    const auto found = kept_.find(id);
    if (found != kept_.end() && found->second.ticket == 0) {
      Kept& kept = found->second;
      if (kept.erase && kept.version == 0) {
        kept_.erase(found);
      } else if (!Submit(id, kept)) {
        return any;
      }
    }
    const auto still = kept_.find(id);
    if (still != kept_.end()) still->second.queued = false;
    queue_.pop_front();
    any = true;
  }
  return any;
}

void SessionKeeper::Begin(Instant now) {
  if (asked_ || now < retry_at_) return;
  StoreRequest request;
  request.ticket = next_ticket_;
  switch (phase_) {
    case Phase::kAcquire:
      request.kind = Kind::kAcquire;
      break;
    case Phase::kBeat:
      request.kind = Kind::kGet;
      request.key = kBeatKey;
      break;
    case Phase::kList:
      request.kind = Kind::kList;
      request.key = listed_;
      request.limit = kPage;
      break;
    case Phase::kReady:
      return;
  }
  asked_ = store_->Submit(request);
  if (asked_) ++next_ticket_;
}

Millis SessionKeeper::DowntimeSince(const std::vector<StoreRecord>& beat) const {
  if (beat.empty()) return Millis{0};
  const auto opened = seal_->Open(kBeatKey, beat[0].value);
  if (!opened.plaintext || opened.plaintext->size() != kBeatBytes) return Millis{0};
  ByteReader from(*opened.plaintext);
  const auto boot_id = from.Array<16>();
  const Millis wall_offset{static_cast<std::int64_t>(from.U64())};
  InstantMs last{Millis{static_cast<std::int64_t>(from.U64())}};
  if (boot_id != time_base_.boot_id) last += wall_offset - time_base_.wall_offset;
  return std::max(Millis{0}, FloorMs(now_) - last);
}

void SessionKeeper::OnStart(StoreAnswer& answer) {
  asked_ = false;
  if (answer.status != Status::kDone) {
    retry_at_ = now_ + kRetryAfter;
    return;
  }
  switch (phase_) {
    case Phase::kAcquire:
      fence_ = answer.fence;
      phase_ = Phase::kBeat;
      return;
    case Phase::kBeat:
      downtime_ = DowntimeSince(answer.records);
      if (!answer.records.empty()) beat_version_ = answer.records[0].version;
      phase_ = Phase::kList;
      return;
    case Phase::kList:
      for (StoreRecord& record : answer.records) {
        listed_ = record.key;
        kept_[record.key].version = record.version;
        if (ended_.contains(record.key.ToString())) {
          Forget(record.key);
          continue;
        }
        loaded_.push_back({std::move(record), downtime_});
      }
      if (answer.records.size() < kPage) phase_ = Phase::kReady;
      return;
    case Phase::kReady:
      return;
  }
}

SessionKeeper::Opened SessionKeeper::Open(const StoreRecord& stored, InstantMs now) {
  RecordSeal::Opened opened = seal_->Open(stored.key, stored.value);
  Opened result{.head = opened.head, .record = std::nullopt, .fault = opened.fault};
  if (!opened.plaintext) return result;
  result.record = DecodeRecord(stored.key, *opened.plaintext);
  sodium_memzero(opened.plaintext->data(), opened.plaintext->size());
  if (result.record) Rebase(*result.record, time_base_, now);
  return result;
}

void SessionKeeper::Beat() {
  if (now_ < beat_at_ || beat_ticket_ != 0 || now_ < retry_at_ || fenced_) return;
  Bytes plaintext(kBeatBytes);
  ByteWriter to(plaintext);
  to.Copy(time_base_.boot_id);
  to.U64(static_cast<std::uint64_t>(time_base_.wall_offset.count()));
  to.U64(static_cast<std::uint64_t>(FloorMs(now_).time_since_epoch().count()));
  StoreRequest request;
  request.kind = Kind::kPut;
  request.ticket = next_ticket_;
  request.key = kBeatKey;
  request.expected = beat_version_;
  request.fence = fence_;
  request.value = seal_->Seal(kBeatKey, {}, plaintext, state_.random);
  if (!store_->Submit(request)) return;
  beat_ticket_ = next_ticket_++;
  beat_at_ = now_ + kBeatEvery;
}

void SessionKeeper::EndCommit(const SessionId& id, Kept& kept, bool stored) {
  kept.commit.clear();
  if (!std::exchange(kept.commit_open, false)) return;
  fates_.push_back({id, stored});
}

void SessionKeeper::OnWritten(const StoreAnswer& answer) {
  const auto ticket = by_ticket_.find(answer.ticket);
  if (ticket == by_ticket_.end()) return;
  const SessionId id = ticket->second;
  by_ticket_.erase(ticket);
  --under_way_;
  Kept& kept = kept_.at(id);
  kept.ticket = 0;
  const bool commit = std::exchange(kept.commit_sent, false);
  switch (answer.status) {
    case Status::kDone:
      if (kept.erase && answer.version == 0) {
        kept_.erase(id);
        return;
      }
      kept.version = answer.version;
      if (commit) EndCommit(id, kept, true);
      break;
    case Status::kConflict:
      // A write of ours that was said to have failed had been done after all.
      kept.version = answer.version;
      kept.again = true;
      break;
    case Status::kFenced:
      fenced_ = true;
      return GiveUpCommits();
    case Status::kNone:
    case Status::kFailed:
      kept.again = true;
      if (commit) EndCommit(id, kept, false);
      retry_at_ = now_ + kRetryAfter;
      break;
  }
  if (kept.again || kept.erase || !kept.commit.empty()) Queue(id, kept);
}

void SessionKeeper::OnAnswer(StoreAnswer& answer) {
  if (phase_ != Phase::kReady) return OnStart(answer);
  if (answer.ticket != beat_ticket_) return OnWritten(answer);
  beat_ticket_ = 0;
  if (answer.status == Status::kDone || answer.status == Status::kConflict) {
    beat_version_ = answer.version;
  }
  if (answer.status == Status::kFenced) {
    fenced_ = true;
    GiveUpCommits();
  }
}

// Those whose time is over, or all of them: nobody will take them any more.
void SessionKeeper::GiveUpCommits() {
  while (!waits_.empty() && (fenced_ || waits_.front().first <= now_)) {
    const auto [until, id] = waits_.front();
    waits_.pop_front();
    const auto found = kept_.find(id);
    if (found == kept_.end() || found->second.commit_until != until) continue;
    Kept& kept = found->second;
    if (!kept.commit_open) continue;
    EndCommit(id, kept, false);
    // Should it be taken after all, what stands is written over it.
    kept.commit_sent = false;
    kept.again = true;
    if (kept.ticket == 0) Queue(id, kept);
  }
}

void SessionKeeper::StoreAges() {
  while (!ages_.empty() && ages_.front().first <= now_) {
    const SessionId id = ages_.front().second;
    ages_.pop_front();
    const auto found = kept_.find(id);
    if (found == kept_.end()) continue;
    found->second.aging = false;
    const SessionEntry* entry = state_.sessions.Find(id);
    if (entry != nullptr && entry->machine->active() == TransportId::kNone) Touch(*entry);
  }
}

bool SessionKeeper::Turn(Instant now) {
  if (!enabled()) return false;
  now_ = now;
  bool any = false;
  StoreAnswer answer;
  for (std::size_t n = 0; n < kAnswersPerTurn && store_->Poll(answer); ++n) {
    OnAnswer(answer);
    any = true;
  }
  if (!ready()) {
    Begin(now);
    return any;
  }
  GiveUpCommits();
  StoreAges();
  Beat();
  any |= SubmitQueue();
  return any;
}

Instant SessionKeeper::NextDeadline() const {
  if (!enabled()) return Instant::max();
  // The store's own thread does not wake the control core: look again soon.
  if (!ready() || (!fenced_ && (under_way_ > 0 || !queue_.empty()))) return now_ + Millis(1);
  if (fenced_) return Instant::max();
  Instant next = beat_ticket_ != 0 ? now_ + Millis(1) : std::max(beat_at_, retry_at_);
  if (!ages_.empty()) next = std::min(next, ages_.front().first);
  if (!waits_.empty()) next = std::min(next, waits_.front().first);
  return next;
}

}  // namespace jvpn
