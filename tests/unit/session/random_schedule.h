// Random schedules: sessions to which anything happens, in any order; the same for the same seed.
#pragma once

#include <cstdint>
#include <vector>

#include "session/replay.h"
#include "tests/unit/session/timeline.h"

namespace jvpn {

struct Played {
  Role role = Role::kGateway;
  std::vector<Event> events;
  std::vector<Policy> policies;  // all that were ever in force or pending
  std::uint32_t teardowns = 0;
  InstantMs until{};
};
// Looks at the machine after each input as well.
Played Play(std::uint32_t seed);

}  // namespace jvpn
