// ControlFrames: session control frames from peers: reattach requests and CLOSE (docs/wire.md 6).
//
// A frame is attributed to session and transport by its flow index; the tag proves possession of
// the control key. What does not open costs a limited line in the audit log and nothing else.
#pragma once

#include "control/session_runner.h"

namespace jvpn {

class PathFrames;

class ControlFrames {
 public:
  ControlFrames(ControlState& state, FrameSender& sender, SessionRunner& runner, PathFrames& paths)
      : state_(state), sender_(sender), runner_(runner), paths_(paths) {}

  void OnFrame(WorkerId lane, const UpFrame& frame, Instant now);
  // A commit that has waited for the store.
  void OnStored(const SessionKeeper::Fate& fate, Instant now);

 private:
  void OnUnopened(SessionEntry& entry, TransportId transport, const UpFrame& frame, Instant now);
  void OnKnock(WorkerId lane, SessionEntry& entry, TransportId transport, const Knock& knock,
               const UpFrame& frame, Instant now);
  void Judge(SessionEntry& entry, const Reattach& input, ReattachCause cause,
             const SessionRunner::Request& request, Instant now);
  void OnRequest(WorkerId lane, SessionEntry& entry, TransportId transport,
                 const ReattachRequest& request, const UpFrame& frame, Instant now);
  void OnClose(SessionEntry& entry, const Close& close, Instant now);
  void OnLate(WorkerId lane, FlowIndex index, const UpFrame& frame, Instant now);

  ControlState& state_;
  FrameSender& sender_;
  SessionRunner& runner_;
  PathFrames& paths_;
};

}  // namespace jvpn
