#include "session/verdict.h"

#include <limits>

#include "base/check.h"

namespace jvpn {
namespace {

std::int64_t BucketAt(InstantMs now, Millis window) {
  CHECK(window >= Millis{80});
  return 8 * now.time_since_epoch().count() / window.count();
}

std::uint32_t Saturated(std::uint64_t count) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(count < kMost ? count : kMost);
}

}  // namespace

Verdict JudgeLoss(const LossCount& count, const LossLimits& limits) {
  if (count.sent < limits.min_samples) return Verdict::kUnknown;
  const bool lossy =
      std::uint64_t{count.lost} * 1000 > std::uint64_t{limits.threshold_permille} * count.sent;
  return lossy ? Verdict::kLossy : Verdict::kOk;
}

void LossWindow::Add(InstantMs now, Millis window, const LossCount& count) {
  CHECK(count.lost <= count.sent);
  const std::int64_t index = BucketAt(now, window);
  // The clock does not go back: the window grew, and its buckets have other bounds now.
  const bool apart = index < newest_ || index - newest_ >= kBuckets;
  if (apart) buckets_ = {};
  for (std::int64_t i = newest_ + 1; !apart && i <= index; ++i) {
    buckets_[static_cast<std::size_t>(i % kBuckets)] = {};
  }
  newest_ = index;
  LossCount& bucket = buckets_[static_cast<std::size_t>(index % kBuckets)];
  bucket.sent = Saturated(std::uint64_t{bucket.sent} + count.sent);
  bucket.lost = Saturated(std::uint64_t{bucket.lost} + count.lost);
}

LossCount LossWindow::Sum(InstantMs now, Millis window) const {
  const std::int64_t index = BucketAt(now, window);
  std::uint64_t sent = 0;
  std::uint64_t lost = 0;
  for (std::int64_t i = newest_; i > index - kBuckets && i > newest_ - kBuckets && i >= 0; --i) {
    const LossCount& bucket = buckets_[static_cast<std::size_t>(i % kBuckets)];
    sent += bucket.sent;
    lost += bucket.lost;
  }
  return {Saturated(sent), Saturated(lost)};
}

}  // namespace jvpn
