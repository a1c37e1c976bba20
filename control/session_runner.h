// SessionRunner: feeds one session's machine and does what its effects say, in their order.
//
// Ownership  The control core. Step() may end the session: the entry is gone when it returns false.
// Order      A binding is programmed before any answer that announces it (invariant of wire.md 6.2:
// the
//            ring to the owner is in order).
#pragma once

#include "control/control_state.h"
#include "control/frame_sender.h"
#include "control/session_keeper.h"

namespace jvpn {

class SessionRunner {
 public:
  SessionRunner(ControlState& state, FrameSender& sender, SessionKeeper& keeper)
      : state_(state), sender_(sender), keeper_(keeper) {}

  // What an Answer needs to know of the request that is being judged.
  struct Request {
    ByteView frame;
    bool answerable = false;        // from its transport's proved address
    const EpochMix* mix = nullptr;  // of the key epoch that its commit begins
  };

  bool Step(SessionEntry& entry, const Input& input, Instant now, const Request& request);
  bool Step(SessionEntry& entry, const Input& input, Instant now);
  // A due timer: machine, repetitions, health.
  bool Wake(SessionEntry& entry, Instant now);

  // A valid request that would commit waits for the store (step 10 of requirements 5): true, and
  // its fate comes by SessionKeeper::TakeCommits(). False: it is to be judged now.
  bool AwaitStore(SessionEntry& entry, Reattach& input, const ReattachRequest& asked,
                  const Request& request, Instant now);
  // A restarted gateway calls on every transport that the record knows, until a commit.
  void CallAfterRestart(SessionEntry& entry, Instant now);
  // The same on one, for a client that has knocked there.
  void AnswerKnock(SessionEntry& entry, TransportId transport, Instant now);
  // Asks `remote` to prove that it is the peer's, without traffic keys.
  void SendCheck(SessionEntry& entry, TransportId transport, WorkerId lane, const UpFrame& frame,
                 Instant now);

  // session_health.cc.
  // Tells the machine what changed of one transport's facts.
  bool TellFacts(SessionEntry& entry, TransportId transport, Instant now);
  // Death, instability and stability that follow from what is known of the transport now.
  bool CheckHealth(SessionEntry& entry, TransportId transport, Instant now);

  // The transport's proved address from now on, for the worker too.
  void Prove(SessionEntry& entry, TransportId transport, const Endpoint& remote,
             const Endpoint& local, Instant now);
  // States the session's desire to the workers.
  void Program(const SessionEntry& entry, Instant now);
  // Inner destinations lead to the session.
  void SetRoutes(const SessionEntry& entry, Instant now);

 private:
  struct Performer;

  // When the active transport of an unattached session has been steady for long enough: a candidate
  // in place (active_stable). Empty when it is one already, or is not steady.
  static std::optional<InstantMs> StableAt(const SessionEntry& entry);
  void MoveBinding(SessionEntry& entry, const Bind& bind, const Request& request, Instant now);
  void BeginEpoch(SessionEntry& entry, const EpochMix& mix);
  void SendCall(SessionEntry& entry, TransportId id);
  void Store(SessionEntry& entry);
  Token FreshToken(Instant now) const;
  void SendSolicit(SessionEntry& entry, Instant now);
  void SendAnswer(SessionEntry& entry, const Answer& answer, const Request& request, Instant now);
  // What was made of the policy outside the machine, anew.
  void TakeUpPolicy(SessionEntry& entry, Instant now);
  void Bury(SessionEntry& entry, Reason reason, Instant now);
  void Arm(SessionEntry& entry, Instant now);

  ControlState& state_;
  FrameSender& sender_;
  SessionKeeper& keeper_;
};

}  // namespace jvpn
