// Policy: every number that decides, as integers (requirements 3). Ratios are permille.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace jvpn {

// Of every transport of this version; others are for policies to name.
inline constexpr std::string_view kTransportProtocol = "udp";

enum class ExpiryAction : std::uint8_t { kDegrade = 0, kTerminate = 1 };
enum class ApplyMode : std::uint8_t { kGrace, kStrict };

// Member defaults are the profile `default`. Factories give the other two.
struct Policy {
  std::string version = "1.0";  // names the policy in every audit event
  std::string profile = "default";

  Millis max_lifetime{28'800'000};
  Millis transport_lost_ttl{60'000};
  Millis handshake_timeout{5'000};

  Millis heartbeat_interval{250};
  Millis heartbeat_volatile{750};
  Millis transport_dead{750};
  std::uint32_t max_consecutive_drops = 3;
  Millis loss_window{2'000};
  std::uint32_t loss_volatile_threshold = 200;  // permille
  std::uint32_t loss_recover_threshold = 100;   // permille
  std::uint32_t loss_min_samples = 20;
  Millis stability_window{2'000};
  Millis volatile_to_degraded{4'000};

  bool switching_enabled = true;
  std::uint32_t max_switches_per_min = 8;
  Millis switch_cooldown{1'500};
  Millis recovery_window{8'000};
  ExpiryAction recovery_expiry_action = ExpiryAction::kDegrade;
  bool enforce_hysteresis = true;
  std::uint32_t switch_improvement_factor = 1'100;  // permille

  std::uint32_t max_candidate_count = 3;
  Millis candidate_probe_interval{250};
  Millis candidate_fresh{500};
  Millis drain{250};
  std::uint32_t rebind_max_per_min = 20;
  std::vector<std::string> allowed_protocols = {"udp", "quic"};

  bool strict_validation = false;
  std::uint32_t max_validation_failures = 3;
  Millis validation_failure_window{60'000};
  Millis reattach_proof_max_age{5'000};
  std::uint32_t replay_window_size = 128;
  std::uint32_t reattach_rate_per_s = 2;
  std::uint32_t reattach_burst = 5;
  Millis key_max_age{0};  // 0 = absent

  ApplyMode apply_mode = ApplyMode::kGrace;

  static Policy Reference();
  static Policy Default() { return {}; }
  static Policy Fast();
  static std::optional<Policy> FromProfile(std::string_view name);

  // transport.allowed_protocols names it.
  bool Allows(std::string_view protocol) const;
  // max(10, min(candidate_probe_interval, heartbeat_interval, loss_window / (2 x min_samples))) ms.
  Millis SuspectProbeInterval() const;

  friend bool operator==(const Policy&, const Policy&) = default;
};

// One broken rule: which (PR01 .. PR19, or a key's bounds), and a sentence.
struct PolicyFault {
  std::string rule;
  std::string text;
};

// Cross-field rules PR01 .. PR15 (hard) and PR16 .. PR19 (warnings), and every key's bounds.
std::vector<PolicyFault> HardFaults(const Policy& policy);
std::vector<PolicyFault> Warnings(const Policy& policy);

// A client probes at the pace of the policy of its handshake. False: under `next` the gateway would
// take its transports for silent or stale between two probes (PR01, PR08).
bool FitsProbingOf(const Policy& clients_copy, const Policy& next);

// The parameters of docs/wire.md 8, for the handshake response. Parse refuses a list that omits one
// or breaks a bound.
std::vector<std::pair<std::uint8_t, std::uint32_t>> ToWireParameters(const Policy& policy);
std::optional<Policy> FromWireParameters(
    const std::vector<std::pair<std::uint8_t, std::uint32_t>>& parameters);

}  // namespace jvpn
