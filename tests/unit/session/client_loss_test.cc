// What the client makes of loss, in virtual time; profile `reference`: window 2000, threshold 20 %,
// at least 10 samples, heartbeat 500, suspect interval 100. Load of 100 packets/s each way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/client_world.h"

namespace jvpn {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;

constexpr TransportId kFirst{0};
constexpr TransportId kSecond{1};

std::vector<std::string> Lines(const std::string& log) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < log.size();) {
    const std::size_t to = log.find('\n', from);
    lines.push_back(log.substr(from, to - from));
    from = to + 1;
  }
  return lines;
}

// The lines without their times; those of `lines` from the first edge on.
std::vector<std::string> Untimed(const std::string& log) {
  std::vector<std::string> lines = Lines(log);
  for (std::string& line : lines) line = line.substr(line.find(' ') + 1);
  return lines;
}

std::int64_t TimeOf(const std::string& log, const std::string& what) {
  for (const std::string& line : Lines(log)) {
    if (line.find(what) != std::string::npos) return std::stoll(line);
  }
  return -1;
}

const std::vector<std::string> kLossSwitch = {
    "SSC ATTACHED>VOLATILE loss_threshold_exceeded v2",
    "SSC VOLATILE>RECOVERING loss_recovery v3",
    "ReattachAttempt 1",
    "ReattachResult SUCCESS reattach_success",
    "TransportSwitch 0>1",
    "SSC RECOVERING>ATTACHED reattach_success v4",
};

// S08, FM-2.1-a .. d
TEST(ClientLoss, ALossyWayUpMovesTheSessionToTheCleanStandby) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.RunLoaded(10'000);
  world.wire(0).up.lose = 35;
  world.RunLoaded(13'000);
  const std::string log = world.TakeLog();
  EXPECT_EQ(Untimed(log), kLossSwitch);
  EXPECT_THAT(TimeOf(log, "loss_threshold"), AllOf(Ge(11'000), Le(12'120 + 500)));
  ASSERT_FALSE(world.gateway().requests().empty());
  EXPECT_EQ(world.gateway().requests()[0].message.cause, ReattachCause::kQuality);
  EXPECT_EQ(world.gateway().inits(), 1u);
}

// The client is the receiver: it sees it first.
TEST(ClientLoss, ALossyWayDownMovesTheSessionToTheCleanStandby) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.RunLoaded(10'000);
  world.wire(0).down.lose = 35;
  world.RunLoaded(13'000);
  const std::string log = world.TakeLog();
  EXPECT_EQ(Untimed(log), kLossSwitch);
  EXPECT_THAT(TimeOf(log, "loss_threshold"), Le(12'120));
}

// S10
TEST(ClientLoss, AFifthIsNotLossyAndALittleMoreIs) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.RunLoaded(5'000);
  world.wire(0).down.lose = 19;
  world.RunLoaded(20'000);
  EXPECT_EQ(world.TakeLog(), "");
  const ClientTransportView t = world.View().transports[0];
  EXPECT_EQ(t.verdict, Verdict::kOk);
  EXPECT_THAT(t.loss.permille(), AllOf(Ge(180u), Le(200u)));
  EXPECT_GE(t.loss.sent, 150u);
  world.wire(0).down.lose = 22;
  world.RunLoaded(26'000);
  EXPECT_THAT(Untimed(world.TakeLog()), Contains(kLossSwitch[0]));
}

// N10
TEST(ClientLoss, AnIdleSessionIsNotJudgedByAFewHeartbeats) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.wire(0).up = {.lose = 1, .of = 4};
  world.Run(20'000);
  EXPECT_EQ(world.TakeLog(), "");
  EXPECT_EQ(world.View().transports[0].verdict, Verdict::kUnknown);
}

// S12, FM-2.2-a .. d
TEST(ClientLoss, LossEverywhereEndsInDegradedAndTrafficGoesOn) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.RunLoaded(8'000);
  world.wire(1).up.lose = 30;
  world.wire(1).down.lose = 30;
  world.RunLoaded(10'000);
  world.wire(0).up.lose = 35;
  world.RunLoaded(18'000);
  const std::string log = world.TakeLog();
  EXPECT_EQ(Untimed(log), (std::vector<std::string>{
                              "SSC ATTACHED>VOLATILE loss_threshold_exceeded v2",
                              "TransportSwitchDenied no_valid_candidate",
                              "SSC VOLATILE>DEGRADED volatile_persisted v3",
                          }));
  EXPECT_EQ(TimeOf(log, "volatile_persisted") - TimeOf(log, "loss_threshold"), 4'001);
  const std::size_t arrived = world.gateway().arrivals().size();
  world.RunLoaded(19'000);
  EXPECT_GE(world.gateway().arrivals().size(), arrived + 60);
  // S13: a clean candidate appears.
  world.wire(1).up.lose = world.wire(1).down.lose = 0;
  world.RunLoaded(22'500);
  EXPECT_EQ(Untimed(world.TakeLog()), (std::vector<std::string>{
                                          "SSC DEGRADED>RECOVERING loss_recovery v4",
                                          "ReattachAttempt 1",
                                          "ReattachResult SUCCESS reattach_success",
                                          "TransportSwitch 0>1",
                                          "SSC RECOVERING>ATTACHED reattach_success v5",
                                      }));
}

// S11, with a standby that is as bad: the bound one is proved again in place.
TEST(ClientLoss, ABoundTransportThatIsCleanAgainIsRevalidatedInPlace) {
  ClientWorld world(1);
  world.RunUntilReady();
  world.RunLoaded(10'000);
  world.wire(0).up.lose = 35;
  world.RunLoaded(12'000);
  world.wire(0).up.lose = 0;
  world.RunLoaded(18'000);
  const std::string log = world.TakeLog();
  EXPECT_THAT(Untimed(log), Contains("TransportRevalidated 0"));
  EXPECT_THAT(log, Not(HasSubstr("TransportDead")));
  EXPECT_EQ(world.View().state, State::kAttached);
  // Verdict OK and at most a tenth lost for 2000 ms.
  EXPECT_GE(TimeOf(log, "ReattachAttempt") - 12'000, 2'000);
  ASSERT_FALSE(world.gateway().requests().empty());
  EXPECT_EQ(world.gateway().requests()[0].message.cause, ReattachCause::kQuality);
}

// The way up is dead and the gateway's data still comes.
TEST(ClientLoss, ThreeHeartbeatsInARowLostAreAnInstability) {
  ClientWorld world(1);
  world.RunUntilReady();
  world.Run(10'100);
  world.wire(0).to_gateway = false;
  for (std::int64_t ms = 10'100; ms < 13'000; ms += 100) {
    world.ReceiveInner(0);
    world.Run(ms);
  }
  const std::string log = world.TakeLog();
  ASSERT_FALSE(log.empty());
  EXPECT_EQ(Untimed(log)[0], "SSC ATTACHED>VOLATILE consecutive_drop_exceeded v2");
  // Heartbeats of 10 540, 11 040 and 11 540 are lost, the last at 12 541.
  EXPECT_EQ(TimeOf(log, "consecutive_drop"), 12'541);
}

TEST(ClientLoss, ALongWayLosesNoHeartbeats) {
  ClientWorld world(1);
  world.gateway().behaviour.policy = Policy::Fast();  // two intervals are 40 ms
  world.wire(0).delay = std::chrono::milliseconds(80);
  world.RunUntilReady();
  world.Run(10'000);
  EXPECT_EQ(world.TakeLog(), "");
}

TEST(ClientLoss, SilenceIsAnInstabilityWhereDeathComesLater) {
  ClientWorld world(1);
  world.gateway().behaviour.policy.transport_dead = Millis{6'000};
  world.gateway().behaviour.policy.max_consecutive_drops = 100;
  world.RunUntilReady();
  world.Run(10'100);
  world.wire(0).Cut();
  world.Run(13'000);
  const std::string log = world.TakeLog();
  EXPECT_EQ(Untimed(log)[0], "SSC ATTACHED>VOLATILE heartbeat_timeout v2");
  EXPECT_EQ(TimeOf(log, "heartbeat_timeout"), 12'081);
  // It was no death: heard again, it counts again once it is steady.
  world.wire(0).Mend();
  world.Run(20'000);
  EXPECT_EQ(world.View().state, State::kAttached);
  EXPECT_EQ(world.View().bound, kFirst);
}

TEST(ClientLoss, ASolicitForTheBoundTransportIsObeyedInPlace) {
  ClientWorld world(1);
  world.RunUntilReady();
  world.Run(10'000);
  world.FromGateway(
      world.gateway().SendControl(kFirst, Solicit{.cause = ReattachCause::kQuality,
                                                  .transport = kFirst,
                                                  .binding_epoch = 1,
                                                  .token = world.gateway().TokenAt(world.Now())}));
  world.Run(10'100);
  EXPECT_THAT(world.TakeLog(), HasSubstr("TransportRevalidated 0"));
  EXPECT_EQ(world.gateway().binding_epoch(), 2u);
}

TEST(ClientLoss, ProbesAtTheSuspectIntervalWhileTheGatewayIsNotContent) {
  ClientWorld world(1);
  world.RunUntilReady();
  world.gateway().behaviour.suspect = true;
  world.Run(2'000);
  const std::size_t before = world.gateway().probes(kFirst);
  world.Run(4'000);
  EXPECT_EQ(world.gateway().probes(kFirst) - before, 20u);  // each 100 ms
  world.gateway().behaviour.suspect = false;
  world.Run(5'000);
  const std::size_t after = world.gateway().probes(kFirst);
  world.Run(7'000);
  EXPECT_EQ(world.gateway().probes(kFirst) - after, 4u);  // each 500 ms
}

TEST(ClientLoss, AsksAgainSoonWhenAnAnswerIsLate) {
  ClientWorld world(1);
  world.RunUntilReady();
  world.Run(10'100);
  const std::size_t before = world.CountSent(0, FrameType::kData);
  world.wire(0).to_client = false;
  world.Run(11'580);
  // 10 540 and each 100 ms from then on, not only 11 040 and 11 540.
  EXPECT_EQ(world.CountSent(0, FrameType::kData) - before, 11u);
}

TEST(ClientLoss, TheAccountOfASuspectTransportTravelsOnTheOther) {
  ClientWorld world(2);
  world.RunUntilReady();
  world.RunLoaded(10'000);
  EXPECT_TRUE(world.gateway().reports().empty());
  world.wire(0).down.lose = 90;
  world.RunLoaded(12'000);
  ASSERT_FALSE(world.gateway().reports().empty());
  const auto& last = world.gateway().reports().back();
  EXPECT_EQ(last.on, kSecond);
  EXPECT_EQ(last.report.transport, kFirst);
  EXPECT_GT(last.report.received.judged, last.report.received.arrived + 30);
}

TEST(ClientLoss, ASilentBlackholeUnderTheFastProfileIsRepairedInWellUnder150Ms) {
  for (const bool loaded : {false, true}) {
    for (int offset = 0; offset < 20; offset += 3) {
      ClientWorld world(2);
      world.gateway().behaviour.policy = Policy::Fast();
      for (std::uint32_t i : {0, 1}) world.wire(i).delay = std::chrono::milliseconds(10);
      world.RunUntilReady();
      const std::int64_t cut = 5'000 + offset;
      loaded ? world.RunLoaded(cut) : world.Run(cut);
      world.wire(0).Cut();
      world.Run(cut + 150);
      const std::string log = world.TakeLog();
      const std::int64_t repaired = TimeOf(log, "TransportSwitch 0>1");
      ASSERT_GT(repaired, 0) << log;
      EXPECT_LE(repaired - cut, 100) << log;
    }
  }
}

TEST(ClientLoss, AnswersAChallengeBeforeItProbes) {
  ClientWorld world(2);
  world.Run(1'000);
  std::vector<std::size_t> sizes;
  for (const auto& sent : world.sent()) {
    if (sent.transport == 1) sizes.push_back(sent.bytes.size());
  }
  ASSERT_GE(sizes.size(), 3u);
  EXPECT_EQ(sizes[0], kPathChallengeBytes);
  EXPECT_EQ(sizes[1], kPathChallengeFrameBytes + kDataOverheadBytes);
  EXPECT_EQ(sizes[2], kProbeBytes + kDataOverheadBytes);
}

}  // namespace
}  // namespace jvpn
