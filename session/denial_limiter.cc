#include "session/denial_limiter.h"

#include <algorithm>
#include <utility>

namespace jvpn {

void DenialLimiter::Refill(InstantMs now, const Policy& policy) {
  const std::int64_t full = std::int64_t{policy.reattach_burst} * 1000;
  if (refilled_at_) {
    const std::int64_t refill = (now - *refilled_at_).count() * policy.reattach_rate_per_s;
    millitokens_ = std::min(full, millitokens_ + refill);
  } else {
    millitokens_ = full;
  }
  refilled_at_ = now;
}

bool DenialLimiter::Take(InstantMs now, const Policy& policy) {
  Refill(now, policy);
  if (millitokens_ < 1000) return false;
  millitokens_ -= 1000;
  return true;
}

InstantMs DenialLimiter::EmptyUntil(const Policy& policy) const {
  if (!refilled_at_) return InstantMs::min();
  const std::int64_t missing = std::max<std::int64_t>(0, 1000 - millitokens_);
  const std::int64_t rate = policy.reattach_rate_per_s;
  return *refilled_at_ + Millis{(missing + rate - 1) / rate};
}

void DenialLimiter::HoldBack(InstantMs now, Reason code) {
  ++held_total_;
  if (!first_held_at_) first_held_at_ = now;
  const auto same = std::find_if(held_.begin(), held_.end(),
                                 [code](const Held& held) { return held.code == code; });
  if (same != held_.end()) {
    ++same->count;
  } else {
    held_.push_back({code, 1});
  }
}

std::vector<DenialLimiter::Held> DenialLimiter::TakeHeld() {
  first_held_at_.reset();
  return std::exchange(held_, {});
}

std::optional<InstantMs> DenialLimiter::SummaryDue() const {
  if (!first_held_at_) return std::nullopt;
  return *first_held_at_ + kSummaryDelay;
}

}  // namespace jvpn
