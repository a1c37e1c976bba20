// LogCheck: reads the audit events of one session at one end as they come and finds the first that
// breaks the requirements. Decides them again with the verifier that "jvpnctl audit verify" is
// (session/replay.h); the bounds are counted once more, by other means than the machine has.
//
//   replay          every edge, denial, grant and timer (K1, K2, K7, K8; FM-7-g)
//   K5 K6 FM-3-g    commits and edges in any minute, the pause between attempts
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "session/event.h"
#include "session/replay.h"
#include "tests/sim/findings.h"

namespace jvpn::sim {

// What a log may name; a client knows the numbers of its handshake, and no names (docs/wire.md 8).
PolicyBook BookOf(Role role, const std::vector<Policy>& policies);

class LogCheck {
 public:
  // `book` may grow, and must outlive this.
  LogCheck(std::string who, Role role, const PolicyBook& book, Findings& findings);
  LogCheck(const LogCheck&) = delete;
  LogCheck& operator=(const LogCheck&) = delete;

  // A restart from a store that may have lost what the log told: nothing can be decided again from
  // here on, only counted.
  void Restored(bool doubtful) { doubtful_ |= doubtful; }
  void Take(const Event& event);
  // An operator applied a policy; the control core has had its turn since.
  void Offer(std::shared_ptr<const Policy> policy);
  void Offered();
  // Nothing that was due is still open.
  void At(InstantMs now);
  // The process did not run for so long: what falls due may be as late.
  void Excuse(Millis stall);

  State state() const { return state_; }
  std::uint32_t version() const { return version_; }
  std::uint32_t commits() const { return all_commits_; }
  bool ended() const { return ended_; }
  bool live() const { return state_ != State::kBirth && state_ != State::kTerminated; }
  TransportId bound() const { return bound_; }
  // O3: data that comes on it may be delivered.
  bool Delivers(TransportId transport, InstantMs now) const {
    return transport == bound() || (transport == retired_ && now <= drains_until_);
  }
  Millis slack() const { return slack_; }
  // In force; the default one before the session is born.
  const Policy& policy() const { return *policy_; }

 private:
  void Expect(bool holds, const char* rule, const Event& event, const char* text);
  void Follow(const Event& event);
  void CountCommit(const Event& event);
  void CountEdge(const Event& event);
  void TakePolicy(const Event& event);
  void CheckOffer();

  const std::string who_;
  Findings& findings_;
  const Role role_;
  const PolicyBook& book_;
  std::shared_ptr<const Policy> policy_;
  // Of all that were in force: how often a session may move.
  std::uint32_t cap_ = 0;
  Millis cooldown_ = Millis::max();
  std::uint32_t policies_ = 0;
  std::shared_ptr<const Policy> offer_;
  std::optional<std::uint32_t> offered_at_;  // this version of the state
  SessionReplay replay_;
  Millis slack_{0};
  bool doubtful_ = false;

  State state_ = State::kBirth;
  std::uint32_t version_ = 0;
  bool ended_ = false;
  TransportId bound_ = TransportId::kNone;
  TransportId retired_ = TransportId::kNone;
  InstantMs drains_until_{};
  InstantMs pause_until_ = InstantMs::min();
  std::deque<InstantMs> commits_;
  std::uint32_t all_commits_ = 0;
  std::deque<InstantMs> edges_;
};

}  // namespace jvpn::sim
