// The session's state machine as one table (requirements 10). First match wins; each row cites its
// id.
//
//                    B1                A1 A2 A5 A6 X1
//    BIRTH ───────────────> ATTACHED ───────────────> VOLATILE
//                              ^                       │    │
//                              │ R1                 V1 │    │ V2 V4 V6 V7 X2
//                              │                       v    v
//                              └─────────── RECOVERING    DEGRADED
//                                               │  ^        ^  │
//                                               │  └── D1 ──┼──┘
//                                               └───────────┘
//                                           R2 R4 R6 R6m R7 R7m X3
//
//    any of them ──G1 G2 G3 G4 G5, B2, R3 R3m R7t──> TERMINATED, which nothing leaves.
//
// There is no V>A and no D>A (C-11, C-27): a healed path is revalidated through RECOVERING like any
// other. A pair (state, input) without a matching row changes nothing and logs
// InvalidTransitionRejected. tests/golden/session_transitions.txt pins every pair.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "session/input_kind.h"
#include "session/moment.h"
#include "session/state.h"

namespace jvpn {

// A set of states, one bit each.
using StateSet = std::uint8_t;
constexpr StateSet In(State state) {
  return static_cast<StateSet>(1U << static_cast<std::uint8_t>(state));
}

template <typename Function>
struct Named {
  std::string_view name;
  Function* call = nullptr;
};

struct Row {
  std::string_view id;
  StateSet states = 0;
  InputKind input{};
  Named<bool(const Moment&)> guard;
  std::optional<State> next;                  // empty: same, no edge
  Reason (*reason)(const Moment&) = nullptr;  // of the edge
  void (*before)(Moment&) = nullptr;          // what precedes the edge's SessionStateChange
  void (*after)(Moment&) = nullptr;           // what follows it
};
std::span<const Row> TransitionRows();

// Applies the first row that matches. Rows run others through it (EVAL, target_lost), only from
// `after`, so that the edges of one instant come in the order in which they happen.
void Dispatch(Moment& moment, InputKind kind);

}  // namespace jvpn
