#include "control/transport_life.h"

#include <algorithm>

namespace jvpn {
namespace {

// Silence is an instability of its own only where death comes later (requirements 2).
bool HasVolatileSilence(const Policy& policy) {
  return policy.transport_dead > policy.heartbeat_volatile;
}

// A latency is news when it changed by an eighth: a million healthy sessions shall cost nothing.
bool Differs(std::uint32_t was, std::uint32_t is) {
  const std::uint32_t by = was > is ? was - is : is - was;
  return by > was / 8;
}

}  // namespace

void TransportLife::Observe(const HealthSignal& signal, Instant now, const Policy& policy) {
  last_ = signal;
  if (signal.p95_us != 0 && Differs(latency_us_, signal.p95_us)) latency_us_ = signal.p95_us;
  if (signal.life == HealthSignal::Life::kFresh && dead_ && signal.last_heard > died_at_) {
    dead_ = false;
  }
  const auto lasts_since = [&](std::optional<InstantMs>& since, bool holds) {
    if (!holds) return since.reset();
    if (!since) since = FloorMs(now);
  };
  const LossStanding& loss = signal.loss;
  const bool clean = fresh() && loss.verdict != Verdict::kLossy;
  lasts_since(clean_since_, clean);
  lasts_since(steady_since_, clean && loss.verdict == Verdict::kOk && !signal.heartbeats_missed &&
                                 loss.worse.permille() <= policy.loss_recover_threshold);
}

void TransportLife::HeardRequest(Instant now) {
  request_at_ = now;
  dead_ = false;
}

bool TransportLife::Fail(Instant now) {
  if (dead_) return false;
  dead_ = true;
  failed_before_ = true;
  died_at_ = now;
  clean_since_.reset();
  steady_since_.reset();
  return true;
}

bool TransportLife::FallsSilent(Instant now, Millis dead_after) {
  if (dead_ || last_.life != HealthSignal::Life::kSilent) return false;
  return Silence(now) > dead_after && Fail(now);
}

std::optional<Instability> TransportLife::Unstable(Instant now, const Policy& policy) const {
  if (dead_ || !heard()) return std::nullopt;
  if (!policy.Allows(kTransportProtocol)) return Instability{.cause = Reason::kPolicyDenied};
  if (HasVolatileSilence(policy) && !fresh() && Silence(now) > policy.heartbeat_volatile) {
    return Instability{.cause = Reason::kHeartbeatTimeout};
  }
  if (!fresh()) return std::nullopt;  // what was counted before the silence says nothing new
  if (last_.heartbeats_missed) return Instability{.cause = Reason::kConsecutiveDropExceeded};
  if (last_.loss.verdict != Verdict::kLossy) return std::nullopt;
  return Instability{.cause = Reason::kLossThresholdExceeded,
                     .loss_lost = last_.loss.worse.lost,
                     .loss_sent = last_.loss.worse.sent};
}

InstantMs TransportLife::NextCheck(Instant now, const Policy& policy) const {
  InstantMs next = InstantMs::max();
  if (dead_) return next;
  const InstantMs request_stale = FloorMs(request_at_) + policy.candidate_fresh + Millis(1);
  if (request_at_ != Instant{} && FloorMs(now) < request_stale) next = request_stale;
  if (!heard()) return next;
  const InstantMs heard_ms = FloorMs(heard_at());
  if (last_.life == HealthSignal::Life::kSilent) {
    next = std::min(next, heard_ms + policy.transport_dead + Millis(1));
  }
  const InstantMs turns_volatile = heard_ms + policy.heartbeat_volatile + Millis(1);
  if (HasVolatileSilence(policy) && !fresh() && FloorMs(now) < turns_volatile) {
    next = std::min(next, turns_volatile);
  }
  return next;
}

TransportFacts TransportLife::Facts(bool known, Instant now, const Policy& policy) const {
  const bool by_request = !dead_ && request_at_ != Instant{} &&
                          FloorMs(now) - FloorMs(request_at_) <= policy.candidate_fresh;
  TransportFacts facts;
  facts.known = known;
  facts.dead = dead_;
  facts.fresh = fresh() || by_request;
  facts.failed_before = failed_before_;
  facts.latency_us = latency_us_;
  facts.verdict = last_.loss.verdict;
  facts.probe_gap = last_.loss.doubtful();
  facts.loss_permille = last_.loss.worse.permille();
  if (by_request) facts.clean_since = FloorMs(request_at_);
  if (clean_since_) facts.clean_since = *clean_since_;
  return facts;
}

}  // namespace jvpn
