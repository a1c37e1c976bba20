// PathValidator: the challenges that are out for one session's transports.
//
// An address is proved when the answer to a challenge comes from it. Nothing is sent here; the
// caller sends what Begin() returns and acts on what Answered() returns.
//
// Units      Challenge values are 64 random bits. An unanswered one is given up after 3 s.
// When full  The oldest challenge makes room: at most kMaxChallenges are out for a session.
// Source     docs/wire.md 5.3; RFC 9000, 8.2 for the shape.
#pragma once

#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "wire/ip_address.h"

namespace jvpn {

struct PathChallengeOut {
  TransportId transport = TransportId::kNone;
  Endpoint remote;  // challenged
  Endpoint local;
  std::uint64_t value = 0;
  bool asked = false;  // the peer sent a PATH_CHALLENGE from there, it did not only appear there
  Instant begun_at{};
  Instant sent_at{};
};

class PathValidator {
 public:
  static constexpr std::size_t kMaxChallenges = 8;

  // The value to send to `remote` now: a new one, or the one that is out. nullopt when it was sent
  // less than 100 ms ago. `asked`: the peer itself wants the transport validated there.
  std::optional<std::uint64_t> Begin(TransportId transport, const Endpoint& remote,
                                     const Endpoint& local, bool asked, Instant now,
                                     Random& random);
  // The challenge that `value`, coming from `remote` on `transport`, answers; it is out no more.
  std::optional<PathChallengeOut> Answered(TransportId transport, const Endpoint& remote,
                                           std::uint64_t value, Instant now);

 private:
  void Expire(Instant now);

  std::vector<PathChallengeOut> out_;
};

}  // namespace jvpn
