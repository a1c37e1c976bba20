#include "session/policy_id.h"
#include "tests/unit/control/admin_fixture.h"

namespace jvpn {
namespace {

constexpr char kPolicy[] = "version = \"2.0\"\nprofile = \"fast\"\n";

class AdminPolicyTest : public AdminFixture {
 protected:
  Json Ask(const std::string& method, const Json& params, bool may_change = true) {
    const AdminCaller caller{.uid = 0, .pid = 1, .may_change = may_change};
    return Json::parse(
        methods_.Handle(Json{{"method", method}, {"params", params}}.dump(), caller, now_).line);
  }
  std::vector<std::string> Logged() {
    std::vector<std::string> types;
    for (const std::string& line : audit_.LinesFrom(0, 100)) {
      types.push_back(Json::parse(line).at("event_type"));
    }
    return types;
  }
};

TEST_F(AdminPolicyTest, ApplyPutsThePolicyIntoTheLogAndThenInForce) {
  const Json answer = Ask("policy_apply", {{"group", "gateway"}, {"text", kPolicy}});
  ASSERT_TRUE(answer.at("ok")) << answer;
  EXPECT_EQ(backend_.groups.front().policy->version, "2.0");
  EXPECT_EQ(answer.at("result").at("policy_id"), PolicyId(*backend_.groups.front().policy));
  EXPECT_EQ(Logged(), std::vector<std::string>{"PolicyLoaded"});
  EXPECT_EQ(logged_.size(), 1U);
  const Json shown = Ask("policy_show", Json::object()).at("result").at("groups").front();
  EXPECT_EQ(shown.at("policy").at("profile"), "fast");
  EXPECT_EQ(shown.at("peers"), 2);
}

// G7, N07 c.
TEST_F(AdminPolicyTest, PolicyWithAFaultIsRefusedAndLoggedAndChangesNothing) {
  const Json answer =
      Ask("policy_apply",
          {{"group", "gateway"},
           {"name", "p.toml"},
           {"text", std::string(kPolicy) + "[session]\ntransport_lost_ttl_ms = 3000\n"}});
  EXPECT_FALSE(answer.at("ok"));
  const std::string error = answer.at("error");
  EXPECT_NE(error.find("p.toml:4:1: PR10"), std::string::npos) << error;
  EXPECT_EQ(Logged(), std::vector<std::string>{"PolicyRejected"});
  EXPECT_EQ(*backend_.groups.front().policy, Policy::Default());
}

TEST_F(AdminPolicyTest, OnlyWhoMayChangeAppliesAndOnlyToAGroupThatIs) {
  EXPECT_FALSE(Ask("policy_apply", {{"group", "gateway"}, {"text", kPolicy}}, false).at("ok"));
  EXPECT_EQ(Ask("policy_apply", {{"group", "gold"}, {"text", kPolicy}}).at("error"),
            "no peer is of the group \"gold\"");
  EXPECT_EQ(Ask("policy_show", {{"group", "gold"}}).at("error"),
            "no peer is of the group \"gold\"");
  EXPECT_TRUE(Logged().empty());
}

TEST_F(AdminPolicyTest, WhyGivesTheEventsOfOneSession) {
  for (const auto& [first, second] : {std::pair{0xab, 1}, {0xab, 2}, {0xab, 1}}) {
    Event event;
    event.type = EventType::kTransportAttached;
    event.session_id = Id(static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(second));
    audit_.Append(event);
  }
  const Json answer = Ask("why", {{"session", "ab01"}});
  EXPECT_EQ(answer.at("result").at("events").size(), 2U);
  EXPECT_EQ(answer.at("result").at("session_id"), Id(0xab, 1).ToString());
  EXPECT_EQ(Ask("why", {{"session", "ab01"}, {"count", 1}}).at("result").at("events").size(), 1U);
  EXPECT_EQ(Ask("why", {{"session", "ab"}}).at("error"),
            "2 session ids begin with ab: give more digits");
  EXPECT_FALSE(Ask("why", {{"session", "cd"}}).at("ok"));
}

}  // namespace
}  // namespace jvpn
