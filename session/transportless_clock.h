// TransportlessClock: how long a session has been without a binding, less rate holds.
//
// It runs from the loss of the last binding to the next commit and nothing else resets it (C-03).
// In a rate hold it stands still, for at most kMaxHold in sum per loss of binding (C-20).
#pragma once

#include <algorithm>
#include <optional>

#include "base/time.h"

namespace jvpn {

class TransportlessClock {
 public:
  static constexpr Millis kMaxHold{60'000};

  // Without effect while it runs.
  void Start(InstantMs now) {
    if (!since_) since_ = now;
  }
  void Stop() { *this = TransportlessClock{}; }
  // Goes on from `age`; `held` of the holds of this loss of binding are spent.
  void Resume(InstantMs now, Millis age, Millis held) {
    since_ = now - age - held;
    held_ = held;
    hold_since_.reset();
  }
  bool running() const { return since_.has_value(); }

  void SetHold(InstantMs now, bool hold) {
    if (hold == hold_since_.has_value()) return;
    if (hold) {
      hold_since_ = now;
    } else {
      held_ += HeldNow(now);
      hold_since_.reset();
    }
  }

  Millis Age(InstantMs now) const {
    return since_ ? now - *since_ - held_ - HeldNow(now) : Millis{0};
  }
  Millis Held(InstantMs now) const { return held_ + HeldNow(now); }
  // The first instant at which Age exceeds `limit` if the hold, should there be one, lasts.
  // REQUIRES: running().
  InstantMs WhenOlderThan(Millis limit) const {
    const InstantMs unheld = *since_ + held_ + limit + Millis{1};
    const bool stands_still = hold_since_ && unheld > *hold_since_;
    return stands_still ? unheld + (kMaxHold - held_) : unheld;
  }

 private:
  Millis HeldNow(InstantMs now) const {
    return hold_since_ ? std::min<Millis>(now - *hold_since_, kMaxHold - held_) : Millis{0};
  }

  std::optional<InstantMs> since_;
  Millis held_{0};
  std::optional<InstantMs> hold_since_;
};

}  // namespace jvpn
