// Intake: an input's facts enter the tables before any row is looked for, and decide which kind of
// input it is: the death of a transport is active_dead, target_lost or neither (requirements 10).
#pragma once

#include "session/moment.h"

namespace jvpn {

InputKind TakeIn(Moment& moment);

}  // namespace jvpn
