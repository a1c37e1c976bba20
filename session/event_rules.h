// What requirements 4 and 10 say of a single event: which fields it must have, which class its
// reason belongs to, and whether an edge is in the table at all. For whoever judges a log from
// outside; written from the requirements, not from the machine.
#pragma once

#include <string_view>

#include "session/event.h"
#include "session/machine_state.h"

namespace jvpn {

// The JSON name of a field that the event must have and has not; empty when all are there.
std::string_view MissingField(const Event& event);
// The class that the event's reason code belongs to.
FailureClass RightClass(const Event& event);
// Is there a row of section 10 with this edge and this reason (K1)?
bool InTable(State from, State to, Reason reason, Role role);

}  // namespace jvpn
