// PathChallenger: proves to the client and to the gateway that each is at the address it claims,
// for one transport (docs/wire.md 5.3). Sans-IO.
//
// It goes on challenging, with a new value each time, until the gateway answers a probe there: the
// gateway answers probes only at an address that it has proved itself, so that answer says that
// both directions are done. Answers to any of the last kOutstanding values count, because a round
// trip may be longer than the first pauses.
#pragma once

#include <array>
#include <cstdint>

#include "base/random.h"
#include "base/time.h"

namespace jvpn {

class PathChallenger {
 public:
  static constexpr std::size_t kOutstanding = 4;

  // A new address, or a doubtful one: challenge at once, from the shortest pause on.
  void Start(Instant now);
  // No way to send, or both ends have proved it.
  void Stop();

  Instant NextDeadline() const { return next_; }
  // The value of the challenge that is due; moves the schedule on.
  std::uint64_t NextValue(Instant now, Random& random);
  // True when `value` answers one of ours that is still open.
  bool OnResponse(std::uint64_t value);
  // The gateway is where we think it is; whether it believes the same of us is still open.
  bool answered() const { return answered_; }

 private:
  Instant next_ = Instant::max();
  Duration pause_{};
  std::array<std::uint64_t, kOutstanding> open_{};
  std::uint32_t sent_ = 0;  // since Start(); the ring holds the last kOutstanding
  bool answered_ = false;
};

}  // namespace jvpn
