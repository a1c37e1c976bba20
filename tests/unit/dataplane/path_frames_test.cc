#include <gtest/gtest.h>

#include "tests/unit/dataplane/forwarder_rig.h"
#include "wire/path_frame.h"

namespace jvpn::testing {
namespace {

constexpr SessionSlot kSlot{3};
constexpr WorkerId kSelf{0};

Bytes Encoded(const std::vector<PathFrame>& frames, std::size_t padded_to = 0) {
  Bytes plaintext(1400);
  std::size_t size = 0;
  for (const PathFrame& frame : frames) {
    size += EncodePathFrame(frame, MutableBytes(plaintext).subspan(size));
  }
  plaintext.resize(std::max(size, padded_to));
  return plaintext;
}

Probe Numbered(std::uint32_t sequence) {
  Probe probe;
  probe.sequence = sequence;
  probe.sent_at = 0xabcdef;
  return probe;
}

class PathFrames : public ::testing::TestWithParam<bool> {
 protected:
  PathFrames() {
    rig.Install(rig.ProgramFor(peer, Generation{1}, outer_v6));
    rig.Signals();
  }
  Outcome Send(std::uint32_t transport, const Bytes& plaintext, std::uint16_t port = 40000) {
    return rig.FromWan(rig.WanFrame(peer.Seal(transport, plaintext), outer_v6, port));
  }

  const bool outer_v6 = GetParam();
  ForwarderRig rig;
  TunnelPeer peer{kSlot, kSelf, Suite::kAes256Gcm, 1};
};
INSTANTIATE_TEST_SUITE_P(OverV4AndV6, PathFrames, ::testing::Bool());

TEST_P(PathFrames, AnswersAProbeOnItsTransportWithTokenAndSums) {
  Send(1, Encoded({Numbered(1)}), 40001);
  const Outcome out = Send(1, Encoded({Numbered(7)}), 40001);
  ASSERT_EQ(out.fate, Fate::kTransmit);
  EXPECT_EQ(out.side, PortSide::kWan);
  const auto read = ReadEthernet(out.frame);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->link.to, kWanRouterMac);
  EXPECT_EQ(read->link.from, kWanMac);
  const auto udp = ReadUdpPacket(*read);
  ASSERT_TRUE(udp.has_value());
  EXPECT_EQ(udp->from, At(outer_v6 ? "2001:db8:1::1" : "192.0.2.1", kListenPort));
  EXPECT_EQ(udp->to, At(outer_v6 ? "2001:db8:9::7" : "198.51.100.7", 40001));
  const auto plaintext = peer.Open(1, udp->payload);
  ASSERT_TRUE(plaintext.has_value());
  const ProbeReply expected{.sequence = 7,
                            .sent_at = 0xabcdef,
                            .token = {rig.config.token_instance, 1'000'000},
                            // The first frame begins the account.
                            .received = {.judged = 1, .arrived = 1}};
  EXPECT_EQ(*plaintext, Encoded({expected}));
  EXPECT_EQ(peer.last_opened(), 1U) << "its counters grow by one";
  EXPECT_EQ(rig.stats.probes_answered.Get(), 2U);
}

TEST_P(PathFrames, AnswersAReportWithItsOwnOfThatTransport) {
  Send(0, Encoded({Probe{}}));
  Send(0, Encoded({Probe{}}));
  const PathReport theirs{.transport = TransportId{0}, .sent = 2, .received = {}};
  const Outcome out = Send(1, Encoded({Numbered(1), theirs}), 40001);
  ASSERT_EQ(out.fate, Fate::kTransmit);
  const auto plaintext = peer.Open(1, ReadUdpPacket(*ReadEthernet(out.frame))->payload);
  ASSERT_TRUE(plaintext.has_value());
  PathFrameReader reader(*plaintext);
  ASSERT_TRUE(std::holds_alternative<ProbeReply>(*reader.Next()));
  const PathReport ours{
      .transport = TransportId{0}, .sent = 2, .received = {.judged = 1, .arrived = 1}};
  EXPECT_EQ(reader.Next(), PathFrame(ours));
}

TEST_P(PathFrames, AReportOfNoTransportOrOfOneNeverHeardMovesNothing) {
  PathReport report{.transport = TransportId{200}, .sent = 9, .received = {}};
  EXPECT_EQ(Send(0, Encoded({report})).fate, Fate::kRelease);
  report.transport = TransportId{1};
  report.received = {.judged = 5, .arrived = 1};
  EXPECT_EQ(Send(0, Encoded({report})).fate, Fate::kTransmit);
  EXPECT_EQ(rig.Signals(HealthSignal::Kind::kTransport).size(), 1U) << "that 0 lives";
  EXPECT_EQ(rig.DroppedInAll(), 0U);
}

TEST_P(PathFrames, AnswersNoMoreThanEightOfOneFrame) {
  Bytes plaintext;
  for (std::uint32_t i = 0; i < 12; ++i) {
    const Bytes one = Encoded({Numbered(i)});
    plaintext.insert(plaintext.end(), one.begin(), one.end());
  }
  const Outcome out = Send(0, plaintext);
  const auto answer = peer.Open(0, ReadUdpPacket(*ReadEthernet(out.frame))->payload);
  EXPECT_EQ(answer->size(), kMaxAnswersPerFrame * kProbeReplyBytes);
}

TEST_P(PathFrames, SaysThatASessionIsWatchedSoThatTheClientProbesFaster) {
  SessionProgram program = rig.ProgramFor(peer, Generation{2}, outer_v6);
  program.watched = true;
  rig.Run(program);
  const Outcome out = Send(0, Encoded({Numbered(1)}));
  const auto plaintext = peer.Open(0, ReadUdpPacket(*ReadEthernet(out.frame))->payload);
  PathFrameReader reader(*plaintext);
  EXPECT_TRUE(std::get<ProbeReply>(*reader.Next()).suspect);
}

TEST_P(PathFrames, AnswersToTheValidatedAddressNotToWhereTheProbeCameFrom) {
  const Outcome out = Send(0, Encoded({Probe{}}), 55555);
  const auto udp = ReadUdpPacket(*ReadEthernet(out.frame));
  ASSERT_TRUE(udp.has_value());
  EXPECT_EQ(udp->to.port, 40000);
}

TEST_P(PathFrames, AnswersNothingOnATransportThatIsNotValidated) {
  SessionProgram program = rig.ProgramFor(peer, Generation{2}, outer_v6);
  program.transports[1].validated = false;
  rig.Run(program);
  rig.Signals();
  EXPECT_EQ(Send(1, Encoded({Probe{}}), 40001).fate, Fate::kRelease);
  EXPECT_EQ(rig.Dropped(DropReason::kNotValidated), 1U);
  EXPECT_TRUE(rig.Signals(HealthSignal::Kind::kNewAddress).empty());
}

TEST_P(PathFrames, PassesChallengesAndResponsesToTheControlCore) {
  const Bytes plaintext = Encoded({PathChallenge{0x1234}}, 1168);
  Send(0, plaintext);
  EXPECT_EQ(Send(1, plaintext, 41000).fate, Fate::kRelease);
  const auto frames = rig.Frames();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[1].kind, UpFrame::Kind::kPathFrames);
  EXPECT_EQ(frames[1].session, kSlot);
  EXPECT_EQ(frames[1].transport, TransportId{1});
  EXPECT_TRUE(frames[1].highest);
  EXPECT_EQ(frames[1].remote, At(outer_v6 ? "2001:db8:9::7" : "198.51.100.7", 41000));
  EXPECT_EQ(frames[1].local, At(outer_v6 ? "2001:db8:1::1" : "192.0.2.1", kListenPort));
  EXPECT_EQ(Bytes(frames[1].bytes.view().begin(), frames[1].bytes.view().end()), plaintext);
  EXPECT_EQ(rig.DroppedInAll(), 0U);
}

TEST_P(PathFrames, DoesBothForAProbeBesideAResponse) {
  EXPECT_EQ(Send(0, Encoded({PathResponse{5}, Probe{}})).fate, Fate::kTransmit);
  EXPECT_EQ(rig.Frames().size(), 1U);
}

TEST_P(PathFrames, CountsWhatDoesNotParse) {
  Bytes unknown = {9};
  Bytes dirty_padding = Encoded({Probe{}}, 50);
  dirty_padding.back() = 1;
  EXPECT_EQ(Send(0, unknown).fate, Fate::kRelease);
  EXPECT_EQ(Send(0, dirty_padding).fate, Fate::kRelease);
  EXPECT_EQ(Send(0, Encoded({ProbeReply{}})).fate, Fate::kRelease);
  EXPECT_EQ(rig.Dropped(DropReason::kMalformedInner), 3U);
}

TEST_P(PathFrames, CountsWhatTheControlCoreHasNoRoomFor) {
  for (std::uint32_t i = 0; i < kLaneFrames + 3; ++i) Send(0, Encoded({PathChallenge{i}}));
  EXPECT_EQ(rig.Dropped(DropReason::kLaneFull), 3U);
}

TEST_P(PathFrames, SealsWhatTheControlCoreSaysToTheAddressItNames) {
  SendSealed send;
  send.session = kSlot;
  send.generation = Generation{1};
  send.transport = TransportId{1};
  send.remote = At(outer_v6 ? "2001:db8:9::99" : "198.51.100.99", 4242);
  send.local = At(outer_v6 ? "2001:db8:1::1" : "192.0.2.1", kListenPort);
  send.next_hop = outer_v6 ? kWanRouterV6 : kWanRouterV4;
  const Bytes plaintext = Encoded({PathChallenge{77}}, 1168);
  send.plaintext.Assign(plaintext);
  const auto out = rig.Run(send);
  ASSERT_EQ(out.size(), 1U);
  ASSERT_EQ(out[0].fate, Fate::kTransmit);
  const auto udp = ReadUdpPacket(*ReadEthernet(out[0].frame));
  ASSERT_TRUE(udp.has_value());
  EXPECT_EQ(udp->to, send.remote);
  EXPECT_EQ(udp->payload.size(), kPathChallengeBytes);
  EXPECT_EQ(peer.Open(1, udp->payload), plaintext);
}

TEST_P(PathFrames, SealsNothingForAProgramThatIsNotInForce) {
  SendSealed send;
  send.session = kSlot;
  send.generation = Generation{2};
  send.transport = TransportId{0};
  send.remote = At("198.51.100.99", 4242);
  send.local = At("192.0.2.1", kListenPort);
  EXPECT_TRUE(rig.Run(send).empty());
  send.generation = Generation{1};
  send.transport = TransportId{2};
  EXPECT_TRUE(rig.Run(send).empty()) << "not in use";
  EXPECT_EQ(rig.Dropped(DropReason::kUnknownFlow), 2U);
}

TEST_P(PathFrames, SealsNothingWithoutANextHop) {
  SendSealed send;
  send.session = kSlot;
  send.transport = TransportId{0};
  send.remote = At("198.51.100.99", 4242);
  send.local = At("192.0.2.1", kListenPort);
  EXPECT_TRUE(rig.Run(send).empty());
  EXPECT_EQ(rig.Dropped(DropReason::kNoNeighbor), 1U);
  const auto asked = rig.Signals(HealthSignal::Kind::kNeedNeighbor);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].remote.address, Ip("192.0.2.254"));
}

TEST_P(PathFrames, CountsAMissingBuffer) {
  SendSealed send;
  send.session = kSlot;
  send.transport = TransportId{0};
  send.remote = At("198.51.100.99", 4242);
  send.local = At("192.0.2.1", kListenPort);
  send.next_hop = kWanRouterV4;
  rig.buffers_left = false;
  EXPECT_TRUE(rig.Run(send).empty());
  EXPECT_EQ(rig.Dropped(DropReason::kNoBuffer), 1U);
}

TEST_P(PathFrames, AsksForTheNeighborOfAnUnreachablePeer) {
  rig.Run(NeighborProgram{outer_v6 ? kWanRouterV6 : kWanRouterV4,
                          PortSide::kWan,
                          Ip(outer_v6 ? "2001:db8:1::fe" : "192.0.2.254"),
                          {}});
  EXPECT_EQ(Send(0, Encoded({Probe{}})).fate, Fate::kRelease);
  const auto asked = rig.Signals(HealthSignal::Kind::kNeedNeighbor);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].remote.address, Ip(outer_v6 ? "2001:db8:1::fe" : "192.0.2.254"));
  EXPECT_EQ(rig.Dropped(DropReason::kNoNeighbor), 1U);
}

}  // namespace
}  // namespace jvpn::testing
