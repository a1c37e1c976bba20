// SessionReplay: what time alone brings, ages, and what a restart leaves of them.
#include <algorithm>

#include "session/replay.h"

namespace jvpn {
namespace {

constexpr Millis kOne{1};  // limits are strict: over at limit + 1 ms

std::string Ms(Millis span) { return std::to_string(span.count()) + " ms"; }

}  // namespace

// In the order in which they fire (requirements 2).
std::vector<SessionReplay::DueTimer> SessionReplay::Timers() const {
  std::vector<DueTimer> timers;
  if (!live()) return timers;
  const InstantMs lifetime = InstantMs{} + policy_->max_lifetime + kOne;
  timers.push_back({Due::kLifetime, "G1 session_lifetime_exceeded", lifetime, lifetime});
  if (bound_ == TransportId::kNone) {
    const Millis ttl =
        policy_->transport_lost_ttl + (role_ == Role::kClient ? Millis{1'000} : Millis{0});
    timers.push_back({Due::kTransportTtl, "G2 transport_ttl_exceeded", unbound_since_ + ttl + kOne,
                      clock_.WhenOlderThan(ttl)});
  }
  if (state_ == State::kRecovering) {
    const InstantMs due = attempt_->deadline + kOne;
    timers.push_back({Due::kRecovery, "R7, the end of recovery_window_ms", due, due});
  }
  if (state_ == State::kVolatile) {
    const InstantMs due = episode_.volatile_since + policy_->volatile_to_degraded + kOne;
    timers.push_back({Due::kVolatile, "V7 volatile_persisted", due, due});
  }
  return timers;
}

std::optional<SessionReplay::DueTimer> SessionReplay::FirstDue(InstantMs now) const {
  for (const DueTimer& timer : Timers()) {
    if (timer.latest <= now) return timer;
  }
  return std::nullopt;
}

bool SessionReplay::Fires(Due due, const Event& event) const {
  switch (due) {
    case Due::kLifetime:
      return EndsBy(event, Reason::kSessionLifetimeExceeded);
    case Due::kTransportTtl:
      return EndsBy(event, Reason::kTransportTtlExceeded);
    case Due::kHandshake:
      return EndsBy(event, Reason::kHandshakeRejected);
    case Due::kRecovery:
      return EndsBy(event, Reason::kSecurityFailure) ||
             (event.type == EventType::kTransportSwitchFailed &&
              (event.reason == Reason::kRecoveryWindowExpired ||
               event.reason == Reason::kReattachValidationFailed));
    case Due::kVolatile:
      return event.type == EventType::kSessionStateChange &&
             event.reason == Reason::kVolatilePersisted;
  }
  return false;
}

void SessionReplay::CheckLate(std::string_view row, InstantMs earliest) {
  const Millis late = now_ - std::max(earliest, floor_);
  Expect(late <= late_, row, "the edge comes " + Ms(late) + " after it was due",
         "at most " + Ms(late_) + " after the age of " + Ms(earliest.time_since_epoch()));
}

std::optional<Mismatch> SessionReplay::At(InstantMs now) {
  if (mismatch_ || !any_) return std::nullopt;
  const InstantMs age{now - birth_};
  const std::string goes_on =
      "nothing more, and the log goes on to the age of " + Ms(age.time_since_epoch());
  if (owed_ != Owed::kNothing && now >= last_at_) {
    Fail("order", goes_on, "next comes " + Wanted());
  }
  for (const DueTimer& timer : Timers()) {
    const InstantMs due = std::max(timer.latest, floor_);
    Expect(age <= due + late_, timer.row, goes_on,
           std::string(timer.row) + " at the age of " + Ms(due.time_since_epoch()));
  }
  if (const auto notice = NoticeAt()) {
    Expect(age <= std::max(*notice, floor_) + late_, "SessionExpiring", goes_on,
           "SessionExpiring at the age of " + Ms(notice->time_since_epoch()));
  }
  for (const auto& [code, by] : summaries_owed_) {
    Expect(age <= by + late_, "FM-4-d", goes_on, "DenialSummary " + std::string(Name(code)));
  }
  if (mismatch_) told_ = true;
  return mismatch_;
}

// Five minutes before the lifetime ends, of sessions that live longer.
std::optional<InstantMs> SessionReplay::NoticeAt() const {
  constexpr Millis kNotice{300'000};
  if (!live() || expiry_announced_ || policy_->max_lifetime <= kNotice) return std::nullopt;
  return InstantMs{} + policy_->max_lifetime - kNotice;
}

void SessionReplay::TakeExpiring(const Event& event) {
  const auto notice = NoticeAt();
  if (!Expect(notice && *notice <= now_, "SessionExpiring", ToText(event),
              "it is not due, or was said before")) {
    return;
  }
  CheckLate("SessionExpiring", *notice);
  const Millis left = InstantMs{} + policy_->max_lifetime - now_;
  Expect(event.reason == Reason::kSessionLifetimeExceeded && *event.remaining_ms == left.count(),
         "SessionExpiring", "remaining_ms " + std::to_string(*event.remaining_ms), Ms(left));
  expiry_announced_ = true;
}

// While a rate hold may run, at the most; the candidate that it needs may have gone unseen.
void SessionReplay::UpdateHold() {
  if (!policy_) return;
  clock_.SetHold(now_, state_ == State::kDegraded && bound_ == TransportId::kNone &&
                           last_denial_ == Reason::kSwitchRateLimited &&
                           policy_->max_switches_per_min > 0);
}

void SessionReplay::TakeTerminated(const Event& event) {
  if (!Expect(owed_ == Owed::kEnd, "K8", ToText(event), "its edge to TERMINATED comes first")) {
    return;
  }
  Owe(Owed::kNothing);
  ended_ = true;
  bound_ = TransportId::kNone;
  if (last_.detail == Reason::kRecordUnreadable) return;
  const Millis age = now_.time_since_epoch();
  Expect(*event.session_age_ms == age.count(), "FM-5-a",
         "session_age_ms " + std::to_string(*event.session_age_ms), Ms(age));
  // A rate hold is measured, within its bounds; everything else of this clock follows.
  const Millis said{*event.transportless_age_ms};
  const bool unbound = clock_.running();
  const Millis most = unbound ? now_ - unbound_since_ : Millis{0};
  const Millis least = unbound ? clock_.Age(now_) : Millis{0};
  Expect(said >= least && said <= most, "FM-6-c", "transportless_age_ms " + Ms(said),
         least == most ? Ms(least) : Ms(least) + " to " + Ms(most) + ", by the rate hold");
  const Millis ttl =
      policy_->transport_lost_ttl + (role_ == Role::kClient ? Millis{1'000} : Millis{0});
  if (event.reason == Reason::kTransportTtlExceeded) {
    const Millis over = said - ttl - kOne;
    Expect(over >= Millis{0} && std::min(over, now_ - floor_) <= late_, "G2",
           "transportless_age_ms " + Ms(said), "ends when it exceeds " + Ms(ttl));
  }
  Expect(*event.total == held_total_, "DenialSummary",
         "denials_held_back " + std::to_string(*event.total),
         "the summaries say " + std::to_string(held_total_));
}

// X1 to X4. The session's age goes on with the downtime counted, whatever the log's clock did.
void SessionReplay::TakeRestored(const Event& event) {
  const InstantMs age{Millis{*event.session_age_ms}};
  Expect(event.reason == Reason::kNodeRestart, "X1", ToText(event), "node_restart");
  Expect(live() && event.previous_state == state_, "X1",
         "persisted_state " + std::string(Name(*event.previous_state)),
         "the log ends in " + std::string(Name(state_)));
  // The process lived on for up to a beat after the one that its downtime is counted from.
  constexpr Millis kBeat{1'000};
  const Millis down = std::max(Millis{0}, Millis{*event.downtime_ms} - kBeat);
  Expect(*event.downtime_ms >= 0 && age >= now_ + down, "FM-5-a",
         "session_age_ms " + std::to_string(*event.session_age_ms),
         "at least " + Ms(now_.time_since_epoch() + down));
  const bool was_bound = bound_ != TransportId::kNone;
  Expect(*event.binding_lost == was_bound, "X2", *event.binding_lost ? "binding_lost" : "unbound",
         was_bound ? "a transport was bound" : "none was bound");
  const Millis transportless{*event.transportless_age_ms};
  if (mismatch_) return;
  const Millis least = was_bound ? Millis{0} : clock_.Age(now_);
  const Millis most = was_bound ? Millis{0} : age - down - unbound_since_;
  // What is stored may lie behind by a second.
  Expect(transportless >= std::max(Millis{0}, least - kBeat) && transportless <= most, "X2",
         "transportless_age_ms " + Ms(transportless), Ms(least) + " to " + Ms(most));
  birth_ = event.at - age.time_since_epoch();
  now_ = floor_ = age;
  bound_ = TransportId::kNone;
  clock_.Stop();
  unbound_since_ = now_ - transportless;
  clock_.Start(unbound_since_);
  new_keys_ = restored_ = true;
  summaries_owed_.clear();
  empty_.clear();
  limiter_ = DenialLimiter{};
  held_total_ = 0;
  not_before_ = InstantMs::min();
  last_denial_.reset();
  if (state_ == State::kAttached || state_ == State::kVolatile) return Owe(Owed::kRestoredEdge);
  if (state_ == State::kRecovering) return Owe(Owed::kFailure, Reason::kNodeRestart);
  Owe(Owed::kNothing);
}

}  // namespace jvpn
