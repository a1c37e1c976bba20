#include "session/event.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

Event Base(EventType type, Reason reason) {
  Event event;
  event.at = InstantMs{Millis{10'040}};
  event.type = type;
  event.session_id.bytes.fill(0xab);
  event.state_version = 4;
  event.policy_version = "1.0";
  event.reason = reason;
  event.failure_class = ClassOf(type, reason);
  return event;
}

// What stands after the seven base fields and the reason.
std::string Fields(const Event& event) {
  const std::string json = ToJson(event, "gw1");
  const std::string last = "\"reason_code\":\"" + std::string(Name(*event.reason)) + '"';
  const std::size_t at = json.find(last);
  EXPECT_NE(at, std::string::npos) << json;
  return json.substr(at + last.size());
}

TEST(EventJson, BeginsWithTheBaseFields) {
  EXPECT_EQ(ToJson(Base(EventType::kPolicyApplied, Reason::kPolicyApplied), "gw1"),
            "{\"ts_ms\":10040,\"event_type\":\"PolicyApplied\","
            "\"session_id\":\"abababababababababababababababab\",\"node_id\":\"gw1\","
            "\"state_version\":4,\"policy_version\":\"1.0\",\"failure_class\":\"policy\","
            "\"reason_code\":\"policy_applied\"}");
}

TEST(EventJson, WritesAStateChange) {
  Event event = Base(EventType::kSessionStateChange, Reason::kLossThresholdExceeded);
  event.previous_state = State::kAttached;
  event.new_state = State::kVolatile;
  event.previous_transport = TransportId{0};
  event.candidate_count = 2;
  event.loss_lost = 21;
  event.loss_sent = 100;
  EXPECT_EQ(Fields(event),
            ",\"previous_state\":\"ATTACHED\",\"new_state\":\"VOLATILE\",\"from_transport\":0,"
            "\"candidate_set_size\":2,\"loss_lost\":21,\"loss_sent\":100,\"loss_ratio\":0.210}");
  event.detail = Reason::kBadProof;
  EXPECT_NE(Fields(event).find("\"detail_code\":\"bad_proof\""), std::string::npos);
}

TEST(EventJson, WritesASwitch) {
  Event event = Base(EventType::kTransportSwitch, Reason::kReattachSuccess);
  event.previous_transport = TransportId{0};
  event.transport = TransportId{1};
  event.candidate_count = 1;
  event.loss_permille = 7;
  event.latency_us = 20'500;
  event.detected_ms = 10'000;
  event.decided_ms = 10'001;
  EXPECT_EQ(Fields(event),
            ",\"previous_transport\":0,\"new_transport\":1,\"candidate_count\":1,"
            "\"loss_ratio\":0.007,\"latency_estimate_ms\":20.500,\"detected_ms\":10000,\"decided_"
            "ms\":10001,"
            "\"explicit\":true,"
            "\"auditable\":true}");
}

TEST(EventJson, WritesEachEventUnderItsOwnFieldNames) {
  Event event = Base(EventType::kTransportDead, Reason::kHeartbeatTimeout);
  event.transport = TransportId{2};
  event.role_active = false;
  EXPECT_EQ(Fields(event), ",\"transport_id\":2,\"role\":\"candidate\"}");

  event = Base(EventType::kTransportSwitchDenied, Reason::kSwitchRateLimited);
  event.candidate_count = 1;
  event.switch_count_window = 8;
  event.retry_after_ms = 1'500;
  EXPECT_EQ(Fields(event),
            ",\"candidate_count\":1,\"switch_count_window\":8,\"retry_after_ms\":1500}");

  event = Base(EventType::kTransportSwitchFailed, Reason::kRecoveryWindowExpired);
  event.transport = TransportId{1};
  EXPECT_EQ(Fields(event), ",\"candidate\":1}");

  event = Base(EventType::kReattachAttempt, Reason::kDeadTransportRecovery);
  event.transport = TransportId{1};
  event.recovery_deadline_ms = 18'000;
  EXPECT_EQ(Fields(event), ",\"candidate_transport\":1,\"recovery_deadline_ms\":18000}");

  event = Base(EventType::kReattachResult, Reason::kPolicyDenied);
  event.success = false;
  event.transport = TransportId::kNone;
  event.detail = Reason::kCooldownActive;
  EXPECT_EQ(Fields(event),
            ",\"status\":\"DENIED\",\"path\":null,\"detail_code\":\"cooldown_active\"}");

  event = Base(EventType::kTransportRevalidated, Reason::kReattachSuccess);
  event.transport = TransportId{0};
  event.binding_epoch = 3;
  EXPECT_EQ(Fields(event), ",\"transport_id\":0,\"binding_epoch\":3}");

  event = Base(EventType::kTransportRebound, Reason::kNatRebinding);
  event.transport = TransportId{0};
  event.old_addr = "192.0.2.1:1";
  event.new_addr = "192.0.2.1:2";
  EXPECT_EQ(Fields(event),
            ",\"transport_id\":0,\"old_addr\":\"192.0.2.1:1\",\"new_addr\":\"192.0.2.1:2\"}");

  event = Base(EventType::kSecurityReplayDetected, Reason::kReplayDetected);
  event.transport = TransportId{1};
  EXPECT_EQ(Fields(event), ",\"path\":1,\"freshness_marker_type\":\"counter\"}");

  event = Base(EventType::kSecurityValidationFailed, Reason::kStaleRequest);
  event.transport = TransportId{1};
  EXPECT_EQ(Fields(event), ",\"path\":1,\"freshness_marker_type\":\"token\"}");

  event = Base(EventType::kSessionTerminated, Reason::kTransportTtlExceeded);
  event.session_age_ms = 25'001;
  event.transportless_age_ms = 15'001;
  EXPECT_EQ(Fields(event), ",\"session_age_ms\":25001,\"transportless_age_ms\":15001}");

  event = Base(EventType::kEventsDropped, Reason::kInvariantViolation);
  event.count = 3;
  event.first_lost = 7;
  event.last_lost = 9;
  EXPECT_EQ(Fields(event),
            ",\"count\":3,\"first_lost_state_version\":7,\"last_lost_state_version\":9}");

  event = Base(EventType::kSessionRestored, Reason::kNodeRestart);
  event.previous_state = State::kDegraded;
  event.downtime_ms = 900;
  event.binding_lost = true;
  event.transportless_age_ms = 5;
  EXPECT_EQ(Fields(event),
            ",\"persisted_state\":\"DEGRADED\",\"downtime_ms\":900,\"binding_lost\":true,"
            "\"transportless_age_ms\":5}");
}

TEST(EventJson, EscapesWhatComesFromOutside) {
  Event event = Base(EventType::kPolicyRejected, Reason::kPolicyInvalid);
  event.policy_id = "a\"b\\c\n\x01\x7f\xc3\xa9";
  EXPECT_EQ(Fields(event), ",\"policy_id\":\"a\\\"b\\\\c\\u000a\\u0001\x7f\xc3\xa9\"}");
  EXPECT_NE(ToJson(event, "n\"1").find("\"node_id\":\"n\\\"1\""), std::string::npos);
}

TEST(EventText, ReadsAsTheTimelinesDo) {
  Event event = Base(EventType::kSessionStateChange, Reason::kReattachValidationFailed);
  event.previous_state = State::kRecovering;
  event.new_state = State::kDegraded;
  event.detail = Reason::kBadProof;
  EXPECT_EQ(ToText(event), "SSC RECOVERING>DEGRADED reattach_validation_failed(bad_proof) v4");
  event = Base(EventType::kTransportDead, Reason::kSocketError);
  event.transport = TransportId{12};
  event.role_active = true;
  EXPECT_EQ(ToText(event), "TransportDead 12 socket_error");
}

TEST(Reason, HasOneSpellingAndOneClassEach) {
  EXPECT_EQ(Name(Reason::kTransportDead), "transport_dead");
  EXPECT_EQ(Name(Reason::kInvalidTransition), "invalid_transition");
  EXPECT_EQ(ClassOf(Reason::kInvalidTransition), FailureClass::kLifecycle);
  EXPECT_EQ(ClassOf(Reason::kLossRecovery), FailureClass::kDegradation);
  for (std::size_t i = 0; i < kReasonNames.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(kReasonNames[i], kReasonNames[j]);
    EXPECT_FALSE(Name(ClassOf(static_cast<Reason>(i))).empty());
  }
}

}  // namespace
}  // namespace jvpn
