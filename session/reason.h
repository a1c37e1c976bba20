// Reason codes and failure classes: fixed spelling, one meaning for good (requirements 4).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace jvpn {

enum class FailureClass : std::uint8_t {
  kTransport,
  kDegradation,
  kRecovery,
  kSecurity,
  kPolicy,
  kSystem,
  kLifecycle,
};

inline constexpr std::size_t kFailureClasses = 7;

// X(enumerator, "code", class). heartbeat_timeout is class transport as a death and class
// degradation as an instability; ClassOf() in event.h decides by the event.
#define JVPN_REASONS(X)                                                    \
  X(kTransportDead, "transport_dead", kTransport)                          \
  X(kNoCandidateTransports, "no_candidate_transports", kTransport)         \
  X(kTransportTtlExceeded, "transport_ttl_exceeded", kTransport)           \
  X(kDeadTransportRecovery, "dead_transport_recovery", kTransport)         \
  X(kNoValidCandidate, "no_valid_candidate", kTransport)                   \
  X(kNatRebinding, "nat_rebinding", kTransport)                            \
  X(kSocketError, "socket_error", kTransport)                              \
  X(kHeartbeatTimeout, "heartbeat_timeout", kTransport)                    \
  X(kPeerSignal, "peer_signal", kTransport)                                \
  X(kKeyExhausted, "key_exhausted", kTransport)                            \
  X(kLossThresholdExceeded, "loss_threshold_exceeded", kDegradation)       \
  X(kConsecutiveDropExceeded, "consecutive_drop_exceeded", kDegradation)   \
  X(kLatencyThresholdExceeded, "latency_threshold_exceeded", kDegradation) \
  X(kVolatilePersisted, "volatile_persisted", kDegradation)                \
  X(kLossRecovery, "loss_recovery", kDegradation)                          \
  X(kRecoveryWindowExpired, "recovery_window_expired", kRecovery)          \
  X(kReattachSuccess, "reattach_success", kRecovery)                       \
  X(kAtomicityFailed, "atomicity_failed", kRecovery)                       \
  X(kReattachValidationFailed, "reattach_validation_failed", kSecurity)    \
  X(kSecurityFailure, "security_failure", kSecurity)                       \
  X(kBadProof, "bad_proof", kSecurity)                                     \
  X(kReplayDetected, "replay_detected", kSecurity)                         \
  X(kStaleRequest, "stale_request", kSecurity)                             \
  X(kKeyExpired, "key_expired", kSecurity)                                 \
  X(kInvalidStateForReattach, "invalid_state_for_reattach", kSecurity)     \
  X(kUnknownSession, "unknown_session", kSecurity)                         \
  X(kSessionExpired, "session_expired", kSecurity)                         \
  X(kStaleStateVersion, "stale_state_version", kSecurity)                  \
  X(kInvalidTransportCandidate, "invalid_transport_candidate", kSecurity)  \
  X(kSwitchRateLimited, "switch_rate_limited", kPolicy)                    \
  X(kCooldownActive, "cooldown_active", kPolicy)                           \
  X(kPolicyDenied, "policy_denied", kPolicy)                               \
  X(kPolicyForcedRecovery, "policy_forced_recovery", kPolicy)              \
  X(kPolicyApplied, "policy_applied", kPolicy)                             \
  X(kPolicyInvalid, "policy_invalid", kPolicy)                             \
  X(kRebindRateLimited, "rebind_rate_limited", kPolicy)                    \
  X(kHardSystemFailure, "hard_system_failure", kSystem)                    \
  X(kNodeRestart, "node_restart", kSystem)                                 \
  X(kRecordUnreadable, "record_unreadable", kSystem)                       \
  X(kKeyMaterialLost, "key_material_lost", kSystem)                        \
  X(kInvariantViolation, "invariant_violation", kSystem)                   \
  X(kAttachedToTransport, "attached_to_transport", kLifecycle)             \
  X(kHandshakeRejected, "handshake_rejected", kLifecycle)                  \
  X(kSessionLifetimeExceeded, "session_lifetime_exceeded", kLifecycle)     \
  X(kOperatorTerminated, "operator_terminated", kLifecycle)                \
  X(kPeerTerminated, "peer_terminated", kLifecycle)                        \
  X(kInvalidTransition, "invalid_transition", kLifecycle)

enum class Reason : std::uint8_t {
#define X(enumerator, code, failure_class) enumerator,
  JVPN_REASONS(X)
#undef X
};

inline constexpr auto kReasonNames = std::to_array<std::string_view>({
#define X(enumerator, code, failure_class) code,
    JVPN_REASONS(X)
#undef X
});

constexpr std::string_view Name(Reason reason) {
  return kReasonNames[static_cast<std::size_t>(reason)];
}
std::string_view Name(FailureClass failure_class);
FailureClass ClassOf(Reason reason);

}  // namespace jvpn
