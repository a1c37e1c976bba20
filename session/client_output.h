// ClientOutput: what the client's half of a session wants done, as values
// (session/client_session.h).
//
// Three lists, each in the order in which it happened; between them no order is promised. The
// caller empties them after every event; a vector keeps its memory, so a busy client allocates
// frames only.
#pragma once

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "session/effect.h"
#include "session/reason.h"
#include "wire/handshake_frame.h"
#include "wire/ip_address.h"

namespace jvpn {

struct SendDatagram {
  TransportId transport{};
  Bytes bytes;
};

// The tunnel interface's settings, once, before Attached.
struct Configure {
  Prefix inner_v4;  // family kNone = no such address
  Prefix inner_v6;
  std::uint16_t mtu = 0;
  std::vector<Prefix> routes;
};

struct Attached {
  SessionId session;
  TransportId transport{};
};

// Why a client that never attached gave up; for the sentence that its user reads.
enum class HandshakeFailure : std::uint8_t {
  kNone,       // it had attached
  kNoUplink,   // no transport was usable in all that time
  kNoAnswer,   // nothing came back
  kBadAnswer,  // answers came, none authenticated: a wrong key at one of the ends
  kNoAttach,   // accepted, but no data frame was ever answered
  kRefused,    // the gateway said why, see `refusal`
};

// The end: no key exists any more and every further event does nothing.
struct Ended {
  Reason reason{};
  HandshakeFailure handshake = HandshakeFailure::kNone;
  HandshakeStatus refusal = HandshakeStatus::kAccepted;
  // What the gateway wrote into its CLOSE, when it was the gateway that ended the session.
  std::optional<CloseReason> told = std::nullopt;
};

using ClientNotice = std::variant<Configure, Attached, Emit, Ended>;

struct ClientOutput {
  std::vector<SendDatagram> datagrams;
  std::vector<Bytes> packets;  // for the tunnel interface
  std::vector<ClientNotice> notices;

  void Clear() {
    datagrams.clear();
    packets.clear();
    notices.clear();
  }
};

}  // namespace jvpn
