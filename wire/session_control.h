// Session control frames: header and messages (docs/wire.md 6). Sealing is crypto/control_seal.h.
#pragma once

#include <optional>
#include <variant>

#include "base/bytes.h"
#include "base/ids.h"
#include "wire/token.h"

namespace jvpn {

inline constexpr std::size_t kControlHeaderBytes = 8;
inline constexpr std::size_t kControlNonceBytes = 24;
inline constexpr std::size_t kControlOverheadBytes = kControlHeaderBytes + kControlNonceBytes + 16;

// kRestart: of a SOLICIT only.
enum class ReattachCause : std::uint8_t { kDead = 1, kQuality = 2, kRestart = 3 };

// What one end adds to the keys of an epoch (docs/wire.md 2).
using EpochRandom = std::array<std::uint8_t, 16>;

// Wire numbers of the reasons a session ends (docs/wire.md 7).
enum class CloseReason : std::uint8_t {
  kSessionLifetimeExceeded = 1,
  kTransportTtlExceeded = 2,
  kOperatorTerminated = 3,
  kHardSystemFailure = 4,
  kPeerTerminated = 5,
  kSecurityFailure = 6,
  kRecoveryWindowExpired = 7,
  kHandshakeRejected = 8,
};

struct ReattachRequest {
  ReattachCause cause = ReattachCause::kDead;
  TransportId transport{};
  std::uint32_t binding_epoch = 0;
  std::uint64_t counter = 0;
  SessionId session_id;
  Token token;
  EpochRandom random{};  // the same in all requests of one binding epoch
  friend bool operator==(const ReattachRequest&, const ReattachRequest&) = default;
};
struct ReattachAck {
  TransportId transport{};
  std::uint32_t binding_epoch = 0;  // the new one
  std::uint64_t counter = 0;        // of the request
  KeyEpoch key_epoch{1};            // in force from now on
  std::uint64_t boot_epoch = 0;     // of the process that began it
  EpochRandom random{};             // of the gateway
  friend bool operator==(const ReattachAck&, const ReattachAck&) = default;
};
struct ReattachDeny {
  std::uint64_t counter = 0;
  Token token;
  friend bool operator==(const ReattachDeny&, const ReattachDeny&) = default;
};
struct Solicit {
  ReattachCause cause = ReattachCause::kDead;
  TransportId transport{};
  std::uint32_t binding_epoch = 0;
  Token token;
  friend bool operator==(const Solicit&, const Solicit&) = default;
};
struct Close {
  CloseReason reason = CloseReason::kPeerTerminated;
  std::uint64_t counter = 0;
  SessionId session_id;
  friend bool operator==(const Close&, const Close&) = default;
};

// Of a client that hears nothing: is the gateway there, and has it lost the traffic keys?
struct Knock {
  std::uint64_t value = 0;  // of the CHECK that it answers, 0 = of none
  friend bool operator==(const Knock&, const Knock&) = default;
};
// Of a gateway without traffic keys: prove that you are where this goes.
struct Check {
  std::uint64_t value = 0;
  friend bool operator==(const Check&, const Check&) = default;
};

using SessionMessage =
    std::variant<ReattachRequest, ReattachAck, ReattachDeny, Solicit, Close, Knock, Check>;

// The clear part of a session control frame.
struct ControlHeader {
  FlowIndex flow;
};

void EncodeControlHeader(const ControlHeader& header, std::uint8_t* to);
// nullopt: not a session control frame of this version, or too short to hold a message.
std::optional<ControlHeader> DecodeControlHeader(ByteView frame);

Bytes EncodeSessionMessage(const SessionMessage& message);
// nullopt: unknown message, wrong length, reserved bits, or a value out of its enum.
std::optional<SessionMessage> DecodeSessionMessage(ByteView plaintext);

}  // namespace jvpn
