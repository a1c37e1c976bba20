#include "session/policy.h"

#include <algorithm>

#include "session/policy_key.h"

namespace jvpn {
namespace {

struct Rule {
  std::string_view id;
  bool (*holds)(const Policy&);
  std::string_view text;
};

bool SuspectProbesFillTheWindow(const Policy& p) {
  return p.loss_window.count() / p.SuspectProbeInterval().count() >= p.loss_min_samples;
}
bool ProbesKeepCandidatesFresh(const Policy& p) {
  return 2 * p.candidate_probe_interval <= p.candidate_fresh &&
         p.candidate_fresh <= p.heartbeat_volatile;
}
bool HandshakeWithinTtlWithinLifetime(const Policy& p) {
  return p.handshake_timeout <= p.transport_lost_ttl && p.transport_lost_ttl < p.max_lifetime;
}

constexpr Rule kHardRules[] = {
    {"PR01", [](const Policy& p) { return p.heartbeat_volatile >= 2 * p.heartbeat_interval; },
     "volatility.heartbeat_volatile_ms must be at least 2 x volatility.heartbeat_interval_ms"},
    {"PR02", [](const Policy& p) { return p.transport_dead >= p.heartbeat_volatile; },
     "volatility.transport_dead_ms must be at least volatility.heartbeat_volatile_ms"},
    {"PR03", [](const Policy& p) { return p.loss_window >= 2 * p.heartbeat_interval; },
     "volatility.loss_window_ms must be at least 2 x volatility.heartbeat_interval_ms"},
    {"PR04", [](const Policy& p) { return p.loss_window >= Millis{80}; },
     "volatility.loss_window_ms must be at least 80"},
    {"PR05", [](const Policy& p) { return p.loss_recover_threshold <= p.loss_volatile_threshold; },
     "volatility.loss_recover_threshold must not exceed volatility.loss_volatile_threshold"},
    {"PR06", [](const Policy& p) { return p.stability_window >= p.loss_window; },
     "volatility.stability_window_ms must be at least volatility.loss_window_ms"},
    {"PR07", [](const Policy& p) { return p.candidate_probe_interval <= p.heartbeat_interval; },
     "transport.candidate_probe_interval_ms must not exceed volatility.heartbeat_interval_ms"},
    {"PR08", ProbesKeepCandidatesFresh,
     "transport.candidate_fresh_ms must be at least 2 x transport.candidate_probe_interval_ms and "
     "at most volatility.heartbeat_volatile_ms"},
    {"PR09", SuspectProbesFillTheWindow,
     "volatility.loss_window_ms must hold volatility.loss_min_samples probes at the suspect "
     "interval"},
    {"PR10", [](const Policy& p) { return p.recovery_window <= p.transport_lost_ttl; },
     "switching.recovery_window_ms must not exceed session.transport_lost_ttl_ms"},
    {"PR11", [](const Policy& p) { return p.switch_cooldown < p.transport_lost_ttl; },
     "switching.switch_cooldown_ms must be below session.transport_lost_ttl_ms"},
    {"PR12", HandshakeWithinTtlWithinLifetime,
     "session.handshake_timeout_ms must not exceed session.transport_lost_ttl_ms, which must be "
     "below session.max_lifetime_ms"},
    {"PR13", [](const Policy& p) { return p.drain <= p.switch_cooldown; },
     "transport.drain_ms must not exceed switching.switch_cooldown_ms"},
    {"PR14", [](const Policy& p) { return p.switch_improvement_factor >= 1'000; },
     "switching.switch_improvement_factor must be at least 1.0"},
    {"PR15", [](const Policy& p) { return p.key_max_age <= p.max_lifetime; },
     "security.key_max_age_ms must not exceed session.max_lifetime_ms"},
};

constexpr Rule kWarningRules[] = {
    {"PR16", [](const Policy& p) { return p.switch_cooldown <= p.volatile_to_degraded; },
     "switching.switch_cooldown_ms should not exceed volatility.volatile_to_degraded_ms"},
    {"PR17",
     [](const Policy& p) { return p.max_switches_per_min * p.switch_cooldown <= Millis{60'000}; },
     "switching.max_switches_per_min x switching.switch_cooldown_ms should not exceed 60000, or "
     "the cap is never reached"},
    {"PR18",
     [](const Policy& p) {
       return p.transport_dead <= (p.max_consecutive_drops + 1) * p.heartbeat_interval;
     },
     "volatility.transport_dead_ms should not exceed (volatility.max_consecutive_drops + 1) x "
     "volatility.heartbeat_interval_ms, or silence ends as drops"},
    {"PR19", [](const Policy& p) { return p.transport_lost_ttl >= Millis{10'000}; },
     "session.transport_lost_ttl_ms should be at least 10000"},
};

template <std::size_t N>
void AppendBroken(const Rule (&rules)[N], const Policy& policy, std::vector<PolicyFault>& faults) {
  for (const Rule& rule : rules) {
    if (!rule.holds(policy)) {
      faults.push_back({std::string(rule.id), std::string(rule.text)});
    }
  }
}

}  // namespace

Policy Policy::Reference() {
  Policy p;
  p.profile = "reference";
  p.transport_lost_ttl = Millis{15'000};
  p.heartbeat_interval = Millis{500};
  p.heartbeat_volatile = Millis{2'000};
  p.transport_dead = Millis{2'000};
  p.loss_min_samples = 10;
  p.strict_validation = true;
  return p;
}

Policy Policy::Fast() {
  Policy p;
  p.profile = "fast";
  p.heartbeat_interval = Millis{20};
  p.heartbeat_volatile = Millis{60};
  p.transport_dead = Millis{60};
  p.loss_window = Millis{500};
  p.stability_window = Millis{1'000};
  p.max_switches_per_min = 12;
  p.switch_cooldown = Millis{500};
  p.candidate_probe_interval = Millis{20};
  p.candidate_fresh = Millis{60};
  return p;
}

std::optional<Policy> Policy::FromProfile(std::string_view name) {
  if (name == "reference") return Reference();
  if (name == "default") return Default();
  if (name == "fast") return Fast();
  return std::nullopt;
}

bool Policy::Allows(std::string_view protocol) const {
  return std::ranges::find(allowed_protocols, protocol) != allowed_protocols.end();
}

Millis Policy::SuspectProbeInterval() const {
  const Millis per_sample = loss_window / (2 * std::max(loss_min_samples, std::uint32_t{1}));
  return std::max(Millis{10}, std::min({candidate_probe_interval, heartbeat_interval, per_sample}));
}

std::vector<PolicyFault> HardFaults(const Policy& policy) {
  std::vector<PolicyFault> faults;
  for (const PolicyKey& key : PolicyKeys()) {
    if (!key.InBounds(key.Get(policy))) {
      faults.push_back(
          {std::string(key.name), std::string(key.name) + " must be " + key.Allowed()});
    }
  }
  AppendBroken(kHardRules, policy, faults);
  return faults;
}

std::vector<PolicyFault> Warnings(const Policy& policy) {
  std::vector<PolicyFault> faults;
  AppendBroken(kWarningRules, policy, faults);
  return faults;
}

bool FitsProbingOf(const Policy& clients_copy, const Policy& next) {
  return next.heartbeat_volatile >= 2 * clients_copy.heartbeat_interval &&
         next.candidate_fresh >= 2 * clients_copy.candidate_probe_interval;
}

std::vector<std::pair<std::uint8_t, std::uint32_t>> ToWireParameters(const Policy& policy) {
  std::vector<std::pair<std::uint8_t, std::uint32_t>> parameters;
  for (const PolicyKey& key : PolicyKeys()) {
    // Every bound fits 32 bits, and only a policy within its bounds is ever served.
    parameters.emplace_back(key.wire_number, static_cast<std::uint32_t>(key.Get(policy)));
  }
  return parameters;
}

std::optional<Policy> FromWireParameters(
    const std::vector<std::pair<std::uint8_t, std::uint32_t>>& parameters) {
  Policy policy;
  policy.version = policy.profile = "gateway";
  for (const PolicyKey& key : PolicyKeys()) {
    const auto is_this = [&](const auto& p) { return p.first == key.wire_number; };
    const auto found = std::find_if(parameters.begin(), parameters.end(), is_this);
    if (found == parameters.end() || !key.InBounds(found->second)) return std::nullopt;
    if (std::any_of(found + 1, parameters.end(), is_this)) return std::nullopt;
    key.Set(policy, found->second);
  }
  if (!HardFaults(policy).empty()) return std::nullopt;
  return policy;
}

}  // namespace jvpn
