// InputKind: what a row of the transition table can react to (requirements 10, column `input`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace jvpn {

enum class InputKind : std::uint8_t {
  kTimerSessionTtl,  // the timers in the order in which they fire (requirements 2)
  kTimerTransportTtl,
  kTimerHandshake,
  kTimerRecovery,
  kTimerVolatile,
  kTimerEval,
  kEval,  // the fixed list of gates, run by other rows
  kAttachOk,
  kAttachFail,
  kActiveDead,
  kTargetLost,
  kCandidateDead,
  kInstability,
  kVerdictUnknown,
  kActiveStable,
  kCandidateUpdate,
  kReattach,
  kRestore,
  kOperatorTerminate,
  kHardFault,
  kPeerClose,
  kPolicyUpdate,
  kChallengeAnswered,
  kAny,  // in a row only: whatever has no row above it
};
inline constexpr std::size_t kInputKinds = static_cast<std::size_t>(InputKind::kAny);
inline constexpr std::size_t kTimerKinds = static_cast<std::size_t>(InputKind::kEval);
std::string_view Name(InputKind kind);

}  // namespace jvpn
