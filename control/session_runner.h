// SessionRunner: feeds one session's machine and does what its effects say, in their order.
//
// Ownership  The control core. Step() may end the session: the entry is gone when it returns false.
// Order      A binding is programmed before any answer that announces it (invariant of wire.md 6.2:
// the
//            ring to the owner is in order).
#pragma once

#include "control/control_state.h"
#include "control/frame_sender.h"

namespace jvpn {

class SessionRunner {
 public:
  SessionRunner(ControlState& state, FrameSender& sender) : state_(state), sender_(sender) {}

  // What an Answer needs to know of the request that is being judged.
  struct Request {
    ByteView frame;
    bool answerable = false;  // from its transport's proved address
  };

  bool Step(SessionEntry& entry, const Input& input, Instant now, const Request& request);
  bool Step(SessionEntry& entry, const Input& input, Instant now);
  // A due timer: machine, repetitions, silence.
  bool Wake(SessionEntry& entry, Instant now);

  // Tells the machine what changed of one transport's facts.
  bool TellFacts(SessionEntry& entry, TransportId transport, Instant now);
  // Death, instability and stability that follow from silence or its end.
  bool CheckSilence(SessionEntry& entry, TransportId transport, Instant now);

  // The transport's proved address from now on, for the worker too.
  void Prove(SessionEntry& entry, TransportId transport, const Endpoint& remote,
             const Endpoint& local, Instant now);
  // States the session's desire to the workers.
  void Program(const SessionEntry& entry, Instant now);

 private:
  struct Performer;

  void MoveBinding(SessionEntry& entry, const Bind& bind, Instant now);
  void SendSolicit(SessionEntry& entry, Instant now);
  void SendAnswer(SessionEntry& entry, const Answer& answer, const Request& request, Instant now);
  // What was made of the policy outside the machine, anew.
  void TakeUpPolicy(SessionEntry& entry, Instant now);
  void Bury(SessionEntry& entry, Reason reason, Instant now);
  void Arm(SessionEntry& entry, Instant now);

  ControlState& state_;
  FrameSender& sender_;
};

}  // namespace jvpn
