// LogCheck: reads the audit events of one session at one end as they come and finds the first that
// breaks the requirements. An oracle of its own: it knows the tables of the requirements, not those
// of the code.
//
//   K1 K2 K5 K6 K7 K8   section 8.1; I3 by K5 and K6; FM-3-g bounds the edges of any minute
//   table               each edge with its reason is a row of section 10, with the events that the
//                       row says before and after it
//   gates, ttl          each denial, grant and end is due: not before its limit, not after it
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "session/event.h"
#include "session/machine_state.h"
#include "session/policy.h"
#include "tests/sim/findings.h"

namespace jvpn::sim {

class LogCheck {
 public:
  LogCheck(std::string who, Role role, const Policy& policy, Findings& findings)
      : who_(std::move(who)), role_(role), policy_(policy), findings_(findings) {}

  void Take(const Event& event);
  // Nothing that was due is still open.
  void At(InstantMs now);
  // The process did not run for so long: what falls due may be as late.
  void Excuse(Millis stall) { slack_ += stall; }

  State state() const { return state_; }
  std::uint32_t version() const { return version_; }
  std::uint32_t commits() const { return all_commits_; }
  bool ended() const { return ended_; }
  bool live() const { return state_ != State::kBirth && state_ != State::kTerminated; }
  TransportId bound() const { return bound_; }
  // O3: data that comes on it may be delivered.
  bool Delivers(TransportId transport, InstantMs now) const {
    return transport == bound_ || (transport == retired_ && now - committed_at_ <= policy_.drain);
  }
  Millis slack() const { return slack_; }

 private:
  void Fail(const char* rule, const std::string& text);
  void Expect(bool holds, const char* rule, const Event& event, const char* text);
  void TakeEdge(const Event& event);
  void EnterRecovering(const Event& event);
  void LeaveRecovering(const Event& event);
  void CheckNeighbours(const Event& event);
  void CheckEnd(const Event& event);
  void TakeCommit(const Event& event);
  void TakeDead(const Event& event);
  void TakeDenied(const Event& event);
  void TakeTerminated(const Event& event);
  bool JustBefore(EventType type, const Event& event) const;
  std::uint32_t CommitsInWindow(InstantMs now) const;
  Millis Ttl() const;

  std::string who_;
  Role role_;
  const Policy& policy_;
  Findings& findings_;
  Millis slack_{0};

  State state_ = State::kBirth;
  std::uint32_t version_ = 0;
  bool ended_ = false;
  Event last_;    // newest
  Event before_;  // the one before it
  bool any_ = false;
  std::optional<Reason> end_reason_;  // an edge into T waits for its SessionTerminated
  bool commit_open_ = false;          // a commit waits for its edge
  bool attempt_open_ = false;         // an edge into R waits for its ReattachAttempt

  TransportId bound_ = TransportId::kNone;
  TransportId retired_ = TransportId::kNone;
  InstantMs committed_at_{};
  InstantMs lost_at_{};
  bool held_ = false;  // a rate denial since the last commit: the clock may have stood still
  InstantMs entered_{};
  InstantMs cooldown_until_ = InstantMs::min();
  std::deque<InstantMs> commits_;
  std::uint32_t all_commits_ = 0;
  std::deque<InstantMs> failures_;
  std::deque<InstantMs> edges_;
};

}  // namespace jvpn::sim
