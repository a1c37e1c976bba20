// SwitchGate: bounded adaptation (I3). At most max_switches_per_min commits in any 60 s, and a
// pause after every end of an attempt and every rate denial (requirements 2: `rate ok`, `cooldown
// over`).
#pragma once

#include <algorithm>
#include <optional>

#include "base/time.h"
#include "session/policy.h"
#include "session/recent_instants.h"

namespace jvpn {

class SwitchGate {
 public:
  static constexpr Millis kWindow{60'000};

  void Commit(InstantMs now) { commits_.Add(now, kWindow); }
  std::uint32_t InWindow(InstantMs now) const { return commits_.Count(now, kWindow); }
  bool RateOk(InstantMs now, const Policy& policy) const {
    return InWindow(now) < policy.max_switches_per_min;
  }
  // When the window has slid far enough; never if the cap is 0.
  std::optional<InstantMs> WhenRateOk(InstantMs now, const Policy& policy) const {
    if (policy.max_switches_per_min == 0) return std::nullopt;
    return commits_.WhenBelow(policy.max_switches_per_min, now, kWindow);
  }

  std::vector<InstantMs> commits() const { return commits_.All(); }
  void Restore(const std::vector<InstantMs>& commits, InstantMs cooldown_until) {
    commits_.Assign(commits);
    cooldown_until_ = cooldown_until;
  }

  void ArmCooldown(InstantMs now, const Policy& policy) {
    cooldown_until_ = std::max(cooldown_until_, now + policy.switch_cooldown);
  }
  bool CooldownOver(InstantMs now) const { return now >= cooldown_until_; }
  InstantMs cooldown_until() const { return cooldown_until_; }

 private:
  RecentInstants commits_;
  InstantMs cooldown_until_ = InstantMs::min();
};

}  // namespace jvpn
