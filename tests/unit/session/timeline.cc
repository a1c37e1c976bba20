#include "tests/unit/session/timeline.h"

#include <array>
#include <utility>

#include "session/policy_id.h"

namespace jvpn {
namespace {

SessionId TestId() {
  SessionId id;
  id.bytes.fill(0x5e);
  return id;
}

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

// "TransportSwitch 0>1" is "TransportSwitch A>B".
std::string WithLetters(const std::string& text) {
  const std::size_t begin = text.find(' ') + 1;
  const std::size_t end = text.find(' ', begin);
  std::string transports = text.substr(begin, end == std::string::npos ? end : end - begin);
  std::string letters;
  std::uint32_t number = 0;
  bool open = false;
  for (const char c : transports + '>') {
    if (c >= '0' && c <= '9') {
      number = number * 10 + static_cast<std::uint32_t>(c - '0');
      open = true;
      continue;
    }
    if (open) letters += static_cast<char>('A' + static_cast<int>(number));
    letters += c;
    number = 0;
    open = false;
  }
  letters.pop_back();
  return text.substr(0, begin) + letters + (end == std::string::npos ? "" : text.substr(end));
}

}  // namespace

TransportFacts Good() {
  TransportFacts facts;
  facts.known = facts.fresh = true;
  facts.verdict = Verdict::kOk;
  facts.latency_us = 20'000;
  return facts;
}

TransportFacts Lossy(std::uint32_t permille) {
  TransportFacts facts = Good();
  facts.verdict = Verdict::kLossy;
  facts.loss_permille = permille;
  return facts;
}

Reattach Valid(TransportId transport, Reason cause) {
  Reattach request;
  request.transport = transport;
  request.proof = Reattach::Proof::kValid;
  request.mac_valid = true;
  request.epoch_matches = true;
  request.cause = cause;
  request.counter = 7;
  return request;
}

Reattach Invalid(TransportId transport, Reattach::Proof proof) {
  Reattach request = Valid(transport);
  request.proof = proof;
  request.mac_valid = proof != Reattach::Proof::kBadProof;
  return request;
}

Reattach Replayed(TransportId transport) {
  return Invalid(transport, Reattach::Proof::kReplayDetected);
}

Reattach StaleEpoch(TransportId transport) {
  Reattach request = Valid(transport);
  request.epoch_matches = false;
  return request;
}

Timeline::Timeline(Policy policy, Role role)
    : role_(role),
      policies_{policy},
      machine_(role, TestId(), std::make_shared<const Policy>(std::move(policy)), At(0)) {}

Timeline Timeline::Attached(std::vector<TransportId> standbys, Policy policy, Role role) {
  Timeline timeline(std::move(policy), role);
  timeline.Feed(0, AttachOk{kA});
  for (const TransportId standby : standbys) timeline.Learns(100, standby);
  timeline.Take();
  return timeline;
}

Effects Timeline::Step(InstantMs now, const Input& input) {
  now_ = now;
  Effects effects = machine_.Step(now, input);
  const auto* update = std::get_if<PolicyUpdate>(&input);
  if (update != nullptr && update->policy) policies_.push_back(*update->policy);
  for (const Emit& emit : All<Emit>(effects)) {
    events_.push_back(emit.event);
    whole_log_.push_back(emit.event);
  }
  return effects;
}

Effects Timeline::Feed(std::int64_t ms, const Input& input) {
  if (At(ms) > now_) Run(ms - 1);
  return Step(At(ms), input);
}

void Timeline::Run(std::int64_t ms) {
  while (machine_.NextDeadline() <= At(ms)) Step(std::max(now_, machine_.NextDeadline()), Tick{});
}

void Timeline::Dies(std::int64_t ms, TransportId transport, Reason cause) {
  Feed(ms, TransportDied{transport, cause});
}

void Timeline::Learns(std::int64_t ms, TransportId transport, const TransportFacts& facts) {
  Feed(ms, CandidateUpdate{transport, facts});
}

void Timeline::Loses(std::int64_t ms, std::uint32_t lost, std::uint32_t sent) {
  Feed(ms, Instability{Reason::kLossThresholdExceeded, lost, sent});
}

std::string Timeline::Take() {
  std::string text;
  InstantMs last = InstantMs::min();
  for (const Event& event : std::exchange(events_, {})) {
    if (event.at == last) {
      text += "; ";
    } else {
      if (!text.empty()) text += '\n';
      text += std::to_string(event.at.time_since_epoch().count()) + ' ';
    }
    last = event.at;
    text += ScenarioText(event);
  }
  return text + Mismatches();
}

std::string Timeline::Mismatches() const {
  const std::string found = JudgeLog(whole_log_, role_, BookOf(policies_), now_);
  return found.empty() ? found : "\n" + found;
}

PolicyBook BookOf(const std::vector<Policy>& policies) {
  PolicyBook book;
  for (const Policy& policy : policies) {
    book.emplace(PolicyId(policy), std::make_shared<const Policy>(policy));
  }
  return book;
}

std::string JudgeLog(const std::vector<Event>& log, Role role, const PolicyBook& book,
                     InstantMs until) {
  SessionReplay replay(role, book, Millis{0});
  std::string text;
  const auto say = [&text](const Mismatch& found) {
    text += '[' + found.rule + "] the log: " + found.says + "; follows: " + found.follows;
  };
  for (const Event& event : log) {
    text += ToJson(event, "n") + '\n';
    if (const auto mismatch = replay.Take(event)) {
      say(*mismatch);
      return text;
    }
  }
  const auto mismatch = replay.At(until);
  if (!mismatch) return {};
  say(*mismatch);
  return text;
}

std::string ScenarioText(const Event& event) {
  std::string text = ToText(event);
  switch (event.type) {
    case EventType::kSessionStateChange: {
      std::string states = text.substr(0, text.find(' ', 4));
      const std::string rest = text.substr(states.size());
      for (const State state : {State::kBirth, State::kAttached, State::kVolatile, State::kDegraded,
                                State::kRecovering, State::kTerminated}) {
        ReplaceAll(states, Name(state), Name(state).substr(0, 1));
      }
      return states + rest;
    }
    case EventType::kTransportAttached:
    case EventType::kTransportDead:
    case EventType::kTransportSwitch:
    case EventType::kTransportRevalidated:
    case EventType::kTransportRebound:
    case EventType::kTransportRebindDenied:
    case EventType::kReattachAttempt:
      return WithLetters(text);
    default:
      return text;
  }
}

}  // namespace jvpn
