#include "client/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/ending.h"

namespace jvpn {
namespace {

using ::testing::HasSubstr;

ClientView Attached() {
  ClientView view;
  view.attached = true;
  view.id.bytes[15] = 0xab;
  view.state = State::kAttached;
  view.state_version = 4;
  view.binding_epoch = 2;
  view.bound = TransportId{1};
  view.suite = Suite::kAes128Gcm;
  view.inner_v4 = *Prefix::Parse("10.9.0.2/24");
  view.inner_mtu = 1420;
  view.age_ms = 61'500;
  view.switches_last_minute = 1;
  view.drops[static_cast<std::size_t>(DropReason::kReplayed)] = 3;
  ClientTransportView dead;
  dead.id = TransportId{0};
  dead.remote = {*IpAddress::Parse("192.0.2.1"), 4600};
  dead.up = dead.validated = dead.dead = true;
  ClientTransportView bound;
  bound.id = TransportId{1};
  bound.remote = {*IpAddress::Parse("2001:db8::1"), 4600};
  bound.up = bound.validated = bound.fresh = bound.bound = true;
  bound.rtt_us = 40'250;
  bound.verdict = Verdict::kLossy;
  bound.loss = {.sent = 100, .lost = 21};
  bound.last_heard_ms_ago = 120;
  bound.sent = 10;
  bound.received = 9;
  view.transports = {dead, bound};
  return view;
}

const std::vector<TransportPlace> kPlaces = {{"eth0", {}}, {"wwan0", {}}};

TEST(Status, ReadsAsALineForTheSessionAndOneForEachTransport) {
  EXPECT_EQ(
      StatusText(StatusObject("jvpn0", Attached(), kPlaces)),
      "jvpn0: ATTACHED, session 000000000000000000000000000000ab, 61 s old\n"
      "  inner 10.9.0.2/24 no IPv6, mtu 1420, aes128gcm\n"
      "  bound to 1, binding epoch 2, 1 switches in the last minute\n"
      "    0 eth0            192.0.2.1:4600               dead     "
      "loss 0.0% of 0 (unknown), rtt -, heard never, sent 0, received 0\n"
      "  * 1 wwan0           [2001:db8::1]:4600           fresh    "
      "loss 21.0% of 100 (lossy), rtt 40.2 ms, heard 120 ms ago, sent 10, received 9\n"
      "  dropped replayed: 3\n");
}

TEST(Status, SaysHowLongASessionHasBeenWithoutATransport) {
  ClientView view = Attached();
  view.state = State::kDegraded;
  view.bound = TransportId::kNone;
  view.transportless_ms = 1234;
  const std::string text = StatusText(StatusObject("jvpn0", view, kPlaces));
  EXPECT_THAT(text, HasSubstr("bound to nothing"));
  EXPECT_THAT(text, HasSubstr("without a transport for 1234 ms"));
}

TEST(Status, OfAHandshakeNamesNoSession) {
  ClientView view;
  view.transports.resize(1);
  const nlohmann::json status = StatusObject("jvpn0", view, {{"eth0", {}}});
  EXPECT_FALSE(status.contains("session_id"));
  EXPECT_THAT(StatusText(status), HasSubstr("jvpn0: handshake running\n"));
}

TEST(Ending, NamesTheCauseAndHasAStatusOfItsOwn) {
  const auto handshake = [](HandshakeFailure failure, HandshakeStatus refusal = {}) {
    return Describe(Ended{Reason::kHandshakeRejected, failure, refusal, std::nullopt});
  };
  EXPECT_EQ(handshake(HandshakeFailure::kNoAnswer).status, ExitStatus::kNoAnswer);
  EXPECT_THAT(handshake(HandshakeFailure::kBadAnswer).sentence, HasSubstr("preshared_key_file"));
  EXPECT_EQ(handshake(HandshakeFailure::kRefused, HandshakeStatus::kGatewayFull).status,
            ExitStatus::kRefused);
  const Ending told = Describe(Ended{Reason::kPeerTerminated, HandshakeFailure::kNone,
                                     HandshakeStatus::kAccepted, CloseReason::kOperatorTerminated});
  EXPECT_EQ(told.status, ExitStatus::kEnded);
  EXPECT_EQ(told.sentence, "the gateway ended the session: operator_terminated");
  EXPECT_EQ(Describe(Ended{Reason::kTransportTtlExceeded}).sentence,
            "the session ended: transport_ttl_exceeded");
  EXPECT_EQ(Describe(Ended{Reason::kOperatorTerminated}).status, ExitStatus::kOk);
}

}  // namespace
}  // namespace jvpn
