#include "session/client_health.h"

#include <algorithm>
#include <utility>

namespace jvpn {
namespace {

// Longer than any answer that still says something about the path.
constexpr Duration kLongestRoundTrip = std::chrono::seconds(60);

// First whole millisecond at which more than `limit` has passed since `from`.
Instant JustAfter(Instant from, Millis limit) { return FloorMs(from) + limit + Millis(1); }

bool Longer(Instant from, Instant now, Millis limit) {
  return FloorMs(now) - FloorMs(from) > limit;
}

LossLimits LimitsOf(const Policy& policy) {
  return {.window = policy.loss_window,
          .min_samples = policy.loss_min_samples,
          .threshold_permille = policy.loss_volatile_threshold};
}

// Silence is an instability of its own only where death comes later (requirements 2).
bool HasVolatileSilence(const Policy& policy) {
  return policy.transport_dead > policy.heartbeat_volatile;
}

std::uint64_t Nanos(Instant t) { return static_cast<std::uint64_t>(t.time_since_epoch().count()); }

}  // namespace

Probe TransportHealth::NextProbe(Instant now, const Policy& policy) {
  last_probe_ = now;
  if (proven_ && !dead_) heartbeats_.OnProbe(now, next_sequence_, policy.heartbeat_interval);
  return Probe{.sequence = next_sequence_++,
               .sent_at = Nanos(now),
               .rtt_us = smoothed_us_,
               .jitter_us = variation_us_,
               .p95_us = p95_us_,
               .received = account_.sums()};
}

bool TransportHealth::OnReply(Instant now, const ProbeReply& reply, std::uint64_t counter,
                              const Counters& counters, const Policy& policy) {
  if (reply.sequence >= next_sequence_ || reply.sent_at > Nanos(now)) return false;
  const std::uint64_t round_trip = Nanos(now) - reply.sent_at;
  if (round_trip > static_cast<std::uint64_t>(kLongestRoundTrip.count())) return false;
  if (dead_ || !Fresh(now, policy)) clean_since_.reset();
  dead_ = false;
  proven_ = true;
  last_answer_ = now;
  answered_sequence_ = std::max(answered_sequence_, reply.sequence + 1);
  heartbeats_.OnReply(reply.sequence);
  // 0 means "not known" on the wire.
  Sample(std::max<std::uint32_t>(1, static_cast<std::uint32_t>(round_trip / 1000)));
  const LossLimits limits = LimitsOf(policy);
  account_.OnReport(FloorMs(now), counter + 1, counters.window, SettleDelay(variation_us_), limits);
  account_.OnSums(FloorMs(now), reply.received, counters.sent, limits);
  Weigh(now, policy);
  return true;
}

void TransportHealth::OnReport(Instant now, const PathReport& report, const Counters& counters,
                               const Policy& policy) {
  if (dead_ || !last_heard_) return;
  const LossLimits limits = LimitsOf(policy);
  account_.OnReport(FloorMs(now), report.sent, counters.window, SettleDelay(variation_us_), limits);
  account_.OnSums(FloorMs(now), report.received, counters.sent, limits);
  Weigh(now, policy);
}

PathReport TransportHealth::Report(TransportId id, const Counters& counters) const {
  return {.transport = id, .sent = counters.sent, .received = account_.sums()};
}

void TransportHealth::Live(Instant now, const ReplayWindow& window) {
  // What was lost before it lived, or while it was dead, says nothing of it alive.
  if (dead_ || !last_heard_) {
    account_.Restart(window);
    heartbeats_.Restart();
  }
  last_heard_ = now;
}

void TransportHealth::OnHeard(Instant now, const ReplayWindow& window) {
  Live(now, window);
  challenged_ = false;
}

void TransportHealth::OnChallenged(Instant now, const ReplayWindow& window) {
  if (!std::exchange(challenged_, true)) Live(now, window);
}

void TransportHealth::OnTime(Instant now, const ReplayWindow& window, const Policy& policy) {
  account_.Settle(FloorMs(now), window, LimitsOf(policy));
  heartbeats_.OnTime(now, HeartbeatTime(policy));
  Weigh(now, policy);
}

void TransportHealth::Weigh(Instant now, const Policy& policy) {
  const LossStanding loss = Loss(now, policy);
  const auto lasts_since = [&](std::optional<InstantMs>& since, bool holds) {
    if (!holds) return since.reset();
    if (!since) since = FloorMs(now);
  };
  const bool clean = !dead_ && Fresh(now, policy) && loss.verdict != Verdict::kLossy;
  lasts_since(clean_since_, clean);
  lasts_since(steady_since_, clean && loss.verdict == Verdict::kOk &&
                                 heartbeats_.lost_in_a_row() < policy.max_consecutive_drops &&
                                 loss.worse.permille() <= policy.loss_recover_threshold);
}

LossStanding TransportHealth::Loss(Instant now, const Policy& policy) const {
  return account_.Standing(FloorMs(now), LimitsOf(policy));
}

Duration TransportHealth::AnswerTime() const {
  constexpr std::uint32_t kLeastSlackUs = 20'000;
  return std::chrono::microseconds(std::uint64_t{smoothed_us_} +
                                   std::max(kLeastSlackUs, 4 * variation_us_));
}

Instant TransportHealth::OverdueAt() const {
  if (!last_probe_ || unanswered() == 0) return Instant::max();
  return *last_probe_ + AnswerTime();
}

Millis TransportHealth::HeartbeatTime(const Policy& policy) const {
  return std::max(2 * policy.heartbeat_interval, std::chrono::ceil<Millis>(AnswerTime()));
}

void TransportHealth::Die() {
  dead_ = true;
  failed_before_ = true;
  last_answer_.reset();
  clean_since_.reset();
  steady_since_.reset();
  smoothed_us_ = variation_us_ = 0;
  sample_count_ = 0;  // the next answer begins anew; until then the old percentile ranks it
}

void TransportHealth::Revive(Instant now) {
  dead_ = false;
  last_heard_ = now;
}

bool TransportHealth::Silent(Instant now, Millis limit) const {
  return last_heard_ && Longer(*last_heard_, now, limit);
}

bool TransportHealth::Fresh(Instant now, const Policy& policy) const {
  return last_answer_ && !Longer(*last_answer_, now, policy.candidate_fresh);
}

Instant TransportHealth::NextDeadline(const Policy& policy, bool counted_fresh,
                                      bool counted_quiet) const {
  if (dead_) return Instant::max();
  Instant next = heartbeats_.NextDeadline(HeartbeatTime(policy));
  if (const auto settles = account_.settle_at()) next = std::min(next, Instant(*settles));
  if (last_heard_) {
    next = std::min(next, JustAfter(*last_heard_, policy.transport_dead));
    if (counted_quiet && HasVolatileSilence(policy)) {
      next = std::min(next, JustAfter(*last_heard_, policy.heartbeat_volatile));
    }
  }
  if (last_answer_ && counted_fresh) {
    next = std::min(next, JustAfter(*last_answer_, policy.candidate_fresh));
  }
  return next;
}

TransportFacts TransportHealth::Facts(Instant now, const Policy& policy) const {
  const LossStanding loss = Loss(now, policy);
  TransportFacts facts;
  facts.known = proven_;
  facts.dead = dead_;
  facts.fresh = !dead_ && Fresh(now, policy);
  facts.failed_before = failed_before_;
  facts.verdict = loss.verdict;
  facts.probe_gap = loss.doubtful();
  facts.loss_permille = loss.worse.permille();
  facts.latency_us = p95_us_;
  facts.clean_since = clean_since_.value_or(InstantMs{});
  return facts;
}

std::optional<Instability> TransportHealth::Unstable(Instant now, const Policy& policy) const {
  if (dead_ || !last_heard_) return std::nullopt;
  if (HasVolatileSilence(policy) && Silent(now, policy.heartbeat_volatile)) {
    return Instability{.cause = Reason::kHeartbeatTimeout};
  }
  if (heartbeats_.lost_in_a_row() >= policy.max_consecutive_drops) {
    return Instability{.cause = Reason::kConsecutiveDropExceeded};
  }
  const LossStanding loss = Loss(now, policy);
  if (loss.verdict != Verdict::kLossy) return std::nullopt;
  return Instability{.cause = Reason::kLossThresholdExceeded,
                     .loss_lost = loss.worse.lost,
                     .loss_sent = loss.worse.sent};
}

void TransportHealth::Sample(std::uint32_t rtt_us) {
  if (sample_count_ == 0) {
    smoothed_us_ = rtt_us;
    variation_us_ = rtt_us / 2;
  } else {
    const std::uint32_t off = rtt_us > smoothed_us_ ? rtt_us - smoothed_us_ : smoothed_us_ - rtt_us;
    variation_us_ = static_cast<std::uint32_t>((3ULL * variation_us_ + off) / 4);
    smoothed_us_ = static_cast<std::uint32_t>((7ULL * smoothed_us_ + rtt_us) / 8);
  }
  samples_[sample_count_ % kSamples] = rtt_us;
  ++sample_count_;
  const std::size_t held = std::min<std::size_t>(sample_count_, kSamples);
  std::array<std::uint32_t, kSamples> sorted = samples_;
  const std::size_t rank = (held * 95 + 99) / 100 - 1;  // nearest rank
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(rank),
                   sorted.begin() + static_cast<std::ptrdiff_t>(held));
  p95_us_ = sorted[rank];
}

}  // namespace jvpn
