// SessionReplay: one session's log, decided again (FM-7-g). Takes the events in order and derives
// from the policies and from what was logged before what each of them must say: edges and their
// rows, timers, gates, counts, ages. Values that were measured (loss, addresses, who is fresh) are
// taken as they stand; every decision on them is made again.
//
// Time       Kept as the session's age, which outlives a restart of the host.
// Lateness   A timer may fire `late` after its instant, and no input may come between.
// Afterwards The first contradiction counts; what follows it means nothing.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session/event.h"
#include "session/machine_state.h"
#include "session/policy.h"

namespace jvpn {

using PolicyBook = std::map<std::string, std::shared_ptr<const Policy>, std::less<>>;  // by id

struct Mismatch {
  std::string rule;     // "V7", "K6", "FM-7-b"
  std::string says;     // the log
  std::string follows;  // from the rules, with the numbers
};

struct ReplayCounts {
  std::uint64_t edges = 0, grants = 0, denials = 0, timers = 0;
};

class SessionReplay {
 public:
  // `book` may grow, and must outlive this.
  SessionReplay(Role role, const PolicyBook& book, Millis late)
      : role_(role), book_(book), late_(late) {}

  std::optional<Mismatch> Take(const Event& event);
  // Nothing that was due is still open, the log having gone on to `now`.
  std::optional<Mismatch> At(InstantMs now);
  // The process stood still for so long: what falls due may be as late.
  void Excuse(Millis stall) { late_ += stall; }

  State state() const { return state_; }
  std::uint32_t version() const { return version_; }
  bool ended() const { return ended_; }
  bool live() const { return state_ != State::kBirth && state_ != State::kTerminated; }
  TransportId bound() const { return bound_; }
  const ReplayCounts& counts() const { return counts_; }

 private:
  // What the row that is being told must say next, at the same instant.
  enum class Owed {
    kNothing,
    kBirthEdge,     // B1, after TransportAttached
    kDeathEdge,     // A1, after TransportDead
    kEvaluation,    // EVAL, which must speak
    kDegradedEdge,  // V2 V4 V6, after the denial
    kOwnAttempt,    // V1 D1, after the edge
    kVerdict,       // ReattachResult, after a foreign ReattachAttempt
    kGrant,         // R1, after an attempt that a request opened
    kSecurity,      // Security*, after a denied proof
    kCommit,        // R1, after the grant
    kCommitEdge,    // R1, after the commit
    kLostTarget,    // R5 R6 R6m R3m, after the death of an in-place target
    kFailure,       // TransportSwitchFailed
    kFailedEdge,    // after it
    kSecurityEnd,   // R3
    kRestoredEdge,  // X1 X2
    kEnd,           // SessionTerminated
  };
  enum class Due { kLifetime, kTransportTtl, kHandshake, kRecovery, kVolatile };
  struct DueTimer {
    Due which;
    std::string_view row;
    InstantMs earliest;
    InstantMs latest;  // later than `earliest` only by a rate hold
  };
  struct ReplayedAttempt {
    InstantMs started;
    InstantMs deadline;
    std::shared_ptr<const Policy> opened_under;
    TransportId target = TransportId::kNone;
    TransportSet tried = 0;
    std::optional<Reason> mark;              // as far as it was logged
    std::optional<Reason> fault;             // what ends it at once: R2, R3, R4
    bool refused = false;                    // by R2, R3 or R4
    TransportId asked = TransportId::kNone;  // by the request that R4 refused
    std::set<Reason> summarised;             // codes held back while it ran
  };

  void Fail(std::string_view rule, std::string says, std::string follows);
  // False, and the mismatch told, unless `holds`.
  bool Expect(bool holds, std::string_view rule, std::string says, std::string follows);
  std::string Wanted() const;
  bool Continues(const Event& event) const;
  bool EndsBy(const Event& event, Reason reason) const;
  void Owe(Owed owed, std::optional<Reason> reason = std::nullopt,
           TransportId path = TransportId::kNone);

  // replay.cc
  void Begin(const Event& event);
  void CheckBase(const Event& event);
  void CheckInstant(const Event& event);
  void Dispatch(const Event& event);
  void TakeAfterEnd(const Event& event);
  // replay_timers.cc
  std::optional<DueTimer> FirstDue(InstantMs now) const;
  std::vector<DueTimer> Timers() const;
  bool Fires(Due due, const Event& event) const;
  void CheckLate(std::string_view row, InstantMs earliest);
  std::optional<InstantMs> NoticeAt() const;
  void UpdateHold();
  void TakeTerminated(const Event& event);
  void TakeRestored(const Event& event);
  void TakeExpiring(const Event& event);
  // replay_edges.cc
  void TakeEdge(const Event& event);
  void CheckEdgeCause(const Event& event);
  void LeaveBirth(const Event& event);
  void EnterVolatile(const Event& event);
  void EnterDegraded(const Event& event);
  void EnterRecovering(const Event& event);
  void EnterTerminated(const Event& event);
  void TakeAttached(const Event& event);
  void TakeDead(const Event& event);
  void TakePolicy(const Event& event);
  void TakeRebind(const Event& event);
  // replay_attempt.cc
  Reason RecoveryReason() const;
  void TakeAttempt(const Event& event);
  void TakeOwnAttempt(const Event& event);
  void TakeCommit(const Event& event);
  void TakeKeyRotated(const Event& event);
  void TakeFailed(const Event& event);
  void CheckFailedReason(const Event& event, Reason reason);
  void CheckTargetLost(const Event& event);
  // The detail_code of a failed attempt (FM-4-d).
  void CheckCause(const Event& event);
  std::uint32_t FailuresWithThis() const;
  // replay_denial.cc
  struct Choice {
    std::optional<Reason> denial;
    TransportId target = TransportId::kNone;
  };
  Choice Evaluate(const Ballot& ballot, TransportSet excluded) const;
  // EVAL decides before the edge; a policy that waited for it comes between.
  const Policy& JudgedBy() const {
    return owed_ == Owed::kOwnAttempt ? *attempt_->opened_under : *policy_;
  }
  CandidateTable TableOf(const Ballot& ballot) const;
  CandidateTable::Situation SituationOf(const Ballot& ballot) const;
  void CheckBallot(const Ballot& ballot);
  void CheckEarly(const Ballot& ballot);
  void TakeDenied(const Event& event);
  void TakeResult(const Event& event);
  void TakeDeniedResult(const Event& event);
  void TakeDeniedProof(const Event& event);
  void CheckGate(Reason gate);
  void TakeForeignAttempt(const Event& event);
  void TakeSecurity(const Event& event);
  void TakeSummary(const Event& event);
  void SpendDenial();

  const Role role_;
  const PolicyBook& book_;
  Millis late_;
  std::optional<Mismatch> mismatch_;
  bool told_ = false;
  ReplayCounts counts_;

  Event last_;
  bool any_ = false;
  InstantMs last_at_{};                   // as the log counts
  InstantMs now_{};                       // as the session's age
  InstantMs birth_{};                     // as the log counts
  std::shared_ptr<const Policy> policy_;  // empty until the edge out of BIRTH names it
  InstantMs floor_{};  // nothing could be due before: a policy came, the process came back

  State state_ = State::kBirth;
  std::uint32_t version_ = 0;
  bool ended_ = false;
  Owed owed_ = Owed::kNothing;
  std::optional<Reason> owed_reason_;
  TransportId owed_path_ = TransportId::kNone;
  Owed resume_ = Owed::kNothing;          // after a request's story
  std::optional<Reason> gate_;            // what a request was told that EVAL must say too
  std::optional<DueTimer> firing_;        // denials may be summed up before its edge
  std::optional<std::uint32_t> counted_;  // candidates, by the event before the edge

  TransportId bound_ = TransportId::kNone;
  TransportId previous_ = TransportId::kNone;
  std::uint32_t binding_epoch_ = 0;
  std::uint32_t key_epoch_ = 0;
  bool new_keys_ = false;     // after a restart: the next commit rotates
  TransportlessClock clock_;  // as if every rate hold lasted as long as it could
  InstantMs unbound_since_{};
  Episode episode_;
  std::optional<ReplayedAttempt> attempt_;
  std::optional<InstantMs> early_;  // an attempt before this needs a request
  SwitchGate gate_state_;
  InstantMs not_before_ = InstantMs::min();
  std::optional<Reason> last_denial_;
  RecentInstants failures_;
  RecentInstants rebounds_;
  bool rebind_denied_ = false;
  bool restored_ = false;  // since the last commit
  bool expiry_announced_ = false;
  DenialLimiter limiter_;
  std::deque<std::pair<InstantMs, InstantMs>> empty_;  // when the limiter let nothing pass
  bool early_summary_ = false;                         // so the session ends now
  std::uint32_t held_total_ = 0;
  std::map<Reason, InstantMs> summaries_owed_;  // by when
};

}  // namespace jvpn
