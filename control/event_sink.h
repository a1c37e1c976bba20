// EventSink: where the control core's audit events go. Never blocks, never fails (requirements
// C-38).
#pragma once

#include "session/event.h"

namespace jvpn {

class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void Append(const Event& event) = 0;
};

}  // namespace jvpn
