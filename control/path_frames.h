// PathFrames: challenges and responses in both directions; proves and moves transports' addresses
// (docs/wire.md 5.3).
//
// The worker has opened and authenticated what comes here. Answers are never longer than what they
// answer, so nobody is made to flood an address.
#pragma once

#include "control/session_runner.h"

namespace jvpn {

class PathFrames {
 public:
  PathFrames(ControlState& state, FrameSender& sender, SessionRunner& runner)
      : state_(state), sender_(sender), runner_(runner) {}

  // A plaintext with a challenge or a response in it.
  void OnPlaintext(WorkerId lane, const UpFrame& frame, Instant now);
  // P1: an authenticated frame with the highest counter came from another address.
  void OnNewAddress(SessionEntry& entry, TransportId transport, const Endpoint& remote,
                    const Endpoint& local, Instant now);
  // Asks `remote` to prove that it is the peer's, in the shortest frame there is.
  void Challenge(SessionEntry& entry, TransportId transport, const Endpoint& remote,
                 const Endpoint& local, Instant now);

 private:
  void OnChallenge(SessionEntry& entry, const UpFrame& frame, std::uint64_t value, Instant now);
  bool OnResponse(SessionEntry& entry, const UpFrame& frame, std::uint64_t value, Instant now);
  // The peer says that it hears nothing on its bound transport.
  bool Abandon(SessionEntry& entry, TransportId transport, Instant now);

  ControlState& state_;
  FrameSender& sender_;
  SessionRunner& runner_;
};

}  // namespace jvpn
