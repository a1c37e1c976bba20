#include "session/session_machine.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "session/intake.h"
#include "session/transition_table.h"

namespace jvpn {
namespace {

constexpr Millis kOne{1};  // limits are strict: over at limit + 1 ms

}  // namespace

SessionMachine::SessionMachine(Role role, const SessionId& id, std::shared_ptr<const Policy> policy,
                               InstantMs birth) {
  CHECK(policy != nullptr);
  session_.role = role;
  session_.id = id;
  session_.policy = std::move(policy);
  session_.birth = birth;
  session_.transportless.Start(birth);
}

SessionMachine::SessionMachine(const SessionSnapshot& from, std::shared_ptr<const Policy> policy)
    : SessionMachine(Role::kGateway, from.id, std::move(policy), from.birth) {
  session_.state = from.state;
  session_.version = from.version;
  session_.expiry_announced = from.expiry_announced;
  session_.active = from.active;
  session_.previous = from.previous;
  session_.binding_epoch = from.binding_epoch;
  session_.key_epoch = from.key_epoch;
  session_.transportless.Stop();
  suspended_ = {.transportless_age = from.transportless_age, .rate_held = from.rate_held};
  if (from.state == State::kRecovering) {
    session_.attempt = Attempt{.target = from.target, .mark = std::nullopt};
  }
  session_.gate.Restore(from.commits, from.cooldown_until);
  session_.failures.Assign(from.failures);
  session_.rebounds.Assign(from.rebounds);
}

SessionSnapshot SessionMachine::Snapshot(InstantMs now) const {
  return {.id = session_.id,
          .state = session_.state,
          .version = session_.version,
          .birth = session_.birth,
          .expiry_announced = session_.expiry_announced,
          .active = session_.active,
          .previous = session_.previous,
          .binding_epoch = session_.binding_epoch,
          .key_epoch = session_.key_epoch,
          .transportless_age = session_.transportless.Age(now),
          .rate_held = session_.transportless.Held(now),
          .target = session_.attempt ? session_.attempt->target : TransportId::kNone,
          .commits = session_.gate.commits(),
          .failures = session_.failures.All(),
          .rebounds = session_.rebounds.All(),
          .cooldown_until = session_.gate.cooldown_until()};
}

Effects SessionMachine::Step(InstantMs now, const Input& input) {
  CHECK(now >= last_step_);
  last_step_ = now;
  Effects effects;
  if (suspended_) {
    Wake(now, effects);
  } else {
    FireTimers(now, effects);
  }
  if (!std::holds_alternative<Tick>(input)) {
    Moment moment{.session = session_, .now = now, .input = input, .effects = effects};
    Dispatch(moment, TakeIn(moment));
  }
  UpdateRateHold(now);
  return effects;
}

void SessionMachine::Wake(InstantMs now, Effects& effects) {
  if (session_.active == TransportId::kNone) {
    session_.transportless.Resume(now, suspended_->transportless_age, suspended_->rate_held);
  }
  suspended_.reset();
  const Input nothing = Tick{};
  Moment moment{.session = session_, .now = now, .input = nothing, .effects = effects};
  // Of the timers only the lifetime went on.
  Fire(moment, InputKind::kTimerSessionTtl);
}

void SessionMachine::FireTimers(InstantMs now, Effects& effects) {
  const Input nothing = Tick{};
  Moment moment{.session = session_, .now = now, .input = nothing, .effects = effects};
  for (std::size_t i = 0; i < kTimerKinds; ++i) {
    Fire(moment, static_cast<InputKind>(i));
  }
  const std::optional<InstantMs> summary = session_.denials.SummaryDue();
  if (summary && now >= *summary) ReportHeldDenials(moment);
  const std::optional<InstantMs> notice = session_.ExpiryNoticeAt();
  if (notice && now >= *notice) AnnounceExpiry(moment);
}

void SessionMachine::Fire(Moment& moment, InputKind timer) {
  const std::optional<InstantMs> due = DueAt(timer);
  if (!due || moment.now < *due) return;
  if (timer == InputKind::kTimerEval) session_.eval.at.reset();
  Dispatch(moment, timer);
}

std::optional<InstantMs> SessionMachine::DueAt(InputKind timer) const {
  const Policy& policy = *session_.policy;
  const State state = session_.state;
  if (state == State::kTerminated) return std::nullopt;
  switch (timer) {
    case InputKind::kTimerSessionTtl:
      return session_.birth + policy.max_lifetime + kOne;
    case InputKind::kTimerTransportTtl:
      if (!session_.transportless.running()) return std::nullopt;
      return session_.transportless.WhenOlderThan(session_.TransportTtl());
    case InputKind::kTimerHandshake:
      if (state != State::kBirth) return std::nullopt;
      return session_.birth + policy.handshake_timeout + kOne;
    case InputKind::kTimerRecovery:
      if (state != State::kRecovering) return std::nullopt;
      return session_.attempt->deadline + kOne;
    case InputKind::kTimerVolatile:
      if (state != State::kVolatile) return std::nullopt;
      return session_.episode.volatile_since + policy.volatile_to_degraded + kOne;
    case InputKind::kTimerEval:
      if (state != State::kVolatile && state != State::kDegraded) return std::nullopt;
      return session_.eval.at;
    default:
      CHECK(false);
  }
}

InstantMs SessionMachine::NextDeadline() const {
  InstantMs next = InstantMs::max();
  for (std::size_t i = 0; i < kTimerKinds; ++i) {
    next = std::min(next, DueAt(static_cast<InputKind>(i)).value_or(InstantMs::max()));
  }
  next = std::min(next, session_.denials.SummaryDue().value_or(InstantMs::max()));
  return std::min(next, session_.ExpiryNoticeAt().value_or(InstantMs::max()));
}

void SessionMachine::UpdateRateHold(InstantMs now) {
  const bool hold =
      session_.state == State::kDegraded && session_.active == TransportId::kNone &&
      session_.last_denial == Reason::kSwitchRateLimited &&
      session_.policy->max_switches_per_min > 0 &&
      session_.candidates.Best(session_.SituationAt(now), *session_.policy, 0).has_value();
  session_.transportless.SetHold(now, hold);
}

std::optional<TransportId> SessionMachine::attempt_target() const {
  if (!session_.attempt) return std::nullopt;
  return session_.attempt->target;
}

Millis SessionMachine::Age(InstantMs now) const {
  return std::min(now, session_.ended_at) - session_.birth;
}

Millis SessionMachine::TransportlessAge(InstantMs now) const {
  return session_.transportless.Age(std::min(now, session_.ended_at));
}

InstantMs SessionMachine::NextSwitchAt(InstantMs now) const {
  const auto rate = session_.gate.WhenRateOk(now, *session_.policy);
  return rate ? std::max({now, *rate, session_.gate.cooldown_until()}) : InstantMs::max();
}

Millis SessionMachine::LifetimeLeft(InstantMs now) const {
  return std::max(Millis{0}, session_.policy->max_lifetime - Age(now));
}

std::optional<Millis> SessionMachine::TransportTtlLeft(InstantMs now) const {
  if (!session_.transportless.running()) return std::nullopt;
  return std::max(Millis{0}, session_.TransportTtl() - TransportlessAge(now));
}

std::uint32_t SessionMachine::SwitchesInWindow(InstantMs now) const {
  return session_.gate.InWindow(now);
}

}  // namespace jvpn
