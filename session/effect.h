// Effect: what a session wants done, as values, in the order in which it must happen.
#pragma once

#include <variant>
#include <vector>

#include "session/event.h"
#include "wire/ip_address.h"
#include "wire/session_control.h"

namespace jvpn {

struct Emit {
  Event event;
};
// The outbound binding is `transport` from now on (kNone: none). A live previous one drains.
struct Bind {
  TransportId transport = TransportId::kNone;
  TransportId retired = TransportId::kNone;
  InstantMs drain_until{};
};
// Gateway: send SOLICIT on the target. Client: send a request on it, repeat until the attempt ends.
struct StartAttempt {
  TransportId target{};
  ReattachCause cause = ReattachCause::kDead;
};
// The attempt ended without commit; the client stops repeating.
struct EndAttempt {};
// Gateway: answer the request with this counter. kAck after a commit; kCachedAck repeats it;
// kLateAck tells whoever asks under the epoch before what that commit bound.
struct Answer {
  enum class Kind : std::uint8_t { kAck, kCachedAck, kLateAck, kDeny };
  Kind kind = Kind::kDeny;
  TransportId transport{};
  std::uint64_t counter = 0;
  TransportId committed = TransportId::kNone;  // kLateAck
};
// P4: send to `address` from now on.
struct Rebind {
  TransportId transport{};
  Endpoint address;
};
// Keys wiped, address and routes released, CLOSE to the peer (<= 3 copies), tombstone.
struct Teardown {
  Reason reason{};
};

using Effect = std::variant<Emit, Bind, StartAttempt, EndAttempt, Answer, Rebind, Teardown>;
using Effects = std::vector<Effect>;

}  // namespace jvpn
