// DenialLimiter: at most reattach_rate_per_s denials, in bursts of reattach_burst, reach the log
// and the wire. What is held back is counted by code and summarised, exactly (requirements 2,
// DENIAL).
//
// Full: never; the table of codes is as long as the list of reasons.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "session/policy.h"
#include "session/reason.h"

namespace jvpn {

class DenialLimiter {
 public:
  // A summary must come within 10 s of the first denial that it counts; half of that leaves room
  // for a late turn of the loop.
  static constexpr Millis kSummaryDelay{5'000};

  struct Held {
    Reason code;
    std::uint32_t count;
  };

  // False when there are no tokens left at `now`.
  bool Take(InstantMs now, const Policy& policy);
  void HoldBack(InstantMs now, Reason code);
  // What was held back since the last call, in order of first appearance.
  std::vector<Held> TakeHeld();
  std::optional<InstantMs> SummaryDue() const;
  // Ever.
  std::uint32_t held_total() const { return held_total_; }
  // Take() fails until then, if nobody else takes.
  InstantMs EmptyUntil(const Policy& policy) const;
  // Settles what has come in under a policy that is about to go.
  void Refill(InstantMs now, const Policy& policy);

 private:
  // Thousandths of a token: reattach_rate_per_s of them come each millisecond.
  std::int64_t millitokens_ = 0;
  std::optional<InstantMs> refilled_at_;
  std::optional<InstantMs> first_held_at_;
  std::vector<Held> held_;
  std::uint32_t held_total_ = 0;
};

}  // namespace jvpn
