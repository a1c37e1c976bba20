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

void TransportLife::Observe(const HealthSignal& signal, Instant now) {
  last_ = signal;
  if (signal.rtt_us != 0 && Differs(latency_us_, signal.rtt_us)) latency_us_ = signal.rtt_us;
  if (signal.life == HealthSignal::Life::kFresh && dead_ && signal.last_heard > died_at_) {
    dead_ = false;
  }
  if (!fresh()) {
    fresh_since_.reset();
    stable_told_ = false;
    return;
  }
  volatile_told_ = false;
  if (!fresh_since_) fresh_since_ = FloorMs(now);
}

void TransportLife::HeardRequest(Instant now) {
  request_at_ = now;
  dead_ = false;
  volatile_told_ = false;
}

bool TransportLife::Fail(Instant now) {
  if (dead_) return false;
  dead_ = true;
  failed_before_ = true;
  died_at_ = now;
  fresh_since_.reset();
  stable_told_ = false;
  return true;
}

bool TransportLife::FallsSilent(Instant now, Millis dead_after) {
  if (dead_ || last_.life != HealthSignal::Life::kSilent) return false;
  return Silence(now) > dead_after && Fail(now);
}

bool TransportLife::BecomesVolatile(Instant now, const Policy& policy) {
  if (!HasVolatileSilence(policy) || dead_ || volatile_told_ || !heard() || fresh()) return false;
  volatile_told_ = Silence(now) > policy.heartbeat_volatile;
  return volatile_told_;
}

bool TransportLife::BecomesStable(Instant now, Millis window) {
  if (!fresh_since_ || stable_told_) return false;
  stable_told_ = FloorMs(now) - *fresh_since_ >= window;
  return stable_told_;
}

InstantMs TransportLife::NextCheck(Instant now, const Policy& policy) const {
  InstantMs next = InstantMs::max();
  if (dead_ || !heard()) return next;
  const InstantMs request_stale = FloorMs(request_at_) + policy.candidate_fresh + Millis(1);
  if (request_at_ != Instant{} && FloorMs(now) < request_stale) next = request_stale;
  const InstantMs heard_ms = FloorMs(heard_at());
  if (last_.life == HealthSignal::Life::kSilent) {
    next = std::min(next, heard_ms + policy.transport_dead + Millis(1));
  }
  if (HasVolatileSilence(policy) && !fresh() && !volatile_told_) {
    next = std::min(next, heard_ms + policy.heartbeat_volatile + Millis(1));
  }
  if (fresh_since_ && !stable_told_) {
    next = std::min(next, *fresh_since_ + policy.stability_window);
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
  if (by_request) facts.clean_since = FloorMs(request_at_);
  if (fresh_since_) facts.clean_since = *fresh_since_;
  return facts;
}

}  // namespace jvpn
