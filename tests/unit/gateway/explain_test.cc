#include "tools/explain.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

std::string Words(const char* json) { return Explain(Json::parse(json)); }

TEST(Explain, TellsTheNumbersThatDecided) {
  EXPECT_EQ(Words(R"({"event_type":"TransportSwitchDenied","reason_code":"switch_rate_limited",
                      "candidate_count":1,"switch_count_window":8,"retry_after_ms":1500})"),
            "did not switch: as many switches as the policy allows in a minute; 1 candidates, 8 "
            "switches in the last minute, next look in 1500ms");
  EXPECT_EQ(
      Words(R"({"event_type":"SessionStateChange","previous_state":"ATTACHED",
                      "new_state":"VOLATILE","reason_code":"loss_threshold_exceeded",
                      "candidate_set_size":2,"loss_lost":21,"loss_sent":100})"),
      "ATTACHED > VOLATILE: more packets were lost than the policy allows, 21 of 100 packets; "
      "2 other transports");
  EXPECT_EQ(Words(R"({"event_type":"TransportSwitch","ts_ms":10040,"previous_transport":0,
                      "new_transport":1,"loss_ratio":0.007,"latency_estimate_ms":20.500,
                      "detected_ms":10000,"decided_ms":10001})"),
            "switched from transport 0 to 1, whose loss is 0.7 % and latency 20.5ms; seen 40ms and "
            "decided 39ms before");
}

TEST(Explain, KeepsTheCodeOfWhatItDoesNotKnow) {
  EXPECT_EQ(Words(R"({"event_type":"Novelty","reason_code":"new_code"})"), "Novelty: new_code");
  EXPECT_EQ(Words("[]"), "?");
}

TEST(RenderWhy, CountsTimeBackFromTheNewestEvent) {
  EXPECT_EQ(RenderWhy(Json::parse(R"({"session_id":"ab","events":[
      {"ts_ms":1000,"state_version":1,"event_type":"TransportAttached","transport_id":0},
      {"ts_ms":1250,"state_version":1,"event_type":"PolicyRejected"}]})")),
            "session ab\n"
            "    250ms before  v1   attached on transport 0\n"
            "      0ms before  v1   a new policy was refused, the present one stays\n");
  EXPECT_EQ(RenderWhy(Json::object()), "no events\n");
}

}  // namespace
}  // namespace jvpn
