#include "tests/sim/log_check.h"

#include <algorithm>
#include <utility>

#include "session/policy_id.h"

namespace jvpn::sim {
namespace {

constexpr Millis kMinute{60'000};

Policy AsHeldBy(Role role, Policy policy) {
  if (role == Role::kGateway) return policy;
  return FromWireParameters(ToWireParameters(policy)).value_or(policy);
}

void Keep(std::deque<InstantMs>& instants, InstantMs now) {
  instants.push_back(now);
  while (now - instants.front() >= kMinute) instants.pop_front();
}

}  // namespace

PolicyBook BookOf(Role role, const std::vector<Policy>& policies) {
  PolicyBook book;
  for (const Policy& policy : policies) {
    const auto held = std::make_shared<const Policy>(AsHeldBy(role, policy));
    book.try_emplace(PolicyId(*held), held);
  }
  return book;
}

LogCheck::LogCheck(std::string who, Role role, const PolicyBook& book, Findings& findings)
    : who_(std::move(who)),
      findings_(findings),
      role_(role),
      book_(book),
      policy_(std::make_shared<const Policy>()),
      replay_(role, book_, Millis{0}) {}

void LogCheck::Excuse(Millis stall) {
  slack_ += stall;
  replay_.Excuse(stall);
}

void LogCheck::Expect(bool holds, const char* rule, const Event& event, const char* text) {
  if (!holds) findings_.Add(rule, who_ + ": " + text + ": " + ToText(event));
}

void LogCheck::Take(const Event& event) {
  const TransportId before = bound();
  if (const auto mismatch = replay_.Take(event); mismatch && !doubtful_) {
    findings_.Add(mismatch->rule,
                  who_ + ": the log: " + mismatch->says + "; follows: " + mismatch->follows);
  }
  Follow(event);
  TakePolicy(event);
  if (event.type == EventType::kSessionStateChange) CountEdge(event);
  if (event.type == EventType::kTransportSwitch || event.type == EventType::kTransportRevalidated) {
    CountCommit(event);
    retired_ = before == bound() ? TransportId::kNone : before;
    drains_until_ = event.at + policy_->drain;
  }
}

// What the events say, without asking why.
void LogCheck::Follow(const Event& event) {
  version_ = event.state_version;
  switch (event.type) {
    case EventType::kSessionStateChange:
      state_ = *event.new_state;
      if (state_ == State::kTerminated) bound_ = TransportId::kNone;
      break;
    case EventType::kTransportAttached:
    case EventType::kTransportSwitch:
    case EventType::kTransportRevalidated:
      bound_ = *event.transport;
      break;
    case EventType::kTransportDead:
      if (event.transport == bound_) bound_ = TransportId::kNone;
      break;
    case EventType::kSessionRestored:
      state_ = *event.previous_state;
      bound_ = TransportId::kNone;
      Expect(!ended_, "K8", event, "the log has told of its end");
      break;
    case EventType::kSessionTerminated:
      ended_ = true;
      break;
    default:
      break;
  }
}

// The edge out of BIRTH names the first one, PolicyApplied each that follows.
void LogCheck::TakePolicy(const Event& event) {
  if (event.type == EventType::kSessionRestored || event.type == EventType::kPolicyRejected) {
    offer_.reset();
  }
  const auto found = book_.find(event.policy_id);
  const bool named =
      event.type == EventType::kPolicyApplied || event.previous_state == State::kBirth;
  if (!named || found == book_.end()) return;
  policy_ = found->second;
  ++policies_;
  cap_ = std::max(cap_, policy_->max_switches_per_min);
  cooldown_ = std::min(cooldown_, policy_->switch_cooldown);
}

void LogCheck::Offer(std::shared_ptr<const Policy> policy) {
  if (!live()) return;
  offer_ = std::move(policy);
  offered_at_.reset();
}

void LogCheck::Offered() {
  if (offer_ && !offered_at_) offered_at_ = version_;
}

// Strict: in force at once. Grace: from the next edge on.
void LogCheck::CheckOffer() {
  if (!live() || doubtful_ || !offer_ || !offered_at_ || *policy_ == *offer_) return;
  const bool waits = offer_->apply_mode == ApplyMode::kGrace && version_ == *offered_at_;
  if (!waits) findings_.Add("G6", who_ + ": policy " + offer_->version + " is not in force");
}

// At a client it is the gateway's, which counts itself: the client follows.
void LogCheck::CountCommit(const Event& event) {
  ++all_commits_;
  Keep(commits_, event.at);
  // A record that was behind the log may have brought an older policy back.
  std::uint32_t cap = doubtful_ ? cap_ : policy_->max_switches_per_min;
  for (const auto& [id, policy] : book_) {
    if (role_ == Role::kClient) cap = std::max(cap, policy->max_switches_per_min);
  }
  Expect(commits_.size() <= cap, "K5", event, "over the cap");
}

void LogCheck::CountEdge(const Event& event) {
  Keep(edges_, event.at);
  const auto cooldown = static_cast<std::size_t>(std::max<Millis::rep>(1, cooldown_.count()));
  Expect(edges_.size() <= 4 * cap_ + 120'000 / cooldown + 3 * std::max(1U, policies_), "FM-3-g",
         event, "a storm of edges");
  if (event.new_state == State::kRecovering) {
    Expect(event.at >= pause_until_ || doubtful_, "K6", event, "within the cooldown");
  }
  if (event.previous_state == State::kRecovering)
    pause_until_ = event.at + policy_->switch_cooldown;
}

void LogCheck::At(InstantMs now) {
  CheckOffer();
  if (const auto mismatch = replay_.At(now); mismatch && !doubtful_) {
    findings_.Add(mismatch->rule,
                  who_ + ": the log: " + mismatch->says + "; follows: " + mismatch->follows);
  }
  if (state() == State::kAttached && bound() == TransportId::kNone) {
    findings_.Add("K4", who_ + ": attached to nothing");
  }
}

}  // namespace jvpn::sim
