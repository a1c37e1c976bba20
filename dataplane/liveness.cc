#include "dataplane/liveness.h"

#include <algorithm>

namespace jvpn {
namespace {

using Life = HealthSignal::Life;

constexpr std::int64_t kRepeatMs = 250;
constexpr std::int64_t kTotalsMs = 10'000;
constexpr std::int64_t kStandbyTotalsMs = 30'000;
constexpr std::uint32_t kWatchMs = 10'000;
constexpr std::uint32_t kWatchedPaceMs = 50;
constexpr std::int64_t kRetryMs = 10;       // after the ring was full
constexpr std::int64_t kNeverMs = 1 << 30;  // half of what a wrapping difference can say
// Of a very large table a turn looks at no more than this for each elapsed microsecond, which is
// below a hundredth of a core; a million sessions are then seen every 32 ms.
constexpr std::int64_t kSlotsPerMicrosecond = 32;

std::uint32_t WrappedMs(Instant now) {
  return static_cast<std::uint32_t>(FloorMs(now).time_since_epoch().count());
}
bool IsPast(std::uint32_t now_ms, std::uint32_t due_ms) {
  return static_cast<std::int32_t>(now_ms - due_ms) >= 0;
}
std::int64_t SilenceMs(Instant now, Instant since) {
  return (FloorMs(now) - FloorMs(since)).count();
}

std::uint32_t Missing(const ReceiveSums& sums) {
  return static_cast<std::uint32_t>(sums.next - sums.count);
}

}  // namespace

Liveness::Liveness(SessionTable& sessions, LaneWriter& lane)
    : sessions_(sessions), lane_(lane), due_ms_(sessions.max_sessions(), 0) {}

bool Liveness::Report(SessionSlab slab, FlowPlace place, Life life, Instant now) {
  const std::uint32_t t = place.transport();
  ReportedHealth& health = slab.health(t);
  HealthSignal signal;
  signal.kind = HealthSignal::Kind::kTransport;
  signal.life = life;
  signal.session = place.session();
  signal.generation = slab.hot().generation;
  signal.transport = TransportId{t};
  signal.last_heard = slab.rx(t).last_heard;
  signal.uplink = {slab.rx(t).window.next(), slab.rx(t).window.count()};
  signal.downlink = health.downlink;
  signal.sent = slab.tx(t).counter;
  signal.rtt_us = health.rtt_us;
  signal.jitter_us = health.jitter_us;
  if (!lane_.Signal(signal)) return false;
  slab.hot().set_life(t, life);
  health.signalled_ms = WrappedMs(now);
  health.signalled_lost = Missing(signal.uplink) + Missing(signal.downlink);
  return true;
}

void Liveness::BecameFresh(SessionSlab slab, FlowPlace place, Instant now) {
  // Not taken: the life stays as it was, and the next frame of this transport tries again.
  if (Report(slab, place, Life::kFresh, now)) due_ms_[Value(place.session())] = WrappedMs(now);
}

void Liveness::Probed(SessionSlab slab, FlowPlace place, const Probe& probe, Instant now) {
  const std::uint32_t t = place.transport();
  ReportedHealth& health = slab.health(t);
  health.downlink = probe.received;
  health.rtt_us = probe.rtt_us;
  health.jitter_us = probe.jitter_us;
  const std::uint32_t now_ms = WrappedMs(now);
  const ReceiveSums uplink{slab.rx(t).window.next(), slab.rx(t).window.count()};
  if (Missing(uplink) + Missing(health.downlink) != health.signalled_lost) {
    slab.cold().watch_until_ms = now_ms + kWatchMs;
  }
  const bool watched =
      slab.hot().bound == kNoTransport || !IsPast(now_ms, slab.cold().watch_until_ms);
  if (watched && now_ms - health.signalled_ms >= kWatchedPaceMs) {
    Report(slab, place, Life::kFresh, now);
  }
}

void Liveness::Programmed(SessionSlot slot, Instant now) { due_ms_[Value(slot)] = WrappedMs(now); }

bool Liveness::Scan(Instant now) {
  const Duration elapsed = now - scanned_at_;
  const std::int64_t all = sessions_.max_sessions();
  const std::int64_t elapsed_us = std::chrono::floor<std::chrono::microseconds>(elapsed).count();
  const std::int64_t period_us = std::chrono::microseconds(kScanPeriod).count();
  const std::int64_t wanted = elapsed >= kScanPeriod ? all
                                                     : std::min(all * elapsed_us / period_us,
                                                                kSlotsPerMicrosecond * elapsed_us);
  // A cache line of deadlines at a time, or nothing yet.
  if (wanted < std::min<std::int64_t>(all, 16)) return false;
  scanned_at_ = now;
  const std::uint32_t now_ms = WrappedMs(now);
  bool any = false;
  for (std::int64_t i = 0; i < wanted; ++i) {
    if (IsPast(now_ms, due_ms_[next_slot_])) {
      Visit(SessionSlot{next_slot_}, now);
      any = true;
    }
    next_slot_ = (next_slot_ + 1) & (sessions_.max_sessions() - 1);
  }
  return any;
}

void Liveness::Visit(SessionSlot slot, Instant now) {
  const SessionSlab slab = sessions_.slab(slot);
  std::int64_t soonest = kNeverMs;
  if (slab.hot().installed) {
    for (std::uint32_t t = 0; t < slab.hot().transport_count; ++t) {
      if (slab.tx(t).rx_index.value == 0) continue;
      soonest = std::min(soonest, VisitTransport(slab, FlowPlace::Of(slot, t), now));
    }
  }
  due_ms_[Value(slot)] =
      WrappedMs(now) + static_cast<std::uint32_t>(std::max<std::int64_t>(soonest, 1));
}

std::int64_t Liveness::VisitTransport(SessionSlab slab, FlowPlace place, Instant now) {
  const std::uint32_t t = place.transport();
  SessionHot& hot = slab.hot();
  const SessionCold& cold = slab.cold();
  const bool bound = hot.bound == t;
  const Life before = hot.life(t);
  // What was never heard is no candidate and says nothing, unless session data leaves on it.
  if (before == Life::kUnknown && !bound) return kNeverMs;
  const Instant since = before == Life::kUnknown ? cold.installed_at : slab.rx(t).last_heard;
  const std::int64_t silence = SilenceMs(now, since);
  Life life = before == Life::kUnknown ? Life::kUnknown : Life::kFresh;
  if (silence > cold.fresh_after_ms) life = Life::kStale;
  if (silence > cold.dead_after_ms) life = Life::kSilent;
  const std::int64_t pace = !bound                 ? kStandbyTotalsMs
                            : life == Life::kFresh ? kTotalsMs
                                                   : kRepeatMs;
  const std::int64_t ago = std::int64_t{WrappedMs(now) - slab.health(t).signalled_ms};
  const bool repeat = life != Life::kUnknown && ago >= pace;
  if (life != before || repeat) {
    if (life > before) slab.cold().watch_until_ms = WrappedMs(now) + kWatchMs;
    if (!Report(slab, place, life, now)) return kRetryMs;
  }
  const std::int64_t again = pace - std::int64_t{WrappedMs(now) - slab.health(t).signalled_ms};
  if (life == Life::kSilent) return again;
  const std::int64_t edge =
      (life == Life::kStale ? cold.dead_after_ms : cold.fresh_after_ms) + 1 - silence;
  return life == Life::kUnknown ? edge : std::min(edge, again);
}

}  // namespace jvpn
