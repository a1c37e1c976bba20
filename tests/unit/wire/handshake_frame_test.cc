#include "wire/handshake_frame.h"

#include <gtest/gtest.h>

#include <numeric>

namespace jvpn {
namespace {

constexpr std::size_t kInitFrameOverhead = 136;  // docs/wire.md 3.1: all but the payload
constexpr std::size_t kResponseFrameOverhead = 88;

Bytes Counting(std::size_t size) {
  Bytes bytes(size);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{1});
  return bytes;
}

InitPayload Init() {
  return {.timestamp = {0x40, 0, 0, 0, 0x65, 0x5e, 1, 2, 3, 4, 5, 6},
          .this_transport = 1,
          .suites = {3, 1},
          .flow_indices = {FlowIndex{0x01020304}, FlowIndex{0x11121314}}};
}

ResponsePayload Response() {
  ResponsePayload response;
  response.session_id.bytes.fill(0x5a);
  response.suite = 1;
  response.inner_mtu = 1420;
  response.inner_v4 = *Prefix::Parse("10.64.0.9/32");
  response.inner_v6 = *Prefix::Parse("fd00::9/128");
  response.token = {.instance = 0x6162636465666768, .time_ms = 0x7172};
  response.flow_indices = {FlowIndex{0x21222324}, FlowIndex{0x31323334}};
  response.policy = {{1, 28'800'000}, {32, 0}};
  response.routes = {*Prefix::Parse("10.0.0.0/8"), *Prefix::Parse("::/0")};
  return response;
}

TEST(HandshakeFrame, ReadsBackWhatItWrote) {
  const Bytes noise = Counting(400);
  for (const FrameType type : {FrameType::kHandshakeInit, FrameType::kHandshakeResponse}) {
    Bytes frame = EncodeHandshakeFrame(type, 0xc1c2c3c4, noise);
    ASSERT_EQ(frame.size(), 8 + 400 + 32U);
    frame[8 + 400] = 0x77;  // mac1, which the caller fills
    const auto decoded = DecodeHandshakeFrame(frame);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->type, type);
    EXPECT_EQ(decoded->handshake_index, 0xc1c2c3c4U);
    EXPECT_EQ(Bytes(decoded->noise.begin(), decoded->noise.end()), noise);
    EXPECT_EQ(decoded->mac_input.data(), frame.data());
    EXPECT_EQ(decoded->mac_input.size(), frame.size() - 32);
    ASSERT_EQ(decoded->mac1.size(), kMacBytes);
    EXPECT_EQ(decoded->mac1[0], 0x77);
  }
}

TEST(HandshakeFrame, IsRefusedOutsideTheLengthsOfItsType) {
  Bytes frame(2000);
  frame[1] = kWireVersion;
  for (std::size_t size = 0; size <= frame.size(); ++size) {
    const ByteView cut = ByteView(frame).first(size);
    frame[0] = 1;
    EXPECT_EQ(DecodeHandshakeFrame(cut).has_value(), size >= 400 && size <= 1200) << size;
    frame[0] = 2;
    EXPECT_EQ(DecodeHandshakeFrame(cut).has_value(), size >= 89 && size <= 1200) << size;
  }
}

TEST(HandshakeFrame, IsRefusedWhenVersionOrReservedDifferOrAResponseHasAMac2) {
  for (const FrameType type : {FrameType::kHandshakeInit, FrameType::kHandshakeResponse}) {
    const Bytes good = EncodeHandshakeFrame(type, 7, Counting(400));
    const bool response = type == FrameType::kHandshakeResponse;
    for (unsigned bit = 0; bit < good.size() * 8; ++bit) {
      const bool mac2 = bit >= (good.size() - kMacBytes) * 8;
      const bool fixed = bit < 32 || (response && mac2);
      Bytes frame = good;
      frame[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      EXPECT_EQ(DecodeHandshakeFrame(frame).has_value(), !fixed) << bit;
    }
  }
}

TEST(HandshakeFrame, Mac2CoversAllThatIsBeforeIt) {
  Bytes frame = EncodeHandshakeFrame(FrameType::kHandshakeInit, 7, Counting(400));
  frame.back() = 0x66;
  const auto decoded = DecodeHandshakeFrame(frame);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->mac2_input.size(), frame.size() - 16);
  EXPECT_EQ(decoded->mac2.size(), 16U);
  EXPECT_EQ(decoded->mac2.back(), 0x66);
}

TEST(InitPayload, ReadsBackWhatItWrote) {
  EXPECT_EQ(DecodeInitPayload(EncodeInitPayload(Init())), Init());
  InitPayload fullest = Init();
  fullest.suites = Counting(255);
  fullest.flow_indices.clear();
  for (std::uint32_t i = 1; i <= kMaxTransports; ++i) fullest.flow_indices.push_back({i});
  fullest.this_transport = kMaxTransports - 1;
  EXPECT_EQ(DecodeInitPayload(EncodeInitPayload(fullest)), fullest);
}

TEST(InitPayload, HasTheLayoutOfTheProtocolText) {
  Bytes expected = {0x40, 0, 0, 0, 0x65, 0x5e, 1, 2, 3,    4,    5,    6,   1,
                    2,    3, 1, 2, 1,    2,    3, 4, 0x11, 0x12, 0x13, 0x14};
  expected.resize(400 - kInitFrameOverhead);
  EXPECT_EQ(EncodeInitPayload(Init()), expected);
}

TEST(InitPayload, IsRefusedWhenCutAnywhere) {
  const Bytes payload = EncodeInitPayload(Init());
  for (std::size_t size = 0; size < payload.size(); ++size) {
    EXPECT_FALSE(DecodeInitPayload(ByteView(payload).first(size))) << size;
  }
}

TEST(InitPayload, MayBePaddedMoreButWithZerosOnly) {
  Bytes payload = EncodeInitPayload(Init());
  payload.resize(payload.size() + 40);
  EXPECT_EQ(DecodeInitPayload(payload), Init());
  for (std::size_t at = 25; at < payload.size(); ++at) {
    Bytes dirty = payload;
    dirty[at] = 1;
    EXPECT_FALSE(DecodeInitPayload(dirty)) << at;
  }
}

TEST(InitPayload, IsRefusedWhenACountOrIndexIsImpossible) {
  const auto with = [](std::size_t at, Bytes bytes) {
    Bytes payload = EncodeInitPayload(Init());
    std::copy(bytes.begin(), bytes.end(), payload.begin() + static_cast<std::ptrdiff_t>(at));
    return DecodeInitPayload(payload);
  };
  ASSERT_TRUE(with(12, {0}));                        // this transport: the other one
  EXPECT_FALSE(with(12, {2}));                       // beyond the count
  EXPECT_FALSE(with(13, {255}));                     // suites that swallow the transports
  EXPECT_FALSE(with(16, {0}));                       // no transport
  EXPECT_FALSE(with(16, {3}));                       // a flow index of 0
  EXPECT_FALSE(with(16, {18}));                      // too many
  EXPECT_FALSE(with(17, {0, 0, 0, 0}));              // a flow index of 0
  EXPECT_FALSE(with(17, {0x11, 0x12, 0x13, 0x14}));  // twice the same
}

TEST(ResponsePayload, ReadsBackWhatItWrote) {
  EXPECT_EQ(DecodeResponsePayload(EncodeResponsePayload(Response())), Response());
  ResponsePayload without = Response();
  without.inner_v4 = {};
  without.inner_v6 = {};
  without.policy.clear();
  without.routes.clear();
  EXPECT_EQ(DecodeResponsePayload(EncodeResponsePayload(without)), without);
}

TEST(ResponsePayload, HasTheLayoutOfTheProtocolText) {
  Bytes expected = {0};
  expected.insert(expected.end(), 16, 0x5a);
  const Bytes rest = {1,    0x05, 0x8c, 32,   10,   64,   0,    9,    128,  0xfd, 0,    0, 0,
                      0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    9, 0x61,
                      0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0,    0,    0,    0,    0, 0,
                      0x71, 0x72, 2,    0x21, 0x22, 0x23, 0x24, 0x31, 0x32, 0x33, 0x34, 2, 1,
                      0x01, 0xb7, 0x74, 0x00, 32,   0,    0,    0,    0,    2,    4,    8, 10,
                      0,    0,    0,    6,    0,    0,    0,    0,    0,    0,    0,    0, 0,
                      0,    0,    0,    0,    0,    0,    0,    0};
  expected.insert(expected.end(), rest.begin(), rest.end());
  EXPECT_EQ(EncodeResponsePayload(Response()), expected);
}

TEST(ResponsePayload, OfARefusalIsItsStatusAlone) {
  for (const HandshakeStatus status :
       {HandshakeStatus::kNoCommonSuite, HandshakeStatus::kNoInnerAddress,
        HandshakeStatus::kGatewayFull, HandshakeStatus::kPolicyDenied}) {
    ResponsePayload refusal;
    refusal.status = status;
    const Bytes payload = EncodeResponsePayload(refusal);
    EXPECT_EQ(payload, Bytes{static_cast<std::uint8_t>(status)});
    EXPECT_EQ(DecodeResponsePayload(payload), refusal);
    EXPECT_FALSE(DecodeResponsePayload(Bytes{static_cast<std::uint8_t>(status), 0}));
  }
  EXPECT_FALSE(DecodeResponsePayload(Bytes{5}));
  EXPECT_FALSE(DecodeResponsePayload({}));
}

TEST(ResponsePayload, IsRefusedAtAnyOtherLength) {
  Bytes payload = EncodeResponsePayload(Response());
  for (std::size_t size = 0; size < payload.size(); ++size) {
    EXPECT_FALSE(DecodeResponsePayload(ByteView(payload).first(size))) << size;
  }
  payload.push_back(0);
  EXPECT_FALSE(DecodeResponsePayload(payload));
}

TEST(ResponsePayload, IsRefusedWhenAnAddressIsImpossible) {
  const Bytes good = EncodeResponsePayload(Response());
  const auto with = [&good](std::size_t at, std::uint8_t value) {
    Bytes payload = good;
    payload[at] = value;
    return DecodeResponsePayload(payload).has_value();
  };
  const std::size_t v4 = 20, v6 = v4 + 5, routes = good.size() - 25;
  ASSERT_EQ(good[v4], 32);
  ASSERT_EQ(good[v6], 128);
  ASSERT_EQ(good[routes], 2);
  EXPECT_TRUE(with(v4, 24));
  EXPECT_FALSE(with(v4, 33));
  EXPECT_FALSE(with(v4, 0));  // "no address", but there is one
  EXPECT_FALSE(with(v6, 129));
  EXPECT_FALSE(with(v6, 0));
  EXPECT_FALSE(with(routes, 3));
  EXPECT_FALSE(with(routes + 1, 5));  // family
  EXPECT_FALSE(with(routes + 1, 6));  // an IPv4 route that claims to be IPv6: lengths no longer fit
  EXPECT_TRUE(with(routes + 2, 32));
  EXPECT_FALSE(with(routes + 2, 33));
}

TEST(ResponsePayload, FitsItsFrameAtItsFullest) {
  ResponsePayload fullest = Response();
  fullest.flow_indices.clear();
  for (std::uint32_t i = 1; i <= kMaxTransports; ++i) fullest.flow_indices.push_back({i});
  fullest.policy.assign(32, {1, 2});
  fullest.routes.assign(kMaxPushedRoutes, *Prefix::Parse("2001:db8::/32"));
  const Bytes payload = EncodeResponsePayload(fullest);
  EXPECT_LE(payload.size() + kResponseFrameOverhead, kMaxHandshakeResponse);
  EXPECT_EQ(DecodeResponsePayload(payload), fullest);
}

}  // namespace
}  // namespace jvpn
