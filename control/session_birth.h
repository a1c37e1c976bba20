// SessionBirth: turns an authenticated handshake into a session, and its first frame into an
// attachment.
//
// The session's program is in the owner's ring before the response: the client's first frame finds
// it. Its transport counts as validated for the worker at once, although the source has proved
// nothing yet: the worker answers only what authenticates, and no answer is longer than what it
// answers.
#pragma once

#include "control/handshake_responder.h"
#include "control/session_runner.h"

namespace jvpn {

class SessionBirth {
 public:
  SessionBirth(ControlState& state, FrameSender& sender, SessionRunner& runner)
      : state_(state), sender_(sender), runner_(runner), responder_(state) {}

  // A handshake init as it came up from worker `lane`.
  void OnInit(WorkerId lane, const UpFrame& frame, Instant now);
  // How many inits have cost public-key work so far.
  std::uint64_t worked() const { return responder_.worked(); }
  // The first authenticated frame on the handshake's transport: row B1. An older session of the
  // peer ends first (K3). False when the session is gone.
  bool Attach(SessionEntry& entry, Instant now);

 private:
  void Refuse(WorkerId lane, const UpFrame& frame, HandshakeResponder::Init& init,
              HandshakeStatus status);
  void Begin(WorkerId lane, const UpFrame& frame, HandshakeResponder::Init& init, Instant now);
  void Answer(WorkerId lane, const UpFrame& frame, ByteView response);
  std::optional<Suite> Choose(const std::vector<std::uint8_t>& offered) const;
  std::size_t Granted(const HandshakeResponder::Init& init) const;
  SessionId DrawId();
  ResponsePayload Describe(const SessionEntry& entry, Instant now) const;

  ControlState& state_;
  FrameSender& sender_;
  SessionRunner& runner_;
  HandshakeResponder responder_;
};

}  // namespace jvpn
