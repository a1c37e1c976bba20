// Event: one line of the audit log, as a value (requirements 4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "session/candidate_table.h"
#include "session/reason.h"
#include "session/state.h"

namespace jvpn {

enum class EventType : std::uint8_t {
  kSessionStateChange,
  kTransportAttached,
  kTransportDead,
  kTransportSwitch,
  kTransportRevalidated,
  kTransportRebound,
  kTransportRebindDenied,
  kTransportSwitchDenied,
  kTransportSwitchFailed,
  kReattachAttempt,
  kReattachResult,
  kSecurityValidationFailed,
  kSecurityReplayDetected,
  kDenialSummary,
  kKeyRotated,
  kSessionRestored,
  kSessionTerminated,
  kSessionExpiring,
  kPolicyApplied,
  kPolicyRejected,
  kInvalidTransitionRejected,
  kEventsDropped,
  // Of the log itself: they belong to no session.
  kLogOpened,
  kLogClosed,
  kPolicyLoaded,
};
inline constexpr std::size_t kEventTypes = static_cast<std::size_t>(EventType::kPolicyLoaded) + 1;
std::string_view Name(EventType type);
// heartbeat_timeout is class transport as a death, degradation as an instability; the rest follow
// their reason.
FailureClass ClassOf(EventType type, Reason reason);

// What EVAL saw. With it and the policy anybody can make the choice again (FM-7-g).
struct Ballot {
  using Candidate = std::pair<TransportId, TransportFacts>;
  std::vector<Candidate> candidates;           // known and not dead, the bound one among them
  bool hysteresis = false;                     // all causes are loss or latency
  bool active_stable = false;                  // so it is a candidate, in place
  TransportId requested = TransportId::kNone;  // an authenticated request asked for it
  TransportId refused = TransportId::kNone;    // one did, and may not have it
  friend bool operator==(const Ballot&, const Ballot&) = default;
};

// Fields that an event does not have stay empty and are not written.
struct Event {
  InstantMs at{};
  EventType type{};
  SessionId session_id;
  std::uint32_t state_version = 0;
  std::string policy_version;
  std::optional<Reason> reason;
  FailureClass failure_class{};

  std::optional<State> previous_state;
  std::optional<State> new_state;
  std::optional<Reason> detail;
  std::optional<TransportId> transport;  // transport_id, candidate_transport, path, candidate
  std::optional<TransportId> previous_transport;  // from_transport, previous_transport
  std::optional<bool> role_active;                // TransportDead
  std::optional<std::uint32_t> candidate_count;   // candidate_set_size, candidate_count
  std::optional<std::uint32_t> loss_lost;
  std::optional<std::uint32_t> loss_sent;
  std::optional<std::uint32_t> loss_permille;  // TransportSwitch: of the new transport
  std::optional<std::uint32_t> latency_us;
  std::optional<std::uint32_t> binding_epoch;
  std::optional<std::uint32_t> switch_count_window;
  std::optional<std::int64_t> retry_after_ms;
  std::optional<std::int64_t> recovery_deadline_ms;
  std::optional<bool> success;              // ReattachResult
  std::optional<std::uint32_t> count;       // DenialSummary, EventsDropped
  std::optional<std::uint32_t> total;       // denials held back so far: DenialSummary, the end
  std::optional<std::uint32_t> first_lost;  // EventsDropped: state_version
  std::optional<std::uint32_t> last_lost;   // EventsDropped: state_version
  std::optional<std::uint64_t> first_lost_seq;
  std::optional<std::uint64_t> last_lost_seq;
  std::optional<std::int64_t> session_age_ms;  // also of the edge out of BIRTH: it fixes the birth
  std::optional<std::int64_t> transportless_age_ms;
  std::optional<std::uint32_t> key_epoch;
  std::optional<std::int64_t> downtime_ms;   // SessionRestored; previous_state is what was stored
  std::optional<bool> binding_lost;          // SessionRestored
  std::optional<std::int64_t> remaining_ms;  // SessionExpiring
  // TransportSwitch, the receipt of the outage: when it was seen and when the attempt began.
  std::optional<std::int64_t> detected_ms;
  std::optional<std::int64_t> decided_ms;
  // TransportSwitchDenied, TransportSwitchFailed, ReattachAttempt of its own.
  std::optional<Ballot> ballot;
  // Names the content (PolicyId()): PolicyApplied, PolicyRejected, PolicyLoaded, the edge out of
  // BIRTH.
  std::string policy_id;
  std::string policy;      // PolicyLoaded: a JSON object
  std::string wall_clock;  // LogOpened, LogClosed: RFC 3339; ts_ms counts from the host's boot
  std::string old_addr;
  std::string new_addr;
  std::string input;  // InvalidTransitionRejected
  friend bool operator==(const Event&, const Event&) = default;
};

// One JSON object without a newline; field names and order as requirements 4 lists them.
std::string ToJson(const Event& event, std::string_view node_id);
// For tests and people, as the timelines of the acceptance scenarios write it:
//   SSC ATTACHED>VOLATILE transport_dead v2          SSC RECOVERING>DEGRADED reason(detail) v4
//   TransportDead 0 socket_error [candidate]         TransportSwitch 0>1
//   ReattachAttempt 1                                ReattachResult DENIED code(detail)
//   SessionTerminated transport_ttl_exceeded age=25001 tless=15001
std::string ToText(const Event& event);

}  // namespace jvpn
