#include "tests/sim/log_check.h"

#include <algorithm>
#include <utility>

#include "session/policy_id.h"

namespace jvpn::sim {
namespace {

constexpr Millis kMinute{60'000};

// A client knows the numbers of its handshake, and no names (docs/wire.md 8).
Policy AsHeldBy(Role role, Policy policy) {
  if (role == Role::kGateway) return policy;
  return FromWireParameters(ToWireParameters(policy)).value_or(policy);
}

void Keep(std::deque<InstantMs>& instants, InstantMs now) {
  instants.push_back(now);
  while (now - instants.front() >= kMinute) instants.pop_front();
}

}  // namespace

LogCheck::LogCheck(std::string who, Role role, const Policy& policy, Findings& findings)
    : who_(std::move(who)),
      policy_(AsHeldBy(role, policy)),
      findings_(findings),
      book_{{PolicyId(policy_), std::make_shared<const Policy>(policy_)}},
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
  if (event.type == EventType::kSessionStateChange) CountEdge(event);
  if (event.type == EventType::kTransportSwitch || event.type == EventType::kTransportRevalidated) {
    CountCommit(event);
    retired_ = before == bound() ? TransportId::kNone : before;
    committed_at_ = event.at;
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

void LogCheck::CountCommit(const Event& event) {
  ++all_commits_;
  Keep(commits_, event.at);
  Expect(commits_.size() <= policy_.max_switches_per_min, "K5", event, "over the cap");
}

void LogCheck::CountEdge(const Event& event) {
  Keep(edges_, event.at);
  const auto cooldown =
      static_cast<std::size_t>(std::max<Millis::rep>(1, policy_.switch_cooldown.count()));
  Expect(edges_.size() <= 4 * policy_.max_switches_per_min + 120'000 / cooldown + 3, "FM-3-g",
         event, "a storm of edges");
  if (event.new_state == State::kRecovering) {
    Expect(event.at >= pause_until_ || doubtful_, "K6", event, "within the cooldown");
  }
  if (event.previous_state == State::kRecovering) pause_until_ = event.at + policy_.switch_cooldown;
}

void LogCheck::At(InstantMs now) {
  if (const auto mismatch = replay_.At(now); mismatch && !doubtful_) {
    findings_.Add(mismatch->rule,
                  who_ + ": the log: " + mismatch->says + "; follows: " + mismatch->follows);
  }
  if (state() == State::kAttached && bound() == TransportId::kNone) {
    findings_.Add("K4", who_ + ": attached to nothing");
  }
}

}  // namespace jvpn::sim
