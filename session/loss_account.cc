#include "session/loss_account.h"

#include <algorithm>
#include <limits>

namespace jvpn {
namespace {

LossCount Count(std::uint64_t sent, std::uint64_t arrived) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  const std::uint64_t lost = sent - std::min(sent, arrived);
  return {static_cast<std::uint32_t>(std::min(sent, kMost)),
          static_cast<std::uint32_t>(std::min(lost, kMost))};
}

}  // namespace

Millis SettleDelay(std::uint32_t jitter_us) {
  return std::max(Millis{20}, Millis{(std::int64_t{2} * jitter_us + 999) / 1000});
}

void LossAccount::Restart(const ReplayWindow& window) {
  bound_ = window.next();
  below_ = heard_ = window.count();
  pending_ = 0;
  in_ = out_ = LossWindow{};
}

// Of the numbers from bound_ to below `bound`.
std::uint64_t LossAccount::ArrivedBelow(std::uint64_t bound, const ReplayWindow& window) const {
  // What came late below bound_ stays lost, as far back as the window can tell it apart.
  const std::uint64_t before = bound_ >= window.first_kept() ? window.CountBelow(bound_) : below_;
  return std::min(window.CountBelow(bound) - before, bound - bound_);
}

void LossAccount::OnReport(InstantMs now, std::uint64_t sent, const ReplayWindow& window,
                           Millis settle, const LossLimits& limits) {
  // The next report covers what comes while one is settling.
  if (pending_ != 0 || sent <= bound_ || window.count() == heard_) return;
  const bool kept = sent >= window.first_kept();
  if (kept && ArrivedBelow(sent, window) == sent - bound_) return Judge(now, sent, window, limits);
  pending_ = sent;
  settle_at_ = now + settle;
}

std::optional<InstantMs> LossAccount::settle_at() const {
  if (pending_ == 0) return std::nullopt;
  return settle_at_;
}

void LossAccount::Settle(InstantMs now, const ReplayWindow& window, const LossLimits& limits) {
  if (pending_ == 0 || now < settle_at_) return;
  // Whatever the window has passed is settled too.
  Judge(now, std::max(pending_, window.first_kept()), window, limits);
  pending_ = 0;
}

void LossAccount::Judge(InstantMs now, std::uint64_t bound, const ReplayWindow& window,
                        const LossLimits& limits) {
  const std::uint64_t sent = bound - bound_;
  const std::uint64_t arrived = ArrivedBelow(bound, window);
  bound_ = bound;
  below_ = window.CountBelow(bound);
  heard_ = window.count();
  sums_.judged += sent;
  sums_.arrived += arrived;
  in_.Add(now, limits.window, Count(sent, arrived));
}

void LossAccount::OnSums(InstantMs now, const ReceiveSums& sums, std::uint64_t sent,
                         const LossLimits& limits) {
  if (sums.judged <= told_.judged || sums.judged > sent || sums.arrived < told_.arrived) return;
  const std::uint64_t judged = sums.judged - told_.judged;
  const std::uint64_t arrived = sums.arrived - told_.arrived;
  if (arrived > judged) return;
  told_ = sums;
  out_.Add(now, limits.window, Count(judged, arrived));
}

LossStanding LossAccount::Standing(InstantMs now, const LossLimits& limits) const {
  const LossCount in = in_.Sum(now, limits.window);
  const LossCount out = out_.Sum(now, limits.window);
  const Verdict of_in = JudgeLoss(in, limits);
  const Verdict of_out = JudgeLoss(out, limits);
  const bool out_is_worse = of_out == of_in ? out.permille() > in.permille() : of_out > of_in;
  return {.verdict = std::max(of_in, of_out),
          .worse = out_is_worse ? out : in,
          .gap = in.lost > 0 || out.lost > 0};
}

}  // namespace jvpn
