// A policy at run time: rows G6 and G7, C-33.
#include <gmock/gmock.h>

#include "tests/support/control_fixture.h"

namespace jvpn {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class PolicyChangeTest : public ControlFixture {
 protected:
  void AttachAll() {
    Start(1, Policy::Reference());
    Attach(1);
    Validate(1);
    Run(2);
    events.Take();
  }
  static std::shared_ptr<const Policy> Changed(ApplyMode mode) {
    Policy policy = Policy::Reference();
    policy.version = "2.0";
    policy.transport_dead = Millis{2'500};
    policy.apply_mode = mode;
    return std::make_shared<const Policy>(policy);
  }
  Duration DeadAfter() { return worker().sessions.begin()->second.dead_after; }
  std::string Version() { return core->Sessions(now).front().policy_version; }
};

TEST_F(PolicyChangeTest, StrictIsInForceAtOnceAndTheWorkerIsTold) {
  AttachAll();
  EXPECT_TRUE(core->SetPolicy(kGatewayGroup, Changed(ApplyMode::kStrict), now));
  Run(2);
  EXPECT_THAT(events.Take(), ElementsAre("PolicyApplied policy_applied"));
  EXPECT_EQ(Version(), "2.0");
  EXPECT_EQ(DeadAfter(), Millis{2'500});
}

// FM-7-c.
TEST_F(PolicyChangeTest, BarringTheProtocolDegradesAtOnceAndEndsNothing) {
  AttachAll();
  Policy barring = *Changed(ApplyMode::kStrict);
  barring.allowed_protocols = {"quic"};
  core->SetPolicy(kGatewayGroup, std::make_shared<const Policy>(barring), now);
  Run(2);
  EXPECT_THAT(
      events.Take(),
      ElementsAre("PolicyApplied policy_applied", "SSC ATTACHED>VOLATILE policy_denied v2",
                  "TransportSwitchDenied policy_denied", "SSC VOLATILE>DEGRADED policy_denied v3"));
}

TEST_F(PolicyChangeTest, GraceWaitsForTheNextEdge) {
  AttachAll();
  core->SetPolicy(kGatewayGroup, Changed(ApplyMode::kGrace), now);
  Run(2);
  EXPECT_THAT(events.Take(), IsEmpty());
  EXPECT_EQ(Version(), "1.0");
  EXPECT_EQ(DeadAfter(), Millis{2'000});
  FallSilent(0, now);
  Run(2'010);
  EXPECT_EQ(Version(), "2.0");
  EXPECT_EQ(DeadAfter(), Millis{2'500});
}

TEST_F(PolicyChangeTest, NewSessionsAreBornUnderIt) {
  Start(1, Policy::Reference());
  core->SetPolicy(kGatewayGroup, Changed(ApplyMode::kGrace), now);
  Attach(1);
  Run(2);
  EXPECT_EQ(Version(), "2.0");
}

TEST_F(PolicyChangeTest, SessionWhoseClientProbesTooSlowlyForItKeepsItsPolicy) {
  AttachAll();
  core->SetPolicy(kGatewayGroup, std::make_shared<const Policy>(Policy::Fast()), now);
  Run(2);
  EXPECT_THAT(events.Take(), ElementsAre("PolicyRejected policy_invalid"));
  Run(50);
  EXPECT_THAT(events.Take(), IsEmpty());
  EXPECT_EQ(DeadAfter(), Millis{2'000});
}

TEST_F(PolicyChangeTest, GroupThatNobodyIsOfIsRefused) {
  AttachAll();
  EXPECT_FALSE(core->SetPolicy("gold", Changed(ApplyMode::kStrict), now));
  Run(2);
  EXPECT_THAT(events.Take(), IsEmpty());
  ASSERT_EQ(core->PolicyGroups().size(), 1U);
  EXPECT_EQ(core->PolicyGroups().front().group, kGatewayGroup);
  EXPECT_EQ(core->PolicyGroups().front().peers, 1U);
}

}  // namespace
}  // namespace jvpn
