// The six states of a session (requirements 2).
#pragma once

#include <cstdint>
#include <string_view>

namespace jvpn {

enum class State : std::uint8_t {
  kBirth,       // handshake running
  kAttached,    // one healthy binding
  kVolatile,    // instability seen
  kDegraded,    // no way to recover now
  kRecovering,  // an attempt runs
  kTerminated,  // absorbing
};
inline constexpr std::size_t kStates = 6;

constexpr std::string_view Name(State state) {
  switch (state) {
    case State::kBirth:
      return "BIRTH";
    case State::kAttached:
      return "ATTACHED";
    case State::kVolatile:
      return "VOLATILE";
    case State::kDegraded:
      return "DEGRADED";
    case State::kRecovering:
      return "RECOVERING";
    case State::kTerminated:
      return "TERMINATED";
  }
  return "?";
}

}  // namespace jvpn
