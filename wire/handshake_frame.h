// Handshake frames and their payloads (docs/wire.md 3). Layout only: no key is touched here.
#pragma once

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/limits.h"
#include "wire/data_header.h"
#include "wire/ip_address.h"
#include "wire/token.h"

namespace jvpn {

inline constexpr std::uint8_t kWireVersion = 1;
inline constexpr std::size_t kMacBytes = 16;
inline constexpr std::size_t kHandshakeHeaderBytes = 8;
inline constexpr std::size_t kMinHandshakeInit = 400;
inline constexpr std::size_t kMaxHandshakeInit = 1200;
inline constexpr std::size_t kMaxHandshakeResponse = 1200;
inline constexpr std::size_t kTimestampBytes = 12;

// What both frames are made of: header, Noise message, mac1, mac2.
struct HandshakeFrame {
  FrameType type = FrameType::kHandshakeInit;
  std::uint32_t handshake_index = 0;
  ByteView noise;       // the Noise message, into the frame
  ByteView mac_input;   // all that mac1 covers
  ByteView mac1;        // 16 bytes
  ByteView mac2_input;  // all that mac2 covers: the frame up to it
  ByteView mac2;        // 16 bytes; zeros in a response
};

// nullopt: wrong type, version, reserved bits or length, or a response with a mac2. Checks nothing
// cryptographic.
std::optional<HandshakeFrame> DecodeHandshakeFrame(ByteView frame);

// Header || noise || zero mac1 || zero mac2; the caller fills mac1 (crypto/mac1.h) over
// frame.size() - 2 * kMacBytes bytes, and mac2 (crypto/cookie.h) of an init if it holds a cookie.
Bytes EncodeHandshakeFrame(FrameType type, std::uint32_t handshake_index, ByteView noise);

using Timestamp = std::array<std::uint8_t, kTimestampBytes>;  // TAI64N; compares as bytes

struct InitPayload {
  Timestamp timestamp{};
  std::uint8_t this_transport = 0;
  std::vector<std::uint8_t> suites;     // crypto/suite.h values, preferred first
  std::vector<FlowIndex> flow_indices;  // the client's, one a transport
  friend bool operator==(const InitPayload&, const InitPayload&) = default;
};

enum class HandshakeStatus : std::uint8_t {
  kAccepted = 0,
  kNoCommonSuite = 1,
  kNoInnerAddress = 2,
  kGatewayFull = 3,
  kPolicyDenied = 4,
};

struct ResponsePayload {
  HandshakeStatus status = HandshakeStatus::kAccepted;
  SessionId session_id;
  std::uint8_t suite = 0;
  std::uint16_t inner_mtu = 0;
  Prefix inner_v4;  // family kNone = no such address
  Prefix inner_v6;
  Token token;
  std::vector<FlowIndex> flow_indices;  // the gateway's, one a transport
  std::vector<std::pair<std::uint8_t, std::uint32_t>> policy;
  std::vector<Prefix> routes;
  friend bool operator==(const ResponsePayload&, const ResponsePayload&) = default;
};

// Padded with zeros so that the whole init frame is kMinHandshakeInit long at least.
Bytes EncodeInitPayload(const InitPayload& payload);
std::optional<InitPayload> DecodeInitPayload(ByteView payload);
Bytes EncodeResponsePayload(const ResponsePayload& payload);
std::optional<ResponsePayload> DecodeResponsePayload(ByteView payload);

}  // namespace jvpn
