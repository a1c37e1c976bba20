// Reads a policy from TOML (requirements 3): strict keys, every fault with line and column.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "session/policy.h"

namespace jvpn {

// "file:line:column: key: what is wrong; allowed: range"
using ConfigFaults = std::vector<std::string>;

// `source_name` appears in the messages. Warnings (PR16 .. PR19) are appended to `warnings`.
std::variant<Policy, ConfigFaults> ParsePolicy(const std::string& toml_text,
                                               const std::string& source_name,
                                               std::vector<std::string>& warnings);

}  // namespace jvpn
