#include "dataplane/worker.h"

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include "tests/dataplane/counted_new.h"
#include "tests/dataplane/ring_rig.h"
#include "wire/path_frame.h"

namespace jvpn::testing {
namespace {

constexpr SessionSlot kSlot{3};
constexpr WorkerId kFirst{0};

struct Combination {
  Suite suite;
  bool outer_v6;
  bool inner_v6;
};

class WorkerCombination : public ::testing::TestWithParam<Combination> {};

TEST_P(WorkerCombination, CarriesPacketsBothWays) {
  const auto [suite, outer_v6, v6] = GetParam();
  const bool inner_v6 = v6;  // a structured binding is not captured before clang 16
  RingRig rig;
  TunnelPeer peer(kSlot, kFirst, suite, 1);
  rig.Install(rig.scene.ProgramFor(peer, Generation{1}, outer_v6), kFirst);
  const auto inside = [&](bool up, std::size_t size) {
    if (!inner_v6) return up ? InnerUp(size) : InnerDown(size);
    return up ? InnerPacket(Ip("fd00:64::5"), Ip("2001:db8:2::9"), size)
              : InnerPacket(Ip("2001:db8:2::9"), Ip("fd00:64::5"), size);
  };
  const auto rest = [&](const Bytes& ip) {
    return Bytes(ip.begin() + (inner_v6 ? 40 : 20), ip.end());
  };
  for (const std::size_t size : {80U, 1420U}) {
    rig.Arrive(PortSide::kWan, rig.scene.FromClient(peer.Seal(0, inside(true, size)), outer_v6));
    rig.Arrive(PortSide::kCore, rig.scene.FromHost(inside(false, size)));
    EXPECT_TRUE(rig.Poll());
    const auto up = rig.Sent(PortSide::kCore);
    ASSERT_EQ(up.size(), 1U);
    const auto forwarded = ReadEthernet(up[0]);
    ASSERT_TRUE(forwarded.has_value());
    EXPECT_EQ(forwarded->payload, rest(inside(true, size)));
    const auto down = rig.Sent(PortSide::kWan);
    ASSERT_EQ(down.size(), 1U);
    const auto udp = ReadUdpPacket(*ReadEthernet(down[0]));
    ASSERT_TRUE(udp.has_value());
    const auto opened = peer.Open(0, udp->payload);
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(rest(*opened), rest(inside(false, size)));
  }
  EXPECT_EQ(rig.DroppedInAll(), 0U);
  EXPECT_EQ(rig.Balance(), 0);
}

INSTANTIATE_TEST_SUITE_P(All, WorkerCombination,
                         ::testing::Values(Combination{Suite::kAes128Gcm, false, false},
                                           Combination{Suite::kAes128Gcm, false, true},
                                           Combination{Suite::kAes128Gcm, true, false},
                                           Combination{Suite::kAes128Gcm, true, true},
                                           Combination{Suite::kAes256Gcm, false, false},
                                           Combination{Suite::kAes256Gcm, false, true},
                                           Combination{Suite::kAes256Gcm, true, false},
                                           Combination{Suite::kAes256Gcm, true, true},
                                           Combination{Suite::kChaCha20Poly1305, false, false},
                                           Combination{Suite::kChaCha20Poly1305, false, true},
                                           Combination{Suite::kChaCha20Poly1305, true, false},
                                           Combination{Suite::kChaCha20Poly1305, true, true}));

Bytes ProbePlaintext() {
  Bytes plaintext(kProbeBytes);
  EncodePathFrame(Probe{}, plaintext);
  return plaintext;
}

class OneWorker : public ::testing::Test {
 protected:
  explicit OneWorker(const RingOptions& options = {}) : rig(options) {
    rig.Install(rig.scene.ProgramFor(peer, Generation{1}), kFirst);
  }
  Bytes Up(std::size_t size = 100) { return rig.scene.FromClient(peer.Seal(0, InnerUp(size))); }
  Bytes Down(std::size_t size = 100) const { return rig.scene.FromHost(InnerDown(size)); }

  RingRig rig;
  TunnelPeer peer{kSlot, kFirst, Suite::kAes128Gcm, 1};
};

TEST_F(OneWorker, AnswersAProbe) {
  rig.Arrive(PortSide::kWan, rig.scene.FromClient(peer.Seal(1, ProbePlaintext()), false, 40001));
  rig.Poll();
  const auto sent = rig.Sent(PortSide::kWan);
  ASSERT_EQ(sent.size(), 1U);
  const auto udp = ReadUdpPacket(*ReadEthernet(sent[0]));
  ASSERT_TRUE(udp.has_value());
  EXPECT_EQ(udp->to, At("198.51.100.7", 40001));
  EXPECT_EQ(peer.Open(1, udp->payload)->size(), kProbeReplyBytes);
  EXPECT_EQ(rig.Balance(), 0);
}

TEST_F(OneWorker, DeliversADuplicateInsideOneBurstOnce) {
  const Bytes frame = Up();
  for (int i = 0; i < 3; ++i) rig.Arrive(PortSide::kWan, frame);
  rig.Poll();
  EXPECT_EQ(rig.Sent(PortSide::kCore).size(), 1U);
  EXPECT_EQ(rig.Dropped(DropReason::kReplayed), 2U);
  EXPECT_EQ(rig.Balance(), 0);
}

TEST_F(OneWorker, TakesNoMoreThanABurstOfEachPortATurn) {
  for (std::uint32_t i = 0; i < kBurstPackets + 5; ++i) {
    rig.Arrive(PortSide::kWan, Up());
    rig.Arrive(PortSide::kCore, Down());
  }
  rig.Poll();
  EXPECT_EQ(rig.Sent(PortSide::kCore).size(), kBurstPackets);
  EXPECT_EQ(rig.Sent(PortSide::kWan).size(), kBurstPackets);
  rig.Poll();
  EXPECT_EQ(rig.Sent(PortSide::kCore).size(), 5U);
  EXPECT_EQ(rig.Sent(PortSide::kWan).size(), 5U);
  EXPECT_FALSE(rig.Poll());
  EXPECT_EQ(rig.dataplane->stats(0).idle_turns.Get() + 2, rig.dataplane->stats(0).turns.Get() - 1);
}

TEST_F(OneWorker, SendsWhatTheControlCoreSays) {
  SendLink send;
  send.side = PortSide::kCore;
  const Bytes arp = ArpRequest({kCoreHostMac, rig.scene.core_mac}, Ip("10.0.0.1"), Ip("10.0.0.9"));
  send.frame.Assign(arp);
  rig.Command(send);
  SendSealed sealed;
  sealed.session = kSlot;
  sealed.transport = TransportId{0};
  sealed.remote = At("198.51.100.9", 999);
  sealed.local = At("192.0.2.1", kListenPort);
  sealed.next_hop = kWanRouterV4;
  Bytes challenge(kPathChallengeBytes - 32);
  EncodePathFrame(PathChallenge{5}, challenge);
  sealed.plaintext.Assign(challenge);
  rig.Command(sealed);
  rig.Poll();
  EXPECT_EQ(rig.Sent(PortSide::kCore), std::vector<Bytes>{arp});
  const auto sent = rig.Sent(PortSide::kWan);
  ASSERT_EQ(sent.size(), 1U);
  const auto udp = ReadUdpPacket(*ReadEthernet(sent[0]));
  ASSERT_TRUE(udp.has_value());
  EXPECT_EQ(udp->to.port, 999);
  EXPECT_EQ(peer.Open(0, udp->payload), challenge);
  EXPECT_EQ(rig.Balance(), 0);
}

TEST_F(OneWorker, DropsAFrameInSeveralSegments) {
  rte_mbuf* head = rig.NewBuffer(Up());
  ASSERT_EQ(rte_pktmbuf_chain(head, rig.NewBuffer(Bytes(100))), 0);
  rig.ArriveBuffer(PortSide::kWan, head);
  rig.Poll();
  EXPECT_EQ(rig.Dropped(DropReason::kTooLong), 1U);
  EXPECT_EQ(rig.DroppedInAll(), 1U);
  EXPECT_EQ(rig.Balance(), 0);
}

TEST_F(OneWorker, RefusesATagThatTheDeviceTookOff) {
  rte_mbuf* tagged = rig.NewBuffer(Up());
  tagged->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
  tagged->vlan_tci = 7;
  rig.ArriveBuffer(PortSide::kWan, tagged);
  rig.Poll();
  EXPECT_EQ(rig.Dropped(DropReason::kMalformedEthernet), 1U);
}

TEST_F(OneWorker, CountsAnEmptyPool) {
  std::vector<rte_mbuf*> all;
  while (rte_mbuf* taken = rte_pktmbuf_alloc(rig.dataplane->pools().of(0))) all.push_back(taken);
  SendLink send;
  send.frame.Assign(Down());
  rig.Command(send);
  rig.Poll();
  EXPECT_EQ(rig.Dropped(DropReason::kNoBuffer), 1U);
  rte_pktmbuf_free_bulk(all.data(), static_cast<unsigned>(all.size()));
  EXPECT_EQ(rig.Balance(), 0);
}

class SmallPort : public OneWorker {
 protected:
  SmallPort() : OneWorker({.tx_room = 7}) {}
};

TEST_F(SmallPort, FreesAndCountsWhatThePortDoesNotTake) {
  for (int i = 0; i < 20; ++i) {
    rig.Arrive(PortSide::kWan, Up());
    rig.Arrive(PortSide::kCore, Down());
  }
  rig.Poll();
  EXPECT_EQ(rig.Dropped(DropReason::kTxFull), 26U);
  EXPECT_EQ(rig.Sent(PortSide::kWan).size(), 7U);
  EXPECT_EQ(rig.Sent(PortSide::kCore).size(), 7U);
  EXPECT_EQ(rig.DroppedInAll(), 26U);
  EXPECT_EQ(rig.Balance(), 0);
}

TEST_F(OneWorker, TakesNothingFromTheHeapOnceItRuns) {
  const auto traffic = [&] {
    for (int i = 0; i < 8; ++i) {
      rig.Arrive(PortSide::kWan, Up(100 + static_cast<std::size_t>(i)));
      rig.Arrive(PortSide::kCore, Down());
    }
    rig.Arrive(PortSide::kWan, rig.scene.FromClient(peer.Seal(0, ProbePlaintext())));
    rig.Arrive(PortSide::kWan, rig.scene.FromClient(peer.Seal(0, ProbePlaintext()), false, 55));
    rig.Arrive(PortSide::kCore, Down(1450));
    rig.Arrive(PortSide::kWan, rig.scene.FromClient(Bytes(64, 4)));
    rig.Command(rig.scene.ProgramFor(peer, Generation{2}));
    SendLink send;
    send.frame.Assign(Down());
    rig.Command(send);
  };
  const auto poll = [&] {
    const std::uint64_t before = HeapAllocations();
    for (int i = 0; i < 10; ++i) {
      rig.Poll();
      rig.now += Millis(100);
    }
    return HeapAllocations() - before;
  };
  traffic();
  poll();
  traffic();
  EXPECT_EQ(poll(), 0U);
  rig.Sent(PortSide::kWan);
  EXPECT_EQ(rig.Sent(PortSide::kCore).size(), 16U) << "it did work";
}

TEST_F(OneWorker, KeepsEveryBufferThroughAStormOfEverything) {
  std::uint64_t seed = 1;
  const auto next = [&] { return seed = seed * 6364136223846793005U + 1442695040888963407U; };
  for (int i = 0; i < 4000; ++i) {
    Bytes frame = i % 2 == 0 ? Up(40 + next() % 1300) : Down(40 + next() % 1500);
    // Half of them are spoiled somewhere, or cut.
    if (next() >> 40 & 1)
      frame[(next() >> 33) % frame.size()] ^= static_cast<std::uint8_t>(next() >> 50);
    if ((next() >> 40 & 7) == 0) frame.resize((next() >> 33) % frame.size());
    rig.Arrive(i % 2 == 0 ? PortSide::kWan : PortSide::kCore, frame);
    if (i % 16 == 0) {
      rig.Poll();
      rig.Sent(PortSide::kWan);
      rig.Sent(PortSide::kCore);
    }
    rig.now += Millis(1);
  }
  while (rig.Poll()) {
  }
  rig.Sent(PortSide::kWan);
  rig.Sent(PortSide::kCore);
  EXPECT_EQ(rig.Balance(), 0);
  EXPECT_GT(rig.dataplane->stats(0).uplink_packets.Get(), 500U);
  EXPECT_GT(rig.DroppedInAll(), 500U);
}

}  // namespace
}  // namespace jvpn::testing
