// What the control core makes of its workers' loss accounts. Profile `reference`.
#include <gmock/gmock.h>

#include "tests/support/control_fixture.h"

namespace jvpn {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr LossStanding kClean{.verdict = Verdict::kOk, .worse = {.sent = 100, .lost = 2}};
constexpr LossStanding kLossy{
    .verdict = Verdict::kLossy, .worse = {.sent = 100, .lost = 21}, .gap = true};

class LossTest : public ControlFixture {
 protected:
  void AttachWithStandby() {
    Start(1, Policy::Reference());
    Attach(1);
    Validate(1);
    Run(2);
    events.Take();
    Datagrams();
  }
  void Say(std::size_t transport, const LossStanding& loss, bool heartbeats_missed = false) {
    HealthSignal signal;
    signal.kind = HealthSignal::Kind::kTransport;
    signal.session = SlotOf();
    signal.generation = worker().sessions[signal.session].generation;
    signal.transport = static_cast<TransportId>(transport);
    signal.life = HealthSignal::Life::kFresh;
    signal.last_heard = now;
    signal.loss = loss;
    signal.heartbeats_missed = heartbeats_missed;
    worker().Give(signal);
    Run(1);
  }
  bool Watched() { return worker().sessions.begin()->second.watched; }
};

// S08, S10, FM-2.1-a, FM-2.1-b, FM-2.1-c
TEST_F(LossTest, ALossyBindingIsLeftForTheCleanStandbyAndTheEdgeTellsTheCounts) {
  AttachWithStandby();
  EXPECT_FALSE(Watched());
  Say(0, kLossy);
  ASSERT_FALSE(events.all().empty());
  const auto edge = std::find_if(events.all().begin(), events.all().end(), [](const Event& event) {
    return event.reason == Reason::kLossThresholdExceeded;
  });
  ASSERT_NE(edge, events.all().end());
  EXPECT_EQ(edge->loss_lost, 21U);
  EXPECT_EQ(edge->loss_sent, 100U);
  EXPECT_THAT(events.Take(),
              ElementsAre("SSC ATTACHED>VOLATILE loss_threshold_exceeded v2",
                          "SSC VOLATILE>RECOVERING loss_recovery v3", "ReattachAttempt 1"));
  EXPECT_THAT(Messages(), ElementsAre("solicit transport 1 epoch 1 to 198.51.100.11"));
  EXPECT_TRUE(Watched()) << "every sum counts now";
}

TEST_F(LossTest, ALittleLossOrAnUnknownVerdictMovesNothing) {
  AttachWithStandby();
  Say(0, {.verdict = Verdict::kOk, .worse = {.sent = 100, .lost = 20}, .gap = true});
  Say(0, {.verdict = Verdict::kUnknown, .worse = {.sent = 2, .lost = 1}, .gap = true});
  Say(1, kLossy);
  EXPECT_THAT(events.Take(), IsEmpty());
}

// S12, FM-2.2-a, FM-2.2-d
TEST_F(LossTest, ALossyOrDoubtfulStandbyIsNoCandidateUntilItIsClean) {
  AttachWithStandby();
  Say(1, {.verdict = Verdict::kUnknown, .worse = {.sent = 4, .lost = 1}, .gap = true});
  Say(0, kLossy);
  EXPECT_THAT(events.Take(), ElementsAre("SSC ATTACHED>VOLATILE loss_threshold_exceeded v2",
                                         "TransportSwitchDenied no_valid_candidate"));
  Say(1, kLossy);
  EXPECT_THAT(events.Take(), IsEmpty());
  Say(1, kClean);
  EXPECT_THAT(events.Take(),
              ElementsAre("SSC VOLATILE>RECOVERING loss_recovery v3", "ReattachAttempt 1"));
}

// S11
TEST_F(LossTest, ABindingThatIsSteadyForTheStabilityWindowIsSolicitedInPlace) {
  AttachWithStandby();
  Say(1, kLossy);
  Say(0, kLossy);
  events.Take();
  Say(0, kClean);
  Run(1'999);
  EXPECT_THAT(events.Take(), IsEmpty());
  Run(1);
  EXPECT_THAT(events.Take(),
              ElementsAre("SSC VOLATILE>RECOVERING loss_recovery v3", "ReattachAttempt 0"));
}

TEST_F(LossTest, SteadinessOfBeforeTheTroubleDoesNotCount) {
  AttachWithStandby();
  Say(1, kLossy);
  Say(0, kClean);
  Run(5'000);
  Say(0, kClean, /*heartbeats_missed=*/true);
  EXPECT_THAT(events.Take(), ElementsAre("SSC ATTACHED>VOLATILE consecutive_drop_exceeded v2",
                                         "TransportSwitchDenied no_valid_candidate"));
  Say(0, kClean);
  Run(1'900);
  EXPECT_THAT(events.Take(), IsEmpty());
  Run(200);
  EXPECT_THAT(events.Take(),
              ElementsAre("SSC VOLATILE>RECOVERING loss_recovery v3", "ReattachAttempt 0"));
}

}  // namespace
}  // namespace jvpn
