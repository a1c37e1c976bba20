#include "tools/explain.h"

#include <map>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/render.h"

namespace jvpn {
namespace {

std::string Text(const Json& event, const char* name) {
  const auto found = event.find(name);
  if (found == event.end() || found->is_null()) return "none";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::int64_t Number(const Json& event, const char* name) {
  const auto found = event.find(name);
  return found != event.end() && found->is_number() ? found->get<std::int64_t>() : 0;
}

std::string Time(const Json& event, const char* name) { return DurationText(Number(event, name)); }

// A code that needs more than its own words.
std::string InWords(const std::string& code) {
  static const std::map<std::string, std::string_view> kWords = {
      {"transport_dead", "the bound transport is dead"},
      {"no_candidate_transports", "no other transport can be used"},
      {"no_valid_candidate", "no other transport is validated, fresh and clean"},
      {"transport_ttl_exceeded", "it was without a transport for too long"},
      {"dead_transport_recovery", "to leave a dead transport"},
      {"loss_recovery", "to leave a bad transport"},
      {"policy_forced_recovery", "a new policy bars the bound transport"},
      {"heartbeat_timeout", "nothing authenticated was heard for too long"},
      {"socket_error", "the device or the link is down"},
      {"peer_signal", "the client saw it first"},
      {"key_exhausted", "its keys are used up"},
      {"loss_threshold_exceeded", "more packets were lost than the policy allows"},
      {"consecutive_drop_exceeded", "too many heartbeats in a row were lost"},
      {"latency_threshold_exceeded", "it is slower than the policy allows"},
      {"volatile_persisted", "it stayed unstable for too long"},
      {"recovery_window_expired", "nobody answered within the recovery window"},
      {"reattach_success", "a valid request was accepted"},
      {"reattach_validation_failed", "the request on the chosen transport was not valid"},
      {"security_failure", "too many invalid requests"},
      {"bad_proof", "the request was forged or damaged"},
      {"replay_detected", "a copy of an old request"},
      {"stale_request", "the request was too old"},
      {"stale_state_version", "the request knew an older binding"},
      {"switch_rate_limited", "as many switches as the policy allows in a minute"},
      {"cooldown_active", "the pause after the last attempt is not over"},
      {"policy_denied", "the policy does not allow it"},
      {"session_lifetime_exceeded", "its lifetime is over"},
      {"operator_terminated", "an operator ended it"},
      {"peer_terminated", "the client ended it"},
      {"handshake_rejected", "the handshake did not complete"},
      {"hard_system_failure", "the gateway could not go on with it"},
      {"attached_to_transport", "the client proved itself"},
      {"node_restart", "the gateway was restarted"},
  };
  const auto found = kWords.find(code);
  return found == kWords.end() ? code : std::string(found->second);
}

std::string Because(const Json& event) {
  std::string text = absl::StrCat(": ", InWords(Text(event, "reason_code")));
  if (event.contains("detail_code")) {
    absl::StrAppend(&text, " (", InWords(Text(event, "detail_code")), ")");
  }
  return text;
}

std::string StateChange(const Json& event) {
  std::string text =
      absl::StrCat(Text(event, "previous_state"), " > ", Text(event, "new_state"), Because(event));
  if (event.contains("loss_sent")) {
    absl::StrAppend(&text, ", ", Text(event, "loss_lost"), " of ", Text(event, "loss_sent"),
                    " packets");
  }
  const std::int64_t others = Number(event, "candidate_set_size");
  return absl::StrCat(text, "; ", others, others == 1 ? " other transport" : " other transports");
}

std::string Switch(const Json& event) {
  std::string text =
      absl::StrCat("switched from transport ", Text(event, "previous_transport"), " to ",
                   Text(event, "new_transport"),
                   absl::StrFormat(", whose loss is %.1f %%", event.value("loss_ratio", 0.0) * 100),
                   absl::StrFormat(" and latency %.1fms", event.value("latency_estimate_ms", 0.0)));
  if (event.contains("detected_ms")) {
    const std::int64_t at = Number(event, "ts_ms");
    absl::StrAppend(&text, "; seen ", at - Number(event, "detected_ms"), "ms and decided ",
                    at - Number(event, "decided_ms"), "ms before");
  }
  return text;
}

std::string Denied(const Json& event) {
  const std::int64_t wait = Number(event, "retry_after_ms");
  return absl::StrCat("did not switch", Because(event), "; ", Text(event, "candidate_count"),
                      " candidates, ", Text(event, "switch_count_window"),
                      " switches in the last minute",
                      wait > 0 ? absl::StrCat(", next look in ", wait, "ms") : "");
}

std::string Dead(const Json& event) {
  return absl::StrCat("transport ", Text(event, "transport_id"), " (", Text(event, "role"),
                      ") died", Because(event));
}

std::string Attempt(const Json& event) {
  std::string text =
      absl::StrCat("attempt on transport ", Text(event, "candidate_transport"), Because(event));
  if (event.contains("recovery_deadline_ms")) {
    absl::StrAppend(&text, ", for at most ",
                    Number(event, "recovery_deadline_ms") - Number(event, "ts_ms"), "ms");
  }
  return text;
}

std::string Ended(const Json& event) {
  return absl::StrCat("the session ended at the age of ", Time(event, "session_age_ms"),
                      Because(event), "; without a transport for ",
                      Number(event, "transportless_age_ms"), "ms");
}

}  // namespace

std::string Explain(const Json& event) {
  if (!event.is_object()) return "?";
  const std::string type = Text(event, "event_type");
  if (type == "SessionStateChange") return StateChange(event);
  if (type == "TransportSwitch") return Switch(event);
  if (type == "TransportSwitchDenied") return Denied(event);
  if (type == "TransportDead") return Dead(event);
  if (type == "ReattachAttempt") return Attempt(event);
  if (type == "SessionTerminated") return Ended(event);
  if (type == "TransportAttached") {
    return absl::StrCat("attached on transport ", Text(event, "transport_id"));
  }
  if (type == "TransportRevalidated") {
    return absl::StrCat("transport ", Text(event, "transport_id"), " proved again");
  }
  if (type == "TransportSwitchFailed") {
    return absl::StrCat("the attempt on transport ", Text(event, "candidate"), " failed",
                        Because(event));
  }
  if (type == "ReattachResult") {
    return absl::StrCat("the request on transport ", Text(event, "path"), " was ",
                        Text(event, "status") == "SUCCESS" ? "granted" : "denied", Because(event));
  }
  if (type == "PolicyApplied") {
    return absl::StrCat("policy ", Text(event, "policy_id"), " is in force from here on");
  }
  if (type == "PolicyRejected") return "a new policy was refused, the present one stays";
  if (type == "SessionExpiring") {
    return absl::StrCat("its lifetime ends in ", Time(event, "remaining_ms"));
  }
  if (type == "DenialSummary") {
    return absl::StrCat(Text(event, "count"), " more denials", Because(event));
  }
  return absl::StrCat(type, event.contains("reason_code") ? Because(event) : "");
}

std::string RenderWhy(const Json& result) {
  const auto events = result.find("events");
  if (events == result.end() || !events->is_array() || events->empty()) return "no events\n";
  std::string out = absl::StrCat("session ", Text(result, "session_id"), "\n");
  const std::int64_t newest = Number(events->back(), "ts_ms");
  for (const Json& event : *events) {
    absl::StrAppend(&out, absl::StrFormat("%9s before  v%-3d %s\n",
                                          DurationText(newest - Number(event, "ts_ms")),
                                          Number(event, "state_version"), Explain(event)));
  }
  return out;
}

}  // namespace jvpn
