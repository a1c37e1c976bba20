// SessionRestorer: makes sessions of the records that an earlier process left (requirements 7).
//
//   unreadable, or its keys are lost            G4
//   its lifetime is over, downtime included     G1
//   the configuration has no place for it       G3: the operator took its peer or its address away
//   else                                        X1 to X4, and the client is called
//
// Its flow indices stay what they were, so control frames find it; no worker knows it before a
// commit has made traffic keys.
#pragma once

#include "control/session_runner.h"

namespace jvpn {

class SessionRestorer {
 public:
  SessionRestorer(ControlState& state, SessionRunner& runner, SessionKeeper& keeper)
      : state_(state), runner_(runner), keeper_(keeper) {}

  void Restore(const SessionKeeper::Loaded& loaded, Instant now);

 private:
  // Nothing was taken yet: the events of the end, and the record goes.
  void End(SessionMachine machine, const Input& input, Instant now);
  SessionEntry* Place(const SessionRecord& record, std::size_t peer);

  ControlState& state_;
  SessionRunner& runner_;
  SessionKeeper& keeper_;
};

}  // namespace jvpn
