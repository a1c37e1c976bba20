// FM-7-g, FM-S-8: the log and the policies suffice to make every decision again, and no decision
// can be told otherwise than it was made.
#include "session/replay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/unit/session/random_schedule.h"

namespace jvpn {
namespace {

#ifdef __SANITIZE_ADDRESS__
// This build looks for broken memory, not for rare schedules, and takes ten times as long.
constexpr std::uint32_t kFollowed = 600, kForged = 16;
#else
constexpr std::uint32_t kFollowed = 6'000, kForged = 80;
#endif

TEST(Replay, FollowsEveryRandomSchedule) {
  for (std::uint32_t seed = 0; seed < kFollowed; ++seed) {
    const Played run = Play(seed);
    const std::string verdict = JudgeLog(run.events, run.role, BookOf(run.policies), run.until);
    ASSERT_TRUE(verdict.empty()) << "seed " << seed << "\n" << verdict;
  }
}

using Log = std::vector<Event>;

struct Forgery {
  const char* name;
  // False: there is nothing to forge here.
  bool (*forge)(Log&, std::size_t);
};

template <auto Field>
bool OneMore(Log& log, std::size_t i) {
  auto& field = log[i].*Field;
  if (!field) return false;
  ++*field;
  return true;
}

template <auto Field>
bool Another(Log& log, std::size_t i) {
  auto& field = log[i].*Field;
  if (!field) return false;
  field = TransportId{*field == TransportId::kNone ? 0 : Value(*field) + 1};
  return true;
}

// A code of the same kind: what a forger would write.
Reason Other(Reason reason) {
  switch (reason) {
    case Reason::kTransportDead:
      return Reason::kLossThresholdExceeded;
    case Reason::kSwitchRateLimited:
      return Reason::kCooldownActive;
    case Reason::kCooldownActive:
    case Reason::kPolicyDenied:
      return Reason::kSwitchRateLimited;
    case Reason::kNoValidCandidate:
      return Reason::kPolicyDenied;
    case Reason::kDeadTransportRecovery:
      return Reason::kLossRecovery;
    case Reason::kLossRecovery:
      return Reason::kDeadTransportRecovery;
    case Reason::kBadProof:
      return Reason::kStaleRequest;
    default:
      return reason == Reason::kHeartbeatTimeout ? Reason::kBadProof : Reason::kHeartbeatTimeout;
  }
}

constexpr Forgery kForgeries[] = {
    {"delete",
     [](Log& log, std::size_t i) {
       log.erase(log.begin() + static_cast<std::ptrdiff_t>(i));
       return true;
     }},
    {"duplicate",
     [](Log& log, std::size_t i) {
       log.insert(log.begin() + static_cast<std::ptrdiff_t>(i), Event(log[i]));
       return true;
     }},
    {"swap",
     [](Log& log, std::size_t i) {
       if (i + 1 == log.size() || log[i] == log[i + 1]) return false;
       std::swap(log[i], log[i + 1]);
       return true;
     }},
    {"reason",
     [](Log& log, std::size_t i) {
       log[i].reason = Other(*log[i].reason);
       log[i].failure_class = ClassOf(log[i].type, *log[i].reason);
       return true;
     }},
    {"class",
     [](Log& log, std::size_t i) {
       log[i].failure_class = log[i].failure_class == FailureClass::kPolicy ? FailureClass::kSystem
                                                                            : FailureClass::kPolicy;
       return true;
     }},
    {"earlier",
     [](Log& log, std::size_t i) {
       log[i].at -= Millis{1};
       return true;
     }},
    {"later",
     [](Log& log, std::size_t i) {
       log[i].at += Millis{1};
       return true;
     }},
    {"state",
     [](Log& log, std::size_t i) {
       if (!log[i].new_state) return false;
       log[i].new_state =
           log[i].new_state == State::kDegraded ? State::kVolatile : State::kDegraded;
       return true;
     }},
    {"version",
     [](Log& log, std::size_t i) {
       ++log[i].state_version;
       return true;
     }},
    {"policy_version",
     [](Log& log, std::size_t i) {
       log[i].policy_version += "1";
       return true;
     }},
    {"detail",
     [](Log& log, std::size_t i) {
       if (!log[i].detail) return false;
       log[i].detail =
           log[i].detail == Reason::kBadProof ? Reason::kStaleRequest : Reason::kBadProof;
       return true;
     }},
    {"transport", Another<&Event::transport>},
    {"previous_transport", Another<&Event::previous_transport>},
    {"role",
     [](Log& log, std::size_t i) {
       if (!log[i].role_active) return false;
       log[i].role_active = !*log[i].role_active;
       return true;
     }},
    {"success",
     [](Log& log, std::size_t i) {
       if (!log[i].success) return false;
       log[i].success = !*log[i].success;
       return true;
     }},
    {"candidate_count", OneMore<&Event::candidate_count>},
    {"binding_epoch", OneMore<&Event::binding_epoch>},
    {"switch_count_window", OneMore<&Event::switch_count_window>},
    {"retry_after_ms", OneMore<&Event::retry_after_ms>},
    {"recovery_deadline_ms", OneMore<&Event::recovery_deadline_ms>},
    {"count", OneMore<&Event::count>},
    {"total", OneMore<&Event::total>},
    {"session_age_ms", OneMore<&Event::session_age_ms>},
    {"transportless_age_ms", OneMore<&Event::transportless_age_ms>},
    {"remaining_ms", OneMore<&Event::remaining_ms>},
    {"detected_ms", OneMore<&Event::detected_ms>},
    {"decided_ms", OneMore<&Event::decided_ms>},
    {"ballot",
     [](Log& log, std::size_t i) {
       if (!log[i].ballot || log[i].ballot->candidates.empty()) return false;
       log[i].ballot->candidates.clear();
       return true;
     }},
};

// Forgeries that leave a log as right as it was: the line is only a measurement, or tells of
// something from outside that moved nothing. That no such line was taken out is what the chain and
// its head are for.
bool MovesNothing(const Event& event, State in) {
  switch (event.type) {
    case EventType::kInvalidTransitionRejected:
    case EventType::kPolicyRejected:
    case EventType::kTransportRebound:
    case EventType::kTransportRebindDenied:
    case EventType::kSecurityValidationFailed:
    case EventType::kSecurityReplayDetected:
    case EventType::kPolicyApplied:          // strict, the same again, or a moment beside
    case EventType::kReattachAttempt:        // of a request, or the next target
    case EventType::kTransportSwitchDenied:  // without an edge: when it was asked is an input
    case EventType::kDenialSummary:          // the next one and the end bear the total
      return true;
    case EventType::kTransportDead:  // in A and V an edge or EVAL follows at once
      return !*event.role_active || in == State::kDegraded || in == State::kRecovering;
    case EventType::kReattachResult:
      return !*event.success;
    default:
      return false;
  }
}

State StateBefore(const Log& log, std::size_t i) {
  while (i-- > 0) {
    if (log[i].new_state) return *log[i].new_state;
  }
  return State::kBirth;
}

bool IsNeutral(const std::string& forgery, const Log& log, std::size_t i, Role role) {
  const Event& event = log[i];
  const bool edge = event.type == EventType::kSessionStateChange;
  if (forgery == "delete" || forgery == "duplicate" || forgery == "swap" || forgery == "earlier" ||
      forgery == "later") {
    return MovesNothing(event, StateBefore(log, i));
  }
  // Of what a transport died, and which standby did.
  if (event.type == EventType::kTransportDead) {
    return forgery == "reason" || (forgery == "transport" && !*event.role_active);
  }
  // Why a bound transport is unstable, and how many candidates there are when nobody decides.
  // What was held back is known from its summary alone.
  if (forgery == "reason") {
    return event.type == EventType::kDenialSummary || (edge && event.new_state == State::kVolatile);
  }
  // A first cause that was held back has 5 s to be summed up.
  if (forgery == "detail") {
    return edge && event.new_state == State::kDegraded &&
           log.back().at <= event.at + DenialLimiter::kSummaryDelay;
  }
  if (forgery == "candidate_count") return edge && event.previous_state != State::kBirth;
  // Fixes the birth. A rate hold is measured, within its bounds.
  if (forgery == "session_age_ms") return edge;
  if (forgery == "transportless_age_ms") return event.type == EventType::kSessionTerminated;
  // G8: no path is bound any more. A client's own choice follows the gateway's wish.
  if (forgery == "transport") {
    return event.type == EventType::kReattachResult ||
           (event.type == EventType::kReattachAttempt && role == Role::kClient);
  }
  // A session of which nothing more is told.
  return forgery == "policy_version" && log.size() == 1;
}

bool IsSound(const Log& log, Role role, const PolicyBook& book, InstantMs until) {
  SessionReplay replay(role, book, Millis{0});
  const auto wrong = [&](const Event& event) { return replay.Take(event).has_value(); };
  return std::ranges::none_of(log, wrong) && !replay.At(until);
}

TEST(Replay, FindsEveryForgeryThatIsNotNeutral) {
  std::map<std::string, std::uint32_t> found;
  std::map<std::string, std::string> missed;  // one example of each kind
  for (std::uint32_t seed = 0; seed < kForged; ++seed) {
    const Played run = Play(seed);
    const PolicyBook book = BookOf(run.policies);
    for (std::size_t i = 0; i < run.events.size(); ++i) {
      for (const Forgery& forgery : kForgeries) {
        Log log = run.events;
        if (!forgery.forge(log, i)) continue;
        if (!IsSound(log, run.role, book, run.until)) {
          ++found[forgery.name];
        } else if (!IsNeutral(forgery.name, run.events, i, run.role)) {
          missed[std::string(forgery.name) + ' ' + std::string(Name(run.events[i].type))] =
              "seed " + std::to_string(seed) + ", event " + std::to_string(i) + ": " +
              ToJson(run.events[i], "n");
        }
      }
    }
  }
  for (const auto& [what, example] : missed) ADD_FAILURE() << what << ", " << example;
  for (const Forgery& forgery : kForgeries) EXPECT_GT(found[forgery.name], 0U) << forgery.name;
}

}  // namespace
}  // namespace jvpn
