// A policy named by its content, so that a log can be judged by exactly the numbers that decided.
#pragma once

#include <string>

#include "session/policy.h"

namespace jvpn {

// One JSON object with every key in one order: {"version":"1.0","profile":"default",…}. Ratios are
// permille. The same policy always gives the same text.
std::string CanonicalJson(const Policy& policy);
// "1.0-" and the first 16 hex digits of the SHA-256 of CanonicalJson().
std::string PolicyId(const Policy& policy);

}  // namespace jvpn
