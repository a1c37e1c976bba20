#include "tools/render.h"

#include <gtest/gtest.h>

#include "tools/text_table.h"

namespace jvpn {
namespace {

TEST(Render, SessionsAreATable) {
  const Json result = Json::parse(R"({"total":2,"sessions":[
    {"session_id":"0123456789abcdef0123456789abcdef","peer":"alice","state":"ATTACHED",
     "state_version":1,"binding_epoch":1,"bound_transport":0,"transport_count":2,
     "ipv4":"10.8.0.2","ipv6":null,"suite":"aes128gcm","age_ms":61500,"transportless_ms":0,
     "switches_last_minute":0},
    {"session_id":"fedcba98000000000000000000000000","peer":"bob","state":"DEGRADED",
     "state_version":12,"binding_epoch":4,"bound_transport":null,"transport_count":1,
     "ipv4":"10.8.0.33","ipv6":"fd00::3","suite":"chacha20poly1305","age_ms":7320000,
     "transportless_ms":4200,"switches_last_minute":8}]})");
  EXPECT_EQ(RenderSessions(result),
            "SESSION   PEER   STATE      V  BOUND  TRANSPORTS  IPV4       IPV6     SUITE           "
            "    AGE  UNBOUND  SWITCHES/MIN\n"
            "01234567  alice  ATTACHED   1      0           2  10.8.0.2   -        aes128gcm       "
            "  1m01s        -             0\n"
            "fedcba98  bob    DEGRADED  12      -           1  10.8.0.33  fd00::3  chacha20poly1305"
            "  2h02m     4.2s             8\n");
}

TEST(Render, ListThatWasCutSaysHowMuchIsMissing) {
  const Json result = Json::parse(R"({"total":12,"next":"01","sessions":[{"session_id":"00"}]})");
  EXPECT_NE(RenderSessions(result).find("… and 11 more: --limit 0 lists all\n"), std::string::npos);
  const Json transports = Json::parse(R"({"next":"01","transports":[{"session_id":"00"}]})");
  EXPECT_NE(RenderTransports(transports).find("… and more: --limit 0"), std::string::npos);
}

TEST(Render, NoSessionsIsASentence) {
  EXPECT_EQ(RenderSessions(Json::parse(R"({"sessions":[],"total":0})")), "no sessions\n");
}

TEST(Render, TransportsAreATable) {
  const Json result = Json::parse(R"({"transports":[
    {"session_id":"0123456789abcdef0123456789abcdef","peer":"alice","transport_id":0,"bound":true,
     "validated":true,"life":"fresh",
     "verdict":"ok","loss_permille":7,"loss_lost":1,"loss_sent":143,
     "remote":"198.51.100.7:40000","local":"203.0.113.10:4600",
     "rtt_us":12345,"received":1000,"sent":990,"last_heard_ms_ago":17},
    {"session_id":"0123456789abcdef0123456789abcdef","peer":"alice","transport_id":1,"bound":false,
     "validated":false,"life":"unknown","remote":null,"local":null,
     "rtt_us":0,"received":0,"sent":0,"last_heard_ms_ago":null}]})");
  EXPECT_EQ(
      RenderTransports(result),
      "SESSION   PEER   ID  BOUND  VALID  LIFE     VERDICT         LOSS  REMOTE              LOCAL "
      "                RTT  RECEIVED  SENT  HEARD\n"
      "01234567  alice   0  yes    yes    fresh    ok       0.7% of 143  198.51.100.7:40000  203."
      "0.113.10:4600  12.3ms      1000   990   17ms\n"
      "01234567  alice   1  no     no     unknown  -                  -  -                   -"
      "                       -         0     0      -\n");
}

TEST(Render, DropsHaveAColumnAWorker) {
  const Json result = Json::parse(R"({"audit_lines_lost":3,"drops":[
    {"reason":"replayed","total":7,"control":0,"workers":[4,3],"help":"counter seen before"}]})");
  EXPECT_EQ(RenderDrops(result),
            "REASON    TOTAL  CONTROL  WORKER 0  WORKER 1  MEANING\n"
            "replayed      7        0         4         3  counter seen before\n"
            "audit lines lost: 3\n");
  EXPECT_EQ(RenderDrops(Json::parse(R"({"audit_lines_lost":0,"drops":[]})")),
            "nothing was dropped\n");
}

TEST(Render, EventIsOneLine) {
  const Json event = Json::parse(
      R"({"seq":9,"ts_ms":123456,"event_type":"SessionStateChange",)"
      R"("session_id":"0123456789abcdef0123456789abcdef","node_id":"gw1","state_version":2,)"
      R"("policy_version":"1.0","failure_class":"transport","reason_code":"transport_dead",)"
      R"("previous_state":"ATTACHED","new_state":"VOLATILE","from_transport":0})");
  EXPECT_EQ(RenderEvent(event),
            "123.456 01234567 SessionStateChange ATTACHED>VOLATILE transport_dead state_version=2 "
            "from_transport=0\n");
}

TEST(Render, SecondTerminateSaysAlreadyTerminated) {
  EXPECT_EQ(RenderTerminate(Json::parse(R"({"session_id":"ab","outcome":"terminated"})")),
            "session ab: terminated\n");
  EXPECT_EQ(RenderTerminate(Json::parse(R"({"session_id":"ab","outcome":"already_terminated"})")),
            "session ab: already terminated\n");
}

TEST(Render, AnswersOfAnotherShapeShowDashesInsteadOfFailing) {
  for (const char* text : {"{}", "[]", "null", "7",
                           R"({"sessions":[1,null,{}],"drops":[{}],)"
                           R"("transports":[{}],"workers":["x"]})"}) {
    const Json odd = Json::parse(text);
    RenderSessions(odd);
    RenderSession(odd);
    RenderTransports(odd);
    RenderDrops(odd);
    RenderStats(odd);
    RenderTerminate(odd);
    EXPECT_EQ(RenderEvent(odd).back(), '\n');
  }
}

TEST(Render, DurationsKeepTwoUnits) {
  EXPECT_EQ(DurationText(0), "0ms");
  EXPECT_EQ(DurationText(999), "999ms");
  EXPECT_EQ(DurationText(59'950), "59.9s");
  EXPECT_EQ(DurationText(3'599'000), "59m59s");
  EXPECT_EQ(DurationText(86'399'000), "23h59m");
  EXPECT_EQ(DurationText(183'600'000), "2d03h");
}

TEST(TextTable, PadsToTheWidestCellAndTrimsTheLineEnd) {
  TextTable table({{"A"}, {"NUMBER", TextTable::Align::kRight}, {"B"}});
  table.AddRow({"long cell", "1", "x"});
  EXPECT_EQ(table.Render(), "A          NUMBER  B\nlong cell       1  x\n");
}

}  // namespace
}  // namespace jvpn
