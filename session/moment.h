// Moment: one session at one instant with one input, the working set of a step; and the few ways in
// which guards and actions may touch the outside: events, effects, edges.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "session/effect.h"
#include "session/input.h"
#include "session/input_kind.h"
#include "session/machine_state.h"

namespace jvpn {

// What EVAL looks at; filled by PrepareEvaluation().
struct Evaluation {
  bool any_eligible = false;          // before policy bars
  std::optional<TransportId> target;  // empty while any_eligible: all of them are barred
};

struct Moment {
  MachineState& session;
  InstantMs now;
  const Input& input;
  Effects& effects;
  InputKind kind{};  // as it is being dispatched

  // Of the row that is being applied.
  TransportId from = TransportId::kNone;  // bound when the row began
  Reason edge_reason{};
  std::optional<Reason> detail = std::nullopt;  // detail_code of its edge
  std::optional<std::pair<std::uint32_t, std::uint32_t>> loss = std::nullopt;  // lost, sent

  // Of EVAL.
  TransportId requested = TransportId::kNone;  // an authenticated request's path is the target
  TransportId refused = TransportId::kNone;    // or it may not have it
  Evaluation evaluation = {};

  const Policy& policy() const { return *session.policy; }
  const Reattach& request() const { return std::get<Reattach>(input); }
  CandidateTable::Situation situation() const { return session.SituationAt(now); }
};

// With the base fields of requirements 4 filled in.
Event NewEvent(const Moment& moment, EventType type, Reason reason);
void Log(Moment& moment, Event event);
// What EVAL sees at this moment.
Ballot BallotOf(const Moment& moment);

// One edge: state_version + 1, exactly one SessionStateChange, then a pending policy is installed.
void TakeEdge(Moment& moment, State next, Reason reason);
void InstallPolicy(Moment& moment, std::shared_ptr<const Policy> policy);
// SessionExpiring, once.
void AnnounceExpiry(Moment& moment);
// DenialSummary per code, for what the limiter held back.
void ReportHeldDenials(Moment& moment);

}  // namespace jvpn
