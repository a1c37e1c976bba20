#include "control/admin_methods.h"

#include <gmock/gmock.h>

#include "tests/unit/control/admin_fixture.h"

namespace jvpn {
namespace {

class AdminMethodsTest : public AdminFixture {
 protected:
  AdminMethodsTest() {
    backend_.sessions = {Session(Id(0xab, 0x01), "alice"), Session(Id(0xab, 0x02), "bob"),
                         Session(Id(0xcd, 0x00), "carol")};
  }
  Json Ask(const std::string& line, const AdminCaller& caller = {.may_change = true}) {
    return Json::parse(methods_.Handle(line, caller, now_).line);
  }
  std::string Error(const std::string& line, const AdminCaller& caller = {.may_change = true}) {
    const Json answer = Ask(line, caller);
    return answer.at("ok") == false ? answer.at("error").get<std::string>() : "no error";
  }
};

TEST_F(AdminMethodsTest, SessionsListsThemAndTheirNumber) {
  const Json result = Ask(R"({"method":"sessions"})").at("result");
  EXPECT_EQ(result.at("total"), 3);
  EXPECT_EQ(result.at("sessions").at(0).dump(),
            R"({"session_id":"ab010000000000000000000000000000","peer":"alice",)"
            R"("state":"ATTACHED","state_version":1,"binding_epoch":1,"bound_transport":0,)"
            R"("transport_count":1,"ipv4":null,"ipv6":null,"suite":"aes128gcm","age_ms":0,)"
            R"("transportless_ms":0,"switches_last_minute":0})");
}

TEST_F(AdminMethodsTest, LimitCutsTheListButNotTheTotal) {
  const Json result = Ask(R"({"method":"sessions","params":{"limit":2}})").at("result");
  EXPECT_EQ(result.at("sessions").size(), 2U);
  EXPECT_EQ(result.at("total"), 3);
  const std::string next = result.at("next");
  const Json rest = Ask(R"({"method":"sessions","params":{"from":")" + next + "\"}}").at("result");
  EXPECT_EQ(rest.at("sessions").size(), 1U);
  EXPECT_EQ(rest.at("sessions").at(0).at("peer"), "carol");
  EXPECT_FALSE(rest.contains("next"));
}

// A million sessions must not hold up the turn that answers.
TEST_F(AdminMethodsTest, NoRequestTakesMoreThanAPageOfSessions) {
  backend_.sessions.clear();
  for (int i = 0; i < 10'000; ++i) {
    backend_.sessions.push_back(
        Session(Id(static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)), "peer"));
    backend_.sessions.back().transports.resize(17);
  }
  const Json sessions = Ask(R"({"method":"sessions"})").at("result");
  EXPECT_EQ(sessions.at("sessions").size(), 64U);
  EXPECT_EQ(sessions.at("total"), 10'000);
  const Json transports = Ask(R"({"method":"transports"})").at("result").at("transports");
  EXPECT_LE(transports.size(), 64U + 16U);
  EXPECT_THAT(Error(R"({"method":"terminate","params":{"session":"0"}})"),
              testing::HasSubstr("more than one"));
  EXPECT_THAT(Error(R"({"method":"sessions","params":{"limit":65}})"), testing::HasSubstr("64"));
  EXPECT_THAT(Error(R"({"method":"sessions","params":{"from":"x"}})"), testing::HasSubstr("from"));
  EXPECT_LE(backend_.most_asked, 65U);
}

TEST_F(AdminMethodsTest, SessionIsFoundByAPrefixThatOnlyItHas) {
  EXPECT_EQ(Ask(R"({"method":"session","params":{"session":"ab01"}})").at("result").at("peer"),
            "alice");
  EXPECT_EQ(Error(R"({"method":"session","params":{"session":"ab"}})"),
            "more than one session id begins with ab: give more digits");
  EXPECT_EQ(Error(R"({"method":"session","params":{"session":"ef"}})"),
            "no session id begins with ef");
}

TEST_F(AdminMethodsTest, RefusesSessionsThatAreNotHex) {
  for (const char* session :
       {"\"\"", "\"xyz\"", "\"AB\"", "7", "null", "{}", "\"ab0100000000000000000000000000000\""}) {
    const std::string line =
        std::string(R"({"method":"session","params":{"session":)") + session + "}}";
    EXPECT_THAT(Error(line), testing::HasSubstr("must be")) << session;
  }
}

TEST_F(AdminMethodsTest, TransportsOfAllSessionsOrOfOne) {
  EXPECT_EQ(Ask(R"({"method":"transports"})").at("result").at("transports").size(), 3U);
  const Json one = Ask(R"({"method":"transports","params":{"session":"cd"}})").at("result");
  EXPECT_EQ(one.at("transports").at(0).at("peer"), "carol");
  EXPECT_EQ(one.at("transports").size(), 1U);
}

TEST_F(AdminMethodsTest, TerminateEndsASessionAndIsLoggedWithItsCaller) {
  const AdminCaller root{.uid = 0, .pid = 77, .may_change = true};
  const Json result = Ask(R"({"method":"terminate","params":{"session":"cd"}})", root).at("result");
  EXPECT_EQ(result.at("outcome"), "terminated");
  EXPECT_EQ(backend_.sessions.size(), 2U);
  EXPECT_THAT(logged_, testing::ElementsAre("terminate cd000000000000000000000000000000 by uid 0, "
                                            "pid 77: terminated"));
}

TEST_F(AdminMethodsTest, SecondTerminateOfThePrefixSaysAlreadyTerminated) {
  Ask(R"({"method":"terminate","params":{"session":"cd"}})");
  EXPECT_EQ(Ask(R"({"method":"terminate","params":{"session":"cd"}})").at("result").at("outcome"),
            "already_terminated");
}

TEST_F(AdminMethodsTest, ViewerMayNotTerminate) {
  const AdminCaller viewer{.uid = 1000, .pid = 5, .may_change = false};
  EXPECT_EQ(Error(R"({"method":"terminate","params":{"session":"cd"}})", viewer),
            "only root and the gateway's own user may terminate a session");
  EXPECT_EQ(backend_.sessions.size(), 3U);
  EXPECT_THAT(logged_, testing::ElementsAre("terminate refused: uid 1000, pid 5 may only look"));
  EXPECT_EQ(Ask(R"({"method":"sessions"})", viewer).at("ok"), true);
}

TEST_F(AdminMethodsTest, TerminateOfASessionThatNeverWasIsAnError) {
  EXPECT_EQ(
      Error(R"({"method":"terminate","params":{"session":"00000000000000000000000000000001"}})"),
      "there is no session 00000000000000000000000000000001");
}

TEST_F(AdminMethodsTest, DropsShowOnlyWhatWasCounted) {
  backend_.drops[static_cast<std::size_t>(DropReason::kBadMac1)] = 2;
  backend_.workers[1].drops[static_cast<std::size_t>(DropReason::kReplayed)].Add(7);
  EXPECT_EQ(Ask(R"({"method":"drops"})").at("result").dump(),
            R"({"drops":[{"reason":"replayed","total":7,"control":0,"workers":[0,7],)"
            R"("help":"counter seen before, or older than the window"},)"
            R"({"reason":"bad_mac1","total":2,"control":2,"workers":[0,0],)"
            R"("help":"handshake frame without a valid mac1"}],"audit_lines_lost":0})");
}

TEST_F(AdminMethodsTest, StatsHaveAnEntryAWorker) {
  backend_.workers[1].uplink_packets.Add(9);
  const Json workers = Ask(R"({"method":"stats"})").at("result").at("workers");
  ASSERT_EQ(workers.size(), 2U);
  EXPECT_EQ(workers.at(1).at("worker"), 1);
  EXPECT_EQ(workers.at(1).at("uplink_packets"), 9);
}

TEST_F(AdminMethodsTest, EventsAreTheNewestOnes) {
  for (std::uint32_t i = 1; i <= 30; ++i) Append(i);
  const Json all = Ask(R"({"method":"events"})").at("result");
  EXPECT_EQ(all.at("events").size(), 20U);
  EXPECT_EQ(all.at("next_seq"), 31);
  const Json two = Ask(R"({"method":"events","params":{"count":2}})").at("result").at("events");
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(two.at(0).at("seq"), 29);
  EXPECT_EQ(two.at(1).at("seq"), 30);
}

TEST_F(AdminMethodsTest, FollowBeginsWhereThePastEnds) {
  Append(1);
  const AdminReply reply =
      methods_.Handle(R"({"method":"events","params":{"count":0,"follow":true}})", {}, now_);
  EXPECT_TRUE(reply.follow);
  EXPECT_EQ(reply.next_seq, 2U);
  EXPECT_EQ(reply.line, "{\"ok\":true,\"result\":{\"events\":[],\"next_seq\":2}}\n");
}

TEST_F(AdminMethodsTest, BadEventParamsDoNotFollow) {
  const AdminReply reply =
      methods_.Handle(R"({"method":"events","params":{"follow":"yes"}})", {}, now_);
  EXPECT_FALSE(reply.follow);
  EXPECT_EQ(reply.line, "{\"ok\":false,\"error\":\"\\\"follow\\\" must be true or false\"}\n");
}

TEST_F(AdminMethodsTest, UnknownMethodIsNamedButNotAtLength) {
  EXPECT_EQ(Error(R"({"method":"reboot"})"), "there is no method \"reboot\"");
  EXPECT_LT(Error("{\"method\":\"" + std::string(3000, 'x') + "\"}").size(), 100U);
}

TEST_F(AdminMethodsTest, VersionTellsTheGatewaysFacts) {
  EXPECT_EQ(Ask(R"({"method":"version"})").at("result").dump(),
            R"({"version":"1.2.3","node_id":"gw1","uptime_ms":5,"without_hugepages":true})");
}

}  // namespace
}  // namespace jvpn
