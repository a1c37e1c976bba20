#include "dataplane/liveness.h"

#include <algorithm>

namespace jvpn {
namespace {

using Life = HealthSignal::Life;

constexpr std::int64_t kRepeatMs = 250;
constexpr std::int64_t kTotalsMs = 10'000;
constexpr std::int64_t kStandbyTotalsMs = 30'000;
constexpr std::uint32_t kWatchedPaceMs = 50;
constexpr std::uint32_t kPercentPaceMs = 250;
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

LossLimits LimitsOf(const SessionCold& cold) {
  return {.window = Millis{cold.loss_window_ms},
          .min_samples = cold.loss_min_samples,
          .threshold_permille = cold.loss_threshold_permille};
}

bool Watched(SessionSlab slab) { return slab.hot().bound == kNoTransport || slab.cold().watched; }

}  // namespace

Liveness::Liveness(SessionTable& sessions, LaneWriter& lane)
    : sessions_(sessions),
      lane_(lane),
      due_ms_(sessions.max_sessions(), 0),
      accounts_(std::size_t{sessions.max_sessions()} * sessions.transports()) {}

Liveness::Health Liveness::HealthOf(SessionSlab slab, FlowPlace place, Instant now) const {
  const std::uint32_t t = place.transport();
  const SessionCold& cold = slab.cold();
  const Life before = slab.hot().life(t);
  const bool bound = slab.hot().bound == t;
  const Instant since = before == Life::kUnknown ? cold.installed_at : slab.rx(t).last_heard;
  const std::int64_t silence = SilenceMs(now, since);
  Health health;
  health.life = before == Life::kUnknown ? Life::kUnknown : Life::kFresh;
  if (silence > cold.fresh_after_ms) health.life = Life::kStale;
  if (silence > cold.dead_after_ms) health.life = Life::kSilent;
  health.loss = account(place).Standing(FloorMs(now), LimitsOf(cold));
  health.heartbeats_missed = bound && health.life == Life::kFresh && before != Life::kUnknown &&
                             cold.heartbeats_after_ms != 0 &&
                             WrappedMs(now) - slab.health(t).probed_ms > cold.heartbeats_after_ms;
  return health;
}

bool Liveness::IsNews(SessionSlab slab, std::uint32_t transport, const Health& health,
                      Instant now) {
  const ReportedHealth& known = slab.health(transport);
  const bool bound = slab.hot().bound == transport;
  const bool lossy = health.loss.verdict == Verdict::kLossy;
  if (health.life != slab.hot().life(transport) || lossy != known.signalled_lossy) return true;
  if (bound) return health.heartbeats_missed != known.signalled_missed;
  if (health.loss.doubtful() != known.signalled_doubtful) return true;
  return health.loss.verdict == Verdict::kOk &&
         health.loss.worse.permille() / 10 != known.signalled_percent &&
         WrappedMs(now) - known.signalled_ms >= kPercentPaceMs;
}

bool Liveness::Report(SessionSlab slab, FlowPlace place, const Health& health, Instant now) {
  const std::uint32_t t = place.transport();
  ReportedHealth& known = slab.health(t);
  HealthSignal signal;
  signal.kind = HealthSignal::Kind::kTransport;
  signal.life = health.life;
  signal.session = place.session();
  signal.generation = slab.hot().generation;
  signal.transport = TransportId{t};
  signal.last_heard = slab.rx(t).last_heard;
  signal.received = slab.rx(t).window.count();
  signal.sent = slab.tx(t).counter;
  signal.loss = health.loss;
  signal.heartbeats_missed = health.heartbeats_missed;
  signal.rtt_us = known.rtt_us;
  signal.p95_us = known.p95_us;
  if (!lane_.Signal(signal)) return false;
  slab.hot().set_life(t, health.life);
  known.signalled_ms = WrappedMs(now);
  known.signalled_percent = static_cast<std::uint16_t>(health.loss.worse.permille() / 10);
  known.signalled_lossy = health.loss.verdict == Verdict::kLossy;
  known.signalled_doubtful = health.loss.doubtful();
  known.signalled_missed = health.heartbeats_missed;
  return true;
}

void Liveness::LookBy(SessionSlot slot, std::uint32_t due_ms) {
  std::uint32_t& due = due_ms_[Value(slot)];
  if (IsPast(due, due_ms)) due = due_ms;
}

void Liveness::BecameFresh(SessionSlab slab, FlowPlace place, Instant now) {
  const std::uint32_t t = place.transport();
  // Under new keys both ends count from 0.
  if (slab.hot().life(t) == Life::kUnknown) account(place) = LossAccount{};
  // What was lost before it lived, or while it was dead, says nothing of it alive.
  if (slab.hot().life(t) != Life::kStale) {
    account(place).Restart(slab.rx(t).window);
    slab.health(t).probed_ms = WrappedMs(now);
  }
  Health health = HealthOf(slab, place, now);
  health.life = Life::kFresh;
  // Not taken: the life stays as it was, and the next frame of this transport tries again.
  if (Report(slab, place, health, now)) LookBy(place.session(), WrappedMs(now));
}

void Liveness::Probed(SessionSlab slab, FlowPlace place, const Probe& probe, std::uint64_t counter,
                      Instant now) {
  const std::uint32_t t = place.transport();
  ReportedHealth& known = slab.health(t);
  known.rtt_us = probe.rtt_us;
  known.jitter_us = probe.jitter_us;
  known.p95_us = probe.p95_us;
  known.probed_ms = WrappedMs(now);
  const LossLimits limits = LimitsOf(slab.cold());
  LossAccount& loss = account(place);
  loss.OnReport(FloorMs(now), counter + 1, slab.rx(t).window, SettleDelay(probe.jitter_us), limits);
  loss.OnSums(FloorMs(now), probe.received, slab.tx(t).counter, limits);
  Weigh(slab, place, now);
}

std::optional<PathReport> Liveness::Reported(SessionSlab slab, SessionSlot session,
                                             const PathReport& report, Instant now) {
  const std::uint32_t t = Value(report.transport);
  if (t >= slab.hot().transport_count || slab.tx(t).rx_index.value == 0) return std::nullopt;
  const FlowPlace place = FlowPlace::Of(session, t);
  const LossLimits limits = LimitsOf(slab.cold());
  LossAccount& loss = account(place);
  if (slab.hot().life(t) != Life::kUnknown && report.sent <= kLastCounter) {
    loss.OnReport(FloorMs(now), report.sent, slab.rx(t).window,
                  SettleDelay(slab.health(t).jitter_us), limits);
    loss.OnSums(FloorMs(now), report.received, slab.tx(t).counter, limits);
    Weigh(slab, place, now);
  }
  return PathReport{
      .transport = report.transport, .sent = slab.tx(t).counter, .received = loss.sums()};
}

void Liveness::Weigh(SessionSlab slab, FlowPlace place, Instant now) {
  const std::uint32_t t = place.transport();
  if (slab.hot().life(t) == Life::kUnknown)
    return;  // the ring was full: the next frame tries again
  if (const auto due = account(place).settle_at()) {
    LookBy(place.session(), WrappedMs(Instant(*due)));
  }
  const Health health = HealthOf(slab, place, now);
  const bool paced =
      Watched(slab) && WrappedMs(now) - slab.health(t).signalled_ms >= kWatchedPaceMs;
  if (paced || IsNews(slab, t, health, now)) Report(slab, place, health, now);
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
  const SessionCold& cold = slab.cold();
  const bool bound = slab.hot().bound == t;
  const Life before = slab.hot().life(t);
  // What was never heard is no candidate and says nothing, unless session data leaves on it.
  if (before == Life::kUnknown && !bound) return kNeverMs;
  LossAccount& loss = account(place);
  loss.Settle(FloorMs(now), slab.rx(t).window, LimitsOf(cold));
  const Health health = HealthOf(slab, place, now);
  const Life life = health.life;
  const bool trouble =
      life != Life::kFresh || health.heartbeats_missed || health.loss.verdict == Verdict::kLossy;
  const std::int64_t pace = !bound ? kStandbyTotalsMs : trouble ? kRepeatMs : kTotalsMs;
  const std::int64_t ago = std::int64_t{WrappedMs(now) - slab.health(t).signalled_ms};
  const bool repeat = life != Life::kUnknown && ago >= pace;
  if ((repeat || IsNews(slab, t, health, now)) && !Report(slab, place, health, now)) {
    return kRetryMs;
  }
  std::int64_t soonest = kNeverMs;
  const auto by = [&soonest](std::int64_t in_ms) { soonest = std::min(soonest, in_ms); };
  if (life != Life::kUnknown) {
    by(pace - std::int64_t{WrappedMs(now) - slab.health(t).signalled_ms});
  }
  if (const auto due = loss.settle_at()) by((*due - FloorMs(now)).count());
  if (life == Life::kSilent) return soonest;
  const Instant since = before == Life::kUnknown ? cold.installed_at : slab.rx(t).last_heard;
  by((life == Life::kStale ? cold.dead_after_ms : cold.fresh_after_ms) + 1 - SilenceMs(now, since));
  if (bound && cold.heartbeats_after_ms != 0 && !health.heartbeats_missed) {
    by(std::int64_t{cold.heartbeats_after_ms} + 1 -
       std::int64_t{WrappedMs(now) - slab.health(t).probed_ms});
  }
  return soonest;
}

}  // namespace jvpn
