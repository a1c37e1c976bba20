// Verdict: what the loss account of one transport says (requirements 2). Integers only.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"
#include "wire/loss_standing.h"

namespace jvpn {

struct LossLimits {
  Millis window{2'000};
  std::uint32_t min_samples = 20;
  std::uint32_t threshold_permille = 200;
};

// sent < min_samples: kUnknown; lost x 1000 > threshold x sent: kLossy; else kOk.
Verdict JudgeLoss(const LossCount& count, const LossLimits& limits);

// One direction's sliding window: 8 buckets, each an eighth of it (PR04). The window's length is
// the caller's, the same with each call; after a change it begins anew.
class LossWindow {
 public:
  void Add(InstantMs now, Millis window, const LossCount& count);
  LossCount Sum(InstantMs now, Millis window) const;

 private:
  static constexpr std::int64_t kBuckets = 8;

  std::int64_t newest_ = 0;  // index of the bucket that was added to last
  std::array<LossCount, kBuckets> buckets_{};
};

}  // namespace jvpn
