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

std::uint64_t Nanos(Instant t) { return static_cast<std::uint64_t>(t.time_since_epoch().count()); }

}  // namespace

Probe TransportHealth::NextProbe(Instant now) {
  last_probe_ = now;
  return Probe{.sequence = next_sequence_++,
               .sent_at = Nanos(now),
               .rtt_us = smoothed_us_,
               .jitter_us = variation_us_,
               .received = {}};
}

bool TransportHealth::OnReply(Instant now, const ProbeReply& reply, const Policy& policy) {
  if (reply.sequence >= next_sequence_ || reply.sent_at > Nanos(now)) return false;
  const std::uint64_t round_trip = Nanos(now) - reply.sent_at;
  if (round_trip > static_cast<std::uint64_t>(kLongestRoundTrip.count())) return false;
  if (dead_ || !Fresh(now, policy)) clean_since_ = FloorMs(now);
  dead_ = false;
  proven_ = true;
  last_answer_ = now;
  answered_sequence_ = std::max(answered_sequence_, reply.sequence + 1);
  // 0 means "not known" on the wire.
  Sample(std::max<std::uint32_t>(1, static_cast<std::uint32_t>(round_trip / 1000)));
  return true;
}

void TransportHealth::OnHeard(Instant now) {
  last_heard_ = now;
  challenged_ = false;
}

void TransportHealth::OnChallenged(Instant now) {
  if (!std::exchange(challenged_, true)) last_heard_ = now;
}

void TransportHealth::Die() {
  dead_ = true;
  failed_before_ = true;
  last_answer_.reset();
  smoothed_us_ = variation_us_ = 0;
  sample_count_ = 0;  // the next answer begins anew; until then the old percentile ranks it
}

bool TransportHealth::Silent(Instant now, Millis limit) const {
  return last_heard_ && Longer(*last_heard_, now, limit);
}

bool TransportHealth::Fresh(Instant now, const Policy& policy) const {
  return last_answer_ && !Longer(*last_answer_, now, policy.candidate_fresh);
}

Instant TransportHealth::NextDeadline(const Policy& policy, bool counted_fresh) const {
  if (dead_) return Instant::max();
  Instant next = Instant::max();
  if (last_heard_) next = JustAfter(*last_heard_, policy.transport_dead);
  if (last_answer_ && counted_fresh) {
    next = std::min(next, JustAfter(*last_answer_, policy.candidate_fresh));
  }
  return next;
}

TransportFacts TransportHealth::Facts(Instant now, const Policy& policy) const {
  TransportFacts facts;
  facts.known = proven_;
  facts.dead = dead_;
  facts.fresh = !dead_ && Fresh(now, policy);
  facts.failed_before = failed_before_;
  // Loss is not judged yet: with the verdict UNKNOWN a gap would bar a path for a whole window that
  // no verdict could ever clear, so none is claimed.
  facts.verdict = Verdict::kUnknown;
  facts.probe_gap = false;
  facts.latency_us = p95_us_;
  facts.clean_since = clean_since_;
  return facts;
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
