#include "session/verdict.h"

#include "base/check.h"

namespace jvpn {

LossWindow::LossWindow(Millis window) : window_(window) { CHECK(window.count() >= 8); }

void LossWindow::Expire(std::int64_t newest) {
  for (Bucket& bucket : buckets_) {
    if (bucket.index < 0 || bucket.index > newest - std::int64_t{8}) continue;
    sent_ -= bucket.sent;
    lost_ -= bucket.lost;
    bucket = Bucket{};
  }
}

void LossWindow::Add(InstantMs now, std::uint32_t sent, std::uint32_t lost) {
  CHECK(lost <= sent);
  // PR04: bucket index = 8 x t / loss_window_ms, integer division.
  const std::int64_t index = 8 * now.time_since_epoch().count() / window_.count();
  Expire(index);
  Bucket& bucket = buckets_[static_cast<std::size_t>(index % 8)];
  bucket.index = index;
  bucket.sent += sent;
  bucket.lost += lost;
  sent_ += sent;
  lost_ += lost;
}

Verdict LossWindow::Judge(InstantMs now, std::uint32_t min_samples,
                          std::uint32_t threshold_permille) {
  Expire(8 * now.time_since_epoch().count() / window_.count());
  if (sent_ < min_samples) return Verdict::kUnknown;
  const bool lossy = std::uint64_t{lost_} * 1000 > std::uint64_t{threshold_permille} * sent_;
  return lossy ? Verdict::kLossy : Verdict::kOk;
}

}  // namespace jvpn
