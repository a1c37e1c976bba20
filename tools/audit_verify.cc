#include "tools/audit_verify.h"

#include <algorithm>
#include <utility>

#include "crypto/sha256.h"
#include "session/event_rules.h"
#include "session/policy_id.h"

namespace jvpn {
namespace {

const std::string kNoHash(64, '0');

bool IsOfLog(EventType type) {
  return type == EventType::kLogOpened || type == EventType::kLogClosed ||
         type == EventType::kPolicyLoaded || type == EventType::kEventsDropped;
}

}  // namespace

bool AuditVerifier::Fail(const std::string& where, const std::string& session, Mismatch mismatch) {
  mismatch_ = AuditMismatch{where, session, std::move(mismatch)};
  return false;
}

bool AuditVerifier::Take(std::string_view text, const std::string& where) {
  if (mismatch_) return false;
  if (!cut_.empty() && text.find("\"event_type\":\"LogOpened\"") == std::string_view::npos) {
    return Fail(cut_, "",
                {"line", "a line that is cut short",
                 "only a crash does that, and then "
                 "LogOpened follows"});
  }
  auto read = ReadAuditLine(text);
  if (const auto* fault = std::get_if<std::string>(&read)) {
    // Half a line is what a crash leaves; whole ones end with a brace.
    if (!text.empty() && text.back() == '}')
      return Fail(where, "", {"line", std::string(text), *fault});
    cut_ = where;
    return true;
  }
  const AuditLine& line = std::get<AuditLine>(read);
  if (!cut_.empty()) summary_.unverifiable.push_back(std::exchange(cut_, {}) + ": cut by a crash");
  if (!TakeChain(line, text, where)) return false;
  ++summary_.lines;
  if (line.event.type == EventType::kLogOpened && !SettleCut()) return false;
  now_ = line.event.at;
  const bool of_session = line.event.session_id != SessionId{};
  if (!of_session) return TakeOfLog(line.event, where);
  return TakeOfSession(line.event, where);
}

bool AuditVerifier::TakeChain(const AuditLine& line, std::string_view text,
                              const std::string& where) {
  const std::string seq = "seq " + std::to_string(line.seq);
  const std::uint64_t last = std::exchange(summary_.last_seq, line.seq);
  const std::string hash = std::exchange(summary_.head, Sha256Hex(text));
  if (last == 0) {
    summary_.first_seq = line.seq;
    from_the_start_ = line.seq == 1 || line.event.type == EventType::kLogOpened;
    if (line.seq != 1 || line.prev == kNoHash) return true;
    return Fail(where, "", {"chain", "prev " + line.prev, "no line comes before the first"});
  }
  const bool dropped = line.event.type == EventType::kEventsDropped;
  const std::uint64_t lost = dropped ? line.event.count.value_or(0) : 0;
  if (line.seq != last + lost + 1) {
    return Fail(where, "", {"chain", seq, "seq " + std::to_string(last + lost + 1) + " follows"});
  }
  if (line.prev != hash) {
    return Fail(where, "", {"chain", "prev " + line.prev, "the line before has the hash " + hash});
  }
  return true;
}

bool AuditVerifier::TakeOfLog(const Event& event, const std::string& where) {
  if (const auto field = MissingField(event); !field.empty()) {
    return Fail(where, "", {"fields", ToText(event), "it has " + std::string(field)});
  }
  if (event.failure_class != RightClass(event)) {
    return Fail(where, "",
                {"fields", "failure_class " + std::string(Name(event.failure_class)),
                 std::string(Name(RightClass(event)))});
  }
  switch (event.type) {
    case EventType::kLogOpened:
      return true;
    case EventType::kLogClosed:
      return Settle();
    case EventType::kPolicyLoaded:
      return TakePolicy(event, where);
    case EventType::kPolicyRejected:
      return true;  // an operator's file; no session has seen it
    case EventType::kEventsDropped: {
      const std::uint64_t last = summary_.last_seq - 1;
      const std::uint64_t first = last + 1 - *event.count;
      if (*event.first_lost_seq != first || *event.last_lost_seq != last) {
        return Fail(where, "",
                    {"chain", ToText(event),
                     "lost are seq " + std::to_string(first) + " to " + std::to_string(last)});
      }
      GiveUp(where + ": seq " + std::to_string(first) + " to " + std::to_string(last) +
             " were never written");
      return true;
    }
    default:
      return Fail(where, "", {"fields", ToText(event), "it belongs to a session"});
  }
}

bool AuditVerifier::TakePolicy(const Event& event, const std::string& where) {
  const std::optional<Policy> policy = ReadCanonicalPolicy(event.policy);
  if (!policy || policy->version != event.policy_version) {
    return Fail(where, "", {"PolicyLoaded", event.policy, "a whole policy that obeys its rules"});
  }
  if (PolicyId(*policy) != event.policy_id) {
    return Fail(where, "",
                {"PolicyLoaded", "policy_id " + event.policy_id,
                 "this content has the id " + PolicyId(*policy)});
  }
  book_.emplace(event.policy_id, std::make_shared<const Policy>(*policy));
  return true;
}

bool AuditVerifier::TakeOfSession(const Event& event, const std::string& where) {
  const std::string id = event.session_id.ToString();
  if (IsOfLog(event.type)) {
    return Fail(where, id, {"fields", ToText(event), "it belongs to no session"});
  }
  const auto [found, fresh] = sessions_.try_emplace(event.session_id);
  Watched& session = found->second;
  session.where = where;
  if (fresh) {
    ++summary_.sessions;
    const bool refused =
        event.previous_state == State::kBirth && event.new_state == State::kTerminated;
    if (from_the_start_ || event.state_version == 0 || refused) {
      session.replay = std::make_unique<SessionReplay>(Role::kGateway, book_, late_);
    } else {
      summary_.unverifiable.push_back(where + ": session " + id + " began where nothing is left");
    }
  }
  if (session.replay == nullptr) return true;
  if (std::exchange(session.asleep, false) && event.type != EventType::kSessionRestored &&
      !session.replay->ended()) {
    return Fail(where, id, {"X1", ToText(event), "SessionRestored first: its process has gone"});
  }
  if (LagsBehind(event, *session.replay)) {
    summary_.unverifiable.push_back(
        where + ": session " + id + " came back with state_version " +
        std::to_string(event.state_version) + " of its record, the log had told " +
        std::to_string(session.replay->version()) + ": judged up to here only");
    Count(*session.replay);
    session.replay.reset();
    return true;
  }
  if (const auto mismatch = session.replay->Take(event)) return Fail(where, id, *mismatch);
  return true;
}

bool AuditVerifier::LagsBehind(const Event& event, const SessionReplay& replay) {
  return event.type == EventType::kSessionRestored && replay.live() &&
         event.state_version < replay.version();
}

bool AuditVerifier::Settle() {
  for (auto& [id, session] : sessions_) {
    if (session.replay == nullptr || session.asleep || mismatch_) continue;
    const auto mismatch = session.replay->At(now_);
    if (mismatch) Fail(session.where, id.ToString(), *mismatch);
    session.asleep = true;
  }
  return !mismatch_;
}

// Without LogClosed a log may end within a step: it still grows, or its gateway died.
bool AuditVerifier::SettleCut() {
  now_ -= Millis{1};
  return Settle();
}

void AuditVerifier::GiveUp(const std::string& reason) {
  summary_.unverifiable.push_back(reason);
  from_the_start_ = false;
  for (auto& [id, session] : sessions_) {
    if (session.replay == nullptr || session.replay->ended()) continue;
    Count(*session.replay);
    session.replay.reset();
    summary_.unverifiable.push_back(session.where + ": session " + id.ToString() +
                                    " is judged up to here only");
  }
}

void AuditVerifier::Count(const SessionReplay& replay) {
  const ReplayCounts& counts = replay.counts();
  summary_.decided.edges += counts.edges;
  summary_.decided.grants += counts.grants;
  summary_.decided.denials += counts.denials;
  summary_.decided.timers += counts.timers;
}

bool AuditVerifier::Finish() {
  if (mismatch_) return false;
  if (!cut_.empty()) summary_.unverifiable.push_back(cut_ + ": the last line is not complete");
  if (!SettleCut()) return false;
  for (const auto& [id, session] : sessions_) {
    if (session.replay == nullptr) continue;
    Count(*session.replay);
    if (session.replay->ended()) ++summary_.ended;
  }
  return true;
}

}  // namespace jvpn
