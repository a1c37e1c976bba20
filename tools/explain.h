// Explain: what happened to a session, and the numbers that decided, in plain words.
#pragma once

#include <string>

#include "control/admin_protocol.h"

namespace jvpn {

// One audit event as a sentence, without a newline.
std::string Explain(const Json& event);
// The answer of "why": one line an event, its time counted back from the newest one.
std::string RenderWhy(const Json& result);

}  // namespace jvpn
