// Sessions over a restart of the gateway (requirements 7, rows X1 to X4, FM-0-i), and what becomes
// of a commit that the store does not take (step 10 of requirements 5).
#include <gmock/gmock.h>

#include "tests/support/control_fixture.h"

namespace jvpn {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class RestartTest : public ControlFixture {
 protected:
  void StartAttached(const Policy& policy = Policy::Reference(), std::size_t peer_count = 1) {
    keeps_sessions = true;
    Start(1, policy, peer_count);
    Run(5);
    for (std::size_t p = 0; p < peer_count; ++p) ASSERT_NO_FATAL_FAILURE(Attach(1, p));
    Run(5);
    events.Take();
    Datagrams();
  }
  Bytes Request(std::size_t transport, std::uint64_t counter, std::uint32_t epoch = 1,
                std::size_t p = 0) {
    ReattachRequest request = peer(p).Request(transport, epoch, counter, NowMs());
    request.token.instance = config.token_instance;
    request.random.fill(0xc1);
    return peer(p).Seal(transport, request);
  }
  std::optional<ReattachAck> Ack() {
    for (const auto& datagram : Datagrams()) {
      const auto message = peer().Open(datagram.payload);
      if (!message) continue;
      if (const auto* ack = std::get_if<ReattachAck>(&*message)) return *ack;
    }
    return std::nullopt;
  }
  SessionId Id(std::size_t p = 0) { return peer(p).response().session_id; }
};

TEST_F(RestartTest, ASessionComesBackWithItsIdentityAndItsInnerAddressAndCallsItsClient) {
  ASSERT_NO_FATAL_FAILURE(StartAttached());
  const IpAddress inner = core->FindSession(Id(), now)->inner_v4;
  Restart();
  Run(40);
  EXPECT_THAT(events.Take(),
              ElementsAre("SessionRestored node_restart", "SSC ATTACHED>VOLATILE node_restart v2",
                          "TransportSwitchDenied no_valid_candidate",
                          "SSC VOLATILE>DEGRADED no_candidate_transports v3"));
  const auto view = core->FindSession(Id(), now);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->inner_v4, inner);
  EXPECT_EQ(view->bound, TransportId::kNone);
  EXPECT_THAT(Messages(), Contains("call transport 0 epoch 1 to 198.51.100.10"));
  // Nobody's frames are opened before there are new keys.
  EXPECT_TRUE(worker().sessions.empty());
}

TEST_F(RestartTest, TheNextRequestCommitsUnderNewKeysThatBothEndsDerive) {
  ASSERT_NO_FATAL_FAILURE(StartAttached());
  const SessionProgram before = worker().sessions.at(SlotOf());
  Restart();
  Run(40);
  events.Take();
  Datagrams();
  GiveControl(0, Request(0, 1));
  Run(5);
  EXPECT_THAT(events.Take(),
              ElementsAre("SSC DEGRADED>RECOVERING dead_transport_recovery v4", "ReattachAttempt 0",
                          "ReattachResult SUCCESS reattach_success", "KeyRotated node_restart",
                          "TransportRevalidated 0", "SSC RECOVERING>ATTACHED reattach_success v5"));
  const auto ack = Ack();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->key_epoch, KeyEpoch{2});
  EXPECT_EQ(ack->boot_epoch, 2U);
  ASSERT_EQ(worker().sessions.size(), 1U);
  const SessionProgram after = worker().sessions.at(SlotOf());
  EXPECT_EQ(after.transports[0].rx_index, before.transports[0].rx_index);
  EXPECT_EQ(after.epoch, KeyEpoch{2});
  EpochMix mix{.client = {}, .gateway = ack->random, .boot_epoch = ack->boot_epoch};
  mix.client.fill(0xc1);
  const Secret32 secret = DeriveEpochSecret(peer().root(), KeyEpoch{2}, mix);
  EXPECT_TRUE(after.rx_key ==
              DeriveTrafficKey(secret, Direction::kToGateway, Suite::kAes128Gcm, KeyEpoch{2}));
  EXPECT_TRUE(after.tx_key ==
              DeriveTrafficKey(secret, Direction::kToClient, Suite::kAes128Gcm, KeyEpoch{2}));
  EXPECT_FALSE(after.tx_key == before.tx_key);
  // Inner destinations lead to it again.
  EXPECT_FALSE(worker().routes.empty());
}

TEST_F(RestartTest, ASessionWhoseEndTheLogHasToldStaysEndedThoughItsRecordWasStillThere) {
  ASSERT_NO_FATAL_FAILURE(StartAttached());
  const MemoryDisk before = disk;
  persistence.ended.insert(Id().ToString());
  core->Terminate(Id(), now);
  disk.records = before.records;  // the process died before its erasure was written
  events.Take();
  Restart();
  Run(40);
  EXPECT_THAT(events.Take(), IsEmpty());
  EXPECT_EQ(core->session_count(), 0U);
  // Its record is gone now: the next process finds nothing, even if the log is not there to ask.
  persistence.ended.clear();
  Restart();
  Run(40);
  EXPECT_THAT(events.Take(), IsEmpty());
  EXPECT_EQ(core->session_count(), 0U);
}

TEST_F(RestartTest, ATokenOfTheProcessBeforeIsStaleAndTheDenialBringsAFreshOne) {
  ASSERT_NO_FATAL_FAILURE(StartAttached(Policy::Default()));
  Restart();
  Run(40);
  events.Take();
  Datagrams();
  GiveControl(0, peer().Seal(0, peer().Request(0, 1, 1, NowMs())));
  Run(3);
  EXPECT_THAT(events.Take(), Contains("ReattachResult DENIED stale_request"));
  bool denied = false;
  for (const auto& datagram : Datagrams()) {
    const auto message = peer().Open(datagram.payload);
    const auto* deny = message ? std::get_if<ReattachDeny>(&*message) : nullptr;
    if (deny == nullptr) continue;
    denied = true;
    EXPECT_EQ(deny->token.instance, config.token_instance);
  }
  EXPECT_TRUE(denied);
}

TEST_F(RestartTest, AClientThatMovedMeanwhileProvesItsAddressByACheck) {
  ASSERT_NO_FATAL_FAILURE(StartAttached());
  Restart();
  Run(40);
  Datagrams();
  const Endpoint elsewhere{*IpAddress::Parse("203.0.113.77"), 999};
  worker().GiveDatagram(elsewhere, Local(), peer().Seal(0, Knock{}));
  Run(2);
  std::uint64_t value = 0;
  for (const auto& datagram : Datagrams()) {
    const auto message = peer().Open(datagram.payload);
    const auto* check = message ? std::get_if<Check>(&*message) : nullptr;
    if (check == nullptr) continue;
    EXPECT_EQ(datagram.to, elsewhere);
    value = check->value;
  }
  ASSERT_NE(value, 0U);
  // The value from another address proves nothing.
  worker().GiveDatagram({elsewhere.address, 1000}, Local(), peer().Seal(0, Knock{value}));
  Run(2);
  EXPECT_THAT(Messages(), Not(Contains(HasSubstr("203.0.113.77"))));
  worker().GiveDatagram(elsewhere, Local(), peer().Seal(0, Knock{value}));
  Run(2);
  EXPECT_THAT(Messages(), Contains("call transport 0 epoch 1 to 203.0.113.77"));
  worker().GiveDatagram(elsewhere, Local(), Request(0, 1));
  Run(5);
  EXPECT_EQ(StateOf(), "ATTACHED");
  EXPECT_EQ(worker().sessions.at(SlotOf()).transports[0].remote, elsewhere);
}

TEST_F(RestartTest, ACommitIsInTheStoreBeforeItsAckLeaves) {
  ASSERT_NO_FATAL_FAILURE(StartAttached());
  Restart();
  Run(40);
  Datagrams();
  store->SetStalled(true);
  GiveControl(0, Request(0, 1));
  Run(20);
  EXPECT_FALSE(Ack());
  EXPECT_EQ(StateOf(), "DEGRADED");
  // A copy of the request is no replay while the first one waits.
  GiveControl(0, Request(0, 1));
  Run(5);
  store->SetStalled(false);
  Run(5);
  EXPECT_TRUE(Ack());
  EXPECT_EQ(StateOf(), "ATTACHED");
}

TEST_F(RestartTest, ACommitThatTheStoreCannotTakeIsRefusedAndTheSessionGoesOn) {
  ASSERT_NO_FATAL_FAILURE(StartAttached());
  store->SetFailing(true);
  FallSilent(0, now - Millis(3000));
  Run(1);
  GiveControl(0, Request(0, 1));
  Run(150);  // a store that failed is tried again after 100 ms
  EXPECT_THAT(events.Take(),
              Contains("SSC RECOVERING>DEGRADED policy_denied(atomicity_failed) v5"));
  EXPECT_FALSE(Ack());
  // Another attempt after the cooldown, with a store that works.
  store->SetFailing(false);
  Run(1700);
  GiveControl(0, Request(0, 2));
  Run(5);
  EXPECT_EQ(StateOf(), "ATTACHED");
  // Data goes on under the keys of the process: no restart happened.
  EXPECT_EQ(worker().sessions.at(SlotOf()).epoch, KeyEpoch{1});
}

TEST_F(RestartTest, ACommitGivesUpOnAStoreThatNeverAnswers) {
  ASSERT_NO_FATAL_FAILURE(StartAttached());
  store->SetStalled(true);
  FallSilent(0, now - Millis(3000));
  Run(1);
  GiveControl(0, Request(0, 1));
  Run(990);
  EXPECT_EQ(StateOf(), "DEGRADED");
  EXPECT_THAT(events.Take(), Not(Contains(HasSubstr("atomicity_failed"))));
  Run(20);
  EXPECT_THAT(events.Take(), Contains(HasSubstr("atomicity_failed")));
}

TEST_F(RestartTest, ACrashBetweenStoreAndAckIsRepairedByALateAck) {
  ASSERT_NO_FATAL_FAILURE(StartAttached(Policy::Default()));
  FallSilent(0, now - Millis(3000));
  Run(1);
  GiveControl(0, Request(0, 1));
  Run(5);
  ASSERT_EQ(StateOf(), "ATTACHED");
  Datagrams();  // the ACK never arrives
  Restart(Millis(3000));
  Run(40);
  Datagrams();
  // The client still asks under its own epoch.
  GiveControl(0, Request(0, 2, 1));
  Run(5);
  const auto late = Ack();
  ASSERT_TRUE(late);
  EXPECT_EQ(late->binding_epoch, 2U);
  EXPECT_EQ(late->key_epoch, KeyEpoch{1});
  GiveControl(0, Request(0, 3, 2));
  Run(5);
  const auto ack = Ack();
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->binding_epoch, 3U);
  EXPECT_EQ(ack->key_epoch, KeyEpoch{2});
}

TEST_F(RestartTest, ATornRecordEndsItsSessionAndNoOther) {
  ASSERT_NO_FATAL_FAILURE(StartAttached(Policy::Reference(), 2));
  disk.records.at(Id(0)).value.resize(100);
  Restart();
  Run(40);
  const auto log = events.Take();
  EXPECT_THAT(log, Contains("SSC ATTACHED>TERMINATED hard_system_failure(record_unreadable) v2"));
  EXPECT_EQ(StateOf(0), "none");
  EXPECT_EQ(StateOf(1), "DEGRADED");
  EXPECT_FALSE(disk.records.contains(Id(0)));
}

TEST_F(RestartTest, ALostNodeKeyEndsEverySession) {
  ASSERT_NO_FATAL_FAILURE(StartAttached());
  persistence.node_key.writable()[0] = 1;
  Restart();
  Run(40);
  EXPECT_THAT(events.Take(),
              Contains("SSC ATTACHED>TERMINATED hard_system_failure(key_material_lost) v2"));
}

TEST_F(RestartTest, TheLifetimeCountsTheDowntime) {
  Policy policy = Policy::Reference();
  policy.max_lifetime = Millis(60'000);
  ASSERT_NO_FATAL_FAILURE(StartAttached(policy));
  Restart(Millis(60'001));
  Run(40);
  EXPECT_THAT(events.Take(), Contains(HasSubstr("session_lifetime_exceeded")));
  EXPECT_EQ(StateOf(), "none");
}

TEST_F(RestartTest, ATransportlessSessionGoesOnFromItsStoredAge) {
  ASSERT_NO_FATAL_FAILURE(StartAttached());
  FallSilent(0, now - Millis(3000));
  Run(5000);
  Restart(Millis(100'000));
  Run(5);
  const auto view = core->FindSession(Id(), now);
  ASSERT_TRUE(view);
  // Stored at least once a second; the downtime does not count.
  EXPECT_GE(view->transportless_ms, 4000);
  EXPECT_LE(view->transportless_ms, 5010);
}

// G6: the operator applied it and did not write it into the configuration.
TEST_F(RestartTest, APolicyThatCameWithoutAnEdgeIsStoredAndItsLossIsTold) {
  ASSERT_NO_FATAL_FAILURE(StartAttached());
  Policy applied = Policy::Reference();
  applied.version = "2.0";
  applied.apply_mode = ApplyMode::kStrict;
  core->SetPolicy(kGatewayGroup, std::make_shared<const Policy>(applied), now);
  Run(2);
  EXPECT_THAT(events.Take(), ElementsAre("PolicyApplied policy_applied"));
  Restart();
  Run(40);
  EXPECT_THAT(events.Take(),
              ElementsAre("SessionRestored node_restart", "PolicyApplied policy_applied",
                          "SSC ATTACHED>VOLATILE node_restart v2",
                          "TransportSwitchDenied no_valid_candidate",
                          "SSC VOLATILE>DEGRADED no_candidate_transports v3"));
}

// FM-7-g: the log can be judged by nothing else.
TEST_F(RestartTest, ASessionThatKeepsItsClientsCopyOfAPolicyTellsTheLogWhatThatIs) {
  ASSERT_NO_FATAL_FAILURE(StartAttached());
  const std::size_t before = events.all().size();
  config.peers[0].policy = std::make_shared<const Policy>(Policy::Fast());
  Restart();
  Run(40);
  ASSERT_GE(events.all().size(), before + 3);
  const Event& loaded = events.all()[before];
  const Event& applied = events.all()[before + 2];
  EXPECT_EQ(loaded.type, EventType::kPolicyLoaded);
  EXPECT_NE(loaded.policy.find("\"volatility.heartbeat_interval_ms\":500"), std::string::npos);
  EXPECT_EQ(events.all()[before + 1].type, EventType::kSessionRestored);
  EXPECT_EQ(applied.type, EventType::kPolicyApplied);
  EXPECT_EQ(applied.policy_id, loaded.policy_id);
}

TEST_F(RestartTest, AReplayFromBeforeTheRestartIsStillOne) {
  ASSERT_NO_FATAL_FAILURE(StartAttached(Policy::Default()));
  FallSilent(0, now - Millis(3000));
  Run(1);
  const Bytes request = Request(0, 7);
  GiveControl(0, request);
  Run(5);
  Restart();
  Run(40);
  events.Take();
  GiveControl(0, request);
  Run(5);
  EXPECT_THAT(events.Take(), Contains("SecurityReplayDetected replay_detected"));
}

TEST_F(RestartTest, AnEndedSessionDoesNotComeBack) {
  ASSERT_NO_FATAL_FAILURE(StartAttached());
  core->Terminate(Id(), now);
  Run(5);
  Restart();
  Run(40);
  EXPECT_EQ(StateOf(), "none");
  EXPECT_THAT(Messages(), IsEmpty());
}

TEST_F(RestartTest, ARestoredSessionIsReplacedByANewHandshakeOfItsPeer) {
  ASSERT_NO_FATAL_FAILURE(StartAttached());
  const SessionId first = Id();
  Restart();
  Run(40);
  // An init of before the restart stays refused.
  GiveInit(1);
  Run(2);
  EXPECT_EQ(Dropped(DropReason::kOldTimestamp), 1U);
  Datagrams();
  ASSERT_NO_FATAL_FAILURE(Attach(2));
  EXPECT_FALSE(core->FindSession(first, now));
  EXPECT_EQ(core->Sessions(now).size(), 1U);
}

TEST_F(RestartTest, APeerThatTheOperatorTookAwayEndsItsSession) {
  ASSERT_NO_FATAL_FAILURE(StartAttached());
  config.peers[0].public_key[0] ^= 1;
  Restart();
  Run(40);
  EXPECT_THAT(events.Take(), Contains("SSC ATTACHED>TERMINATED operator_terminated v2"));
  EXPECT_TRUE(disk.records.size() <= 1);  // the node's own
}

TEST_F(RestartTest, AGatewayThatWasReplacedWritesNothingAndGrantsNothing) {
  ASSERT_NO_FATAL_FAILURE(StartAttached());
  ++disk.fence;  // another gateway
  FallSilent(0, now - Millis(3000));
  Run(1);
  GiveControl(0, Request(0, 1));
  Run(5);
  EXPECT_TRUE(core->StoreLost());
  EXPECT_FALSE(Ack());
  EXPECT_THAT(events.Take(), Contains(HasSubstr("atomicity_failed")));
}

}  // namespace
}  // namespace jvpn
