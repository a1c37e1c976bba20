#include "session/input_kind.h"

#include <array>

namespace jvpn {

std::string_view Name(InputKind kind) {
  static constexpr auto kNames = std::to_array<std::string_view>({"timer session_ttl",
                                                                  "timer transport_ttl",
                                                                  "timer handshake",
                                                                  "timer recovery",
                                                                  "timer v2d",
                                                                  "timer eval",
                                                                  "eval",
                                                                  "attach_ok",
                                                                  "attach_fail",
                                                                  "active_dead",
                                                                  "target_lost",
                                                                  "candidate_dead",
                                                                  "instability",
                                                                  "verdict_unknown",
                                                                  "active_stable",
                                                                  "candidate_update",
                                                                  "reattach",
                                                                  "restore",
                                                                  "operator_terminate",
                                                                  "hard_fault",
                                                                  "peer_close",
                                                                  "policy_update",
                                                                  "challenge_answered",
                                                                  "any"});
  static_assert(kNames.size() == kInputKinds + 1);
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace jvpn
