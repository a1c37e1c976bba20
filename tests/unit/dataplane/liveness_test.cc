#include "dataplane/liveness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dataplane/forwarder_rig.h"
#include "wire/path_frame.h"

namespace jvpn::testing {
namespace {

using Life = HealthSignal::Life;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr SessionSlot kSlot{3};
constexpr WorkerId kSelf{0};

class LivenessScan : public ::testing::Test {
 protected:
  LivenessScan() {
    rig.Install(rig.ProgramFor(peer, Generation{1}));
    rig.Signals();
  }

  void Probe(std::uint32_t transport, ReceiveSums received = {}) {
    Bytes plaintext(kProbeBytes);
    jvpn::Probe probe;
    probe.rtt_us = 1500;
    probe.jitter_us = 20;
    probe.p95_us = 1700;
    probe.received = received;
    EncodePathFrame(probe, plaintext);
    const auto port = static_cast<std::uint16_t>(40000 + transport);
    rig.FromWan(rig.WanFrame(peer.Seal(transport, plaintext), false, port));
  }
  void Send(std::uint32_t transport, int frames) {
    const auto port = static_cast<std::uint16_t>(40000 + transport);
    for (int i = 0; i < frames; ++i) {
      rig.FromWan(rig.WanFrame(peer.Seal(transport, Bytes(8)), false, port));  // PAD
    }
  }
  void Lose(std::uint32_t transport, int frames) {
    for (int i = 0; i < frames; ++i) peer.Seal(transport, Bytes(8));
  }
  std::vector<HealthSignal> SignalsWithin(Millis span) {
    std::vector<HealthSignal> signals;
    for (Millis past{0}; past < span; ++past) {
      rig.Advance(Millis(1));
      rig.Scan();
      for (const auto& signal : rig.Signals(HealthSignal::Kind::kTransport)) {
        signals.push_back(signal);
      }
    }
    return signals;
  }
  // Millisecond by millisecond, as a worker would, and what was said on the way.
  std::vector<std::string> Wait(Millis span) {
    std::vector<std::string> said;
    for (Millis past{0}; past < span; ++past) {
      rig.Advance(Millis(1));
      elapsed += Millis(1);
      rig.Scan();
      for (const std::string& line : Said()) said.push_back(line);
    }
    return said;
  }
  std::vector<std::string> Said() {
    static constexpr const char* kLives[] = {"unknown", "fresh", "stale", "silent"};
    std::vector<std::string> said;
    for (const HealthSignal& signal : rig.Signals(HealthSignal::Kind::kTransport)) {
      const Millis silence = FloorMs(rig.now) - FloorMs(signal.last_heard);
      said.push_back(std::to_string(Value(signal.transport)) + " " +
                     kLives[static_cast<int>(signal.life)] + " " + std::to_string(silence.count()));
    }
    return said;
  }

  ForwarderRig rig;
  TunnelPeer peer{kSlot, kSelf, Suite::kAes128Gcm, 1};
  Millis elapsed{0};
};

TEST_F(LivenessScan, SaysAtOnceThatATransportWasHeard) {
  Probe(1);
  EXPECT_THAT(Said(), ElementsAre("1 fresh 0"));
  Probe(1);
  EXPECT_THAT(Said(), IsEmpty()) << "once";
}

// Limits compare strictly: at 500 ms still fresh, at 501 not; the scan adds at most its period.
TEST_F(LivenessScan, SaysWhenABoundTransportFallsSilentAndKeepsSayingIt) {
  Probe(0);
  Said();
  EXPECT_THAT(Wait(Millis(500)), IsEmpty());
  const auto stale = Wait(Millis(Liveness::kScanPeriod));
  ASSERT_EQ(stale.size(), 1U);
  EXPECT_EQ(stale[0].substr(0, 8), "0 stale ");
  const auto later = Wait(Millis(2000 - 508));
  for (const std::string& line : later) EXPECT_EQ(line.substr(0, 8), "0 stale ");
  EXPECT_THAT(later.size(), ::testing::AllOf(::testing::Ge(5U), ::testing::Le(6U)));
  const auto silent = Wait(Millis(1 + Liveness::kScanPeriod.count()));
  ASSERT_EQ(silent.size(), 1U);
  EXPECT_EQ(silent[0].substr(0, 9), "0 silent ");
  EXPECT_THAT(Wait(Millis(1000)).size(), ::testing::AllOf(::testing::Ge(3U), ::testing::Le(4U)));
  Probe(0);
  EXPECT_THAT(Said(), ElementsAre("0 fresh 0"));
}

// In every phase of the scan, one of which looks at the very millisecond.
TEST_F(LivenessScan, SilenceOfExactlyTheLimitIsNoDeath) {
  for (std::int64_t phase = 0; phase < Liveness::kScanPeriod.count(); ++phase) {
    Probe(0);
    Said();
    int silent = 0;
    for (const std::string& line : Wait(Millis(2101))) {
      if (!line.starts_with("0 silent ")) continue;
      ++silent;
      EXPECT_GT(std::stoi(line.substr(9)), 2000);
    }
    EXPECT_GT(silent, 0);
  }
}

TEST_F(LivenessScan, SaysOfAStandbyOnlyItsEdges) {
  Probe(0);
  Probe(1);
  Said();
  for (int i = 0; i < 30; ++i) {
    Wait(Millis(100));
    Probe(0);
  }
  Said();
  for (int i = 0; i < 30; ++i) {
    EXPECT_THAT(Wait(Millis(100)), IsEmpty()) << "it is silent, that was said";
    Probe(0);
    const auto probes = Said();
    for (const std::string& line : probes) EXPECT_EQ(line.substr(0, 8), "0 fresh ");
  }
}

TEST_F(LivenessScan, CountsTheSilenceOfAnUnheardBoundTransportFromInstallation) {
  const auto said = Wait(Millis(2100));
  ASSERT_FALSE(said.empty());
  EXPECT_EQ(said.front().substr(0, 7), "0 stale");
  EXPECT_EQ(said.back().substr(0, 8), "0 silent");
  for (const std::string& line : said) EXPECT_EQ(line[0], '0') << "1 was never heard";
}

TEST_F(LivenessScan, AHealthySessionCostsAlmostNothing) {
  ReceiveSums none;
  Probe(0, none);
  Probe(1, none);
  Said();
  std::size_t signals = 0;
  for (int i = 0; i < 400; ++i) {
    signals += Wait(Millis(100)).size();
    Probe(0, none);
    Probe(1, none);
    signals += Said().size();
  }
  EXPECT_LE(signals, 5U) << "40 seconds";
  EXPECT_GE(signals, 3U) << "totals are said now and then";
}

// S10
TEST_F(LivenessScan, SaysThatTheBoundTransportIsLossyWhenTheReportHasSettled) {
  Probe(0, {.judged = 0, .arrived = 0});
  Said();
  Send(0, 79);
  Lose(0, 19);
  Probe(0);  // 99 numbers since the first probe, 19 of them missing
  EXPECT_THAT(Wait(Millis(40)), IsEmpty());
  Send(0, 77);
  Lose(0, 22);
  Probe(0);
  EXPECT_THAT(rig.Signals(HealthSignal::Kind::kTransport), IsEmpty()) << "it has not settled";
  const auto before = rig.now;
  std::vector<HealthSignal> signals;
  while (signals.empty()) {
    rig.Advance(Millis(1));
    rig.Scan();
    signals = rig.Signals(HealthSignal::Kind::kTransport);
    ASSERT_LT(rig.now - before, Millis(40));
  }
  EXPECT_GE(rig.now - before, Millis(20));
  EXPECT_EQ(signals[0].loss.verdict, Verdict::kLossy);
  EXPECT_EQ(signals[0].loss.worse, (LossCount{.sent = 199, .lost = 41}));
  EXPECT_EQ(signals[0].rtt_us, 1500U);
  EXPECT_EQ(signals[0].p95_us, 1700U);
}

TEST_F(LivenessScan, ALittleLossOfTheBoundTransportIsNoNews) {
  Probe(0);
  Said();
  std::size_t signals = 0;
  for (int i = 0; i < 90; ++i) {
    Send(0, 9);
    Lose(0, 1);
    Probe(0);
    signals += Wait(Millis(100)).size();
  }
  EXPECT_EQ(signals, 0U) << "9 seconds with a tenth lost";
}

TEST_F(LivenessScan, SaysOfAStandbyThatAProbeWasLostAndWhenThatIsForgotten) {
  Probe(0);
  Probe(1);
  Said();
  Lose(1, 1);
  Probe(1);
  auto signals = SignalsWithin(Millis(40));
  ASSERT_EQ(signals.size(), 1U);
  EXPECT_EQ(signals[0].loss.verdict, Verdict::kUnknown);
  EXPECT_TRUE(signals[0].loss.gap);
  std::vector<HealthSignal> later;
  for (int i = 0; i < 12; ++i) {
    Probe(0);
    Probe(1);
    for (const auto& signal : SignalsWithin(Millis(250))) later.push_back(signal);
  }
  ASSERT_EQ(later.size(), 1U);
  EXPECT_EQ(later[0].transport, TransportId{1});
  EXPECT_FALSE(later[0].loss.gap);
}

TEST_F(LivenessScan, CountsWhatTheClientSaysThatItLost) {
  Probe(0);
  Said();
  for (int i = 0; i < 100; ++i) Probe(0);  // each is answered
  Said();
  Probe(0, {.judged = 100, .arrived = 70});
  const auto signals = rig.Signals(HealthSignal::Kind::kTransport);
  ASSERT_EQ(signals.size(), 1U);
  EXPECT_EQ(signals[0].loss.verdict, Verdict::kLossy);
  EXPECT_EQ(signals[0].loss.worse, (LossCount{.sent = 100, .lost = 30}));
}

TEST_F(LivenessScan, AnAccountAlsoComesOnAnotherTransport) {
  Probe(0);
  Probe(1);
  Said();
  Send(0, 60);
  Lose(0, 40);
  Bytes plaintext(kPathReportBytes);
  EncodePathFrame(PathReport{.transport = TransportId{0}, .sent = 101, .received = {}}, plaintext);
  rig.FromWan(rig.WanFrame(peer.Seal(1, plaintext), false, 40001));
  const auto signals = SignalsWithin(Millis(40));
  ASSERT_EQ(signals.size(), 1U);
  EXPECT_EQ(signals[0].transport, TransportId{0});
  EXPECT_EQ(signals[0].loss.worse, (LossCount{.sent = 100, .lost = 40}));
}

TEST_F(LivenessScan, WhatWasLostInAFatalSilenceDoesNotCount) {
  Probe(0);
  Said();
  Lose(0, 300);
  Wait(Millis(2100));
  Probe(0);
  for (const auto& signal : SignalsWithin(Millis(100))) {
    EXPECT_EQ(signal.loss, LossStanding{});
  }
}

TEST_F(LivenessScan, SaysThatHeartbeatsAreMissingWhileOtherFramesCome) {
  SessionProgram program = rig.ProgramFor(peer, Generation{2});
  program.heartbeats_after = Millis(1000);
  rig.Install(program);
  Probe(0);
  Said();
  std::vector<HealthSignal> signals;
  for (int ms = 0; ms < 1100 && signals.empty(); ms += 10) {
    Send(0, 1);
    signals = SignalsWithin(Millis(10));
    if (!signals.empty()) {
      EXPECT_GT(ms, 980);
    }
  }
  ASSERT_FALSE(signals.empty());
  EXPECT_TRUE(signals[0].heartbeats_missed);
  EXPECT_EQ(signals[0].life, Life::kFresh);
  Probe(0);
  signals = rig.Signals(HealthSignal::Kind::kTransport);
  ASSERT_EQ(signals.size(), 1U);
  EXPECT_FALSE(signals[0].heartbeats_missed);
}

TEST_F(LivenessScan, SaysEverythingOfAWatchedSession) {
  SessionProgram program = rig.ProgramFor(peer, Generation{2});
  program.watched = true;
  rig.Install(program);
  Probe(0);
  Said();
  for (int i = 0; i < 20; ++i) {
    Wait(Millis(100));
    Probe(0);
    EXPECT_THAT(Said(), ElementsAre("0 fresh 0"));
  }
}

TEST_F(LivenessScan, SaysAnEdgeAgainThatFoundTheRingFull) {
  while (rig.lane.signals.TryPush(HealthSignal{})) {
  }
  Probe(0);
  EXPECT_GT(rig.Dropped(DropReason::kLaneFull), 0U);
  rig.Signals();
  Probe(0);
  EXPECT_THAT(Said(), ElementsAre("0 fresh 0"));
  Wait(Millis(400));
  while (rig.lane.signals.TryPush(HealthSignal{})) {
  }
  for (int i = 0; i < 200; ++i) {
    rig.Advance(Millis(1));
    rig.Scan();
  }
  rig.Signals();
  const auto said = Wait(Millis(20));
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].substr(0, 7), "0 stale");
}

TEST_F(LivenessScan, SaysNothingOfARemovedSession) {
  Probe(0);
  SessionProgram removal;
  removal.session = kSlot;
  removal.generation = Generation{2};
  rig.Run(removal);
  Said();
  EXPECT_THAT(Wait(Millis(3000)), IsEmpty());
}

// 25 days of uptime are more than 31 bits of milliseconds, 50 more than 32.
TEST(LivenessClock, SurvivesTheWrapOfItsMilliseconds) {
  for (const int days : {24, 25, 49, 50}) {
    ForwarderRig rig;
    TunnelPeer peer(kSlot, kSelf, Suite::kAes128Gcm, 1);
    rig.now = Instant(std::chrono::hours(24 * days + 20));
    rig.Install(rig.ProgramFor(peer, Generation{1}));
    const Bytes inner = InnerPacket(Ip("10.64.0.5"), Ip("10.0.0.9"));
    rig.FromWan(rig.WanFrame(peer.Seal(0, inner)));
    rig.Signals();
    std::vector<Life> lives;
    for (int ms = 0; ms < 2100; ++ms) {
      rig.Advance(Millis(1));
      rig.Scan();
      for (const auto& signal : rig.Signals(HealthSignal::Kind::kTransport)) {
        if (lives.empty() || lives.back() != signal.life) lives.push_back(signal.life);
      }
    }
    EXPECT_THAT(lives, ElementsAre(Life::kStale, Life::kSilent)) << days;
  }
}

}  // namespace
}  // namespace jvpn::testing
