// SessionSnapshot: what of a session survives the process that decided for it (requirements 7).
//
// Instants are of the clock of whoever reads it. Candidates, timers of the episode and an attempt's
// mark are not in it: they are forgotten at a restart.
#pragma once

#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "session/state.h"

namespace jvpn {

struct SessionSnapshot {
  SessionId id;
  State state = State::kBirth;
  std::uint32_t version = 0;
  InstantMs birth{};
  bool expiry_announced = false;
  TransportId active = TransportId::kNone;
  TransportId previous = TransportId::kNone;
  std::uint32_t binding_epoch = 0;
  std::uint32_t key_epoch = 0;
  Millis transportless_age{0};              // when it was taken
  Millis rate_held{0};                      // of this loss of binding: the sum is limited (C-20)
  TransportId target = TransportId::kNone;  // of the attempt, in RECOVERING
  std::vector<InstantMs> commits;
  std::vector<InstantMs> failures;
  std::vector<InstantMs> rebounds;
  InstantMs cooldown_until = InstantMs::min();

  friend bool operator==(const SessionSnapshot&, const SessionSnapshot&) = default;
};

}  // namespace jvpn
