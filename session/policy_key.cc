#include "session/policy_key.h"

#include <array>

#include "base/check.h"

namespace jvpn {
namespace {

constexpr std::uint32_t kDayMs = 86'400'000;
constexpr std::uint32_t kWeekMs = 7 * kDayMs;

// key_max_age_ms is also bound by max_lifetime_ms: PR15.
constexpr auto kKeys = std::to_array<PolicyKey>({
    {1, "session.max_lifetime_ms", &Policy::max_lifetime, 1'000, kWeekMs},
    {2, "session.transport_lost_ttl_ms", &Policy::transport_lost_ttl, 1'000, kDayMs},
    {3, "session.handshake_timeout_ms", &Policy::handshake_timeout, 500, 60'000},
    {4, "volatility.heartbeat_interval_ms", &Policy::heartbeat_interval, 10, 60'000},
    {5, "volatility.heartbeat_volatile_ms", &Policy::heartbeat_volatile, 20, 300'000},
    {6, "volatility.transport_dead_ms", &Policy::transport_dead, 20, 300'000},
    {7, "volatility.max_consecutive_drops", &Policy::max_consecutive_drops, 1, 100},
    {8, "volatility.loss_window_ms", &Policy::loss_window, 80, 60'000},
    {9, "volatility.loss_volatile_threshold", &Policy::loss_volatile_threshold, 1, 1'000, true},
    {10, "volatility.loss_recover_threshold", &Policy::loss_recover_threshold, 1, 1'000, true},
    {11, "volatility.loss_min_samples", &Policy::loss_min_samples, 1, 1'000},
    {12, "volatility.stability_window_ms", &Policy::stability_window, 80, 600'000},
    {13, "volatility.volatile_to_degraded_ms", &Policy::volatile_to_degraded, 0, 600'000},
    {14, "switching.enabled", &Policy::switching_enabled},
    {15, "switching.max_switches_per_min", &Policy::max_switches_per_min, 0, 1'000},
    {16, "switching.switch_cooldown_ms", &Policy::switch_cooldown, 0, 60'000},
    {17, "switching.recovery_expiry_action", &Policy::recovery_expiry_action},
    {18, "switching.enforce_hysteresis", &Policy::enforce_hysteresis},
    {19, "switching.switch_improvement_factor", &Policy::switch_improvement_factor, 1'000, 10'000,
     true},
    {20, "transport.max_candidate_count", &Policy::max_candidate_count, 1, 16},
    {21, "transport.candidate_probe_interval_ms", &Policy::candidate_probe_interval, 10, 60'000},
    {22, "transport.candidate_fresh_ms", &Policy::candidate_fresh, 20, 300'000},
    {23, "transport.drain_ms", &Policy::drain, 0, 500},
    {24, "transport.rebind_max_per_min", &Policy::rebind_max_per_min, 0, 1'000},
    {25, "security.strict_validation", &Policy::strict_validation},
    {26, "security.max_validation_failures", &Policy::max_validation_failures, 0, 100},
    {27, "security.validation_failure_window_ms", &Policy::validation_failure_window, 1'000,
     3'600'000},
    {28, "security.reattach_proof_max_age_ms", &Policy::reattach_proof_max_age, 100, 60'000},
    {29, "security.replay_window_size", &Policy::replay_window_size, 64, 256},
    {30, "security.reattach_rate_per_s", &Policy::reattach_rate_per_s, 1, 1'000},
    {31, "security.reattach_burst", &Policy::reattach_burst, 1, 1'000},
    {32, "security.key_max_age_ms", &Policy::key_max_age, 1'000, kWeekMs, false, true},
    {33, "switching.recovery_window_ms", &Policy::recovery_window, 100, 600'000},
});

std::uint64_t AsNumber(Millis value) { return static_cast<std::uint64_t>(value.count()); }
std::uint64_t AsNumber(std::uint32_t value) { return value; }
std::uint64_t AsNumber(bool value) { return value ? 1 : 0; }
std::uint64_t AsNumber(ExpiryAction value) { return static_cast<std::uint64_t>(value); }

void Assign(Millis& to, std::uint32_t value) { to = Millis{value}; }
void Assign(std::uint32_t& to, std::uint32_t value) { to = value; }
void Assign(bool& to, std::uint32_t value) { to = value != 0; }
void Assign(ExpiryAction& to, std::uint32_t value) { to = static_cast<ExpiryAction>(value); }

std::string Decimal(std::uint32_t permille) {
  return std::to_string(permille / 1000) + '.' + std::to_string(1000 + permille % 1000).substr(1);
}

}  // namespace

std::uint64_t PolicyKey::Get(const Policy& policy) const {
  return std::visit([&](auto member) { return AsNumber(policy.*member); }, field);
}

void PolicyKey::Set(Policy& policy, std::uint32_t value) const {
  CHECK(InBounds(value));
  std::visit([&](auto member) { Assign(policy.*member, value); }, field);
}

bool PolicyKey::InBounds(std::uint64_t value) const {
  if (zero_is_absent && value == 0) return true;
  return value >= min && value <= max;
}

std::string PolicyKey::Allowed() const {
  if (std::holds_alternative<bool Policy::*>(field)) return "true or false";
  if (std::holds_alternative<ExpiryAction Policy::*>(field)) return "\"degrade\" or \"terminate\"";
  if (is_ratio) return Decimal(min) + " to " + Decimal(max) + ", at most three fraction digits";
  return std::to_string(min) + " to " + std::to_string(max);
}

std::span<const PolicyKey> PolicyKeys() { return kKeys; }

}  // namespace jvpn
