// The commands of jvpnctl that read files: "audit" and "policy".
#pragma once

#include <CLI/CLI.hpp>

#include "tools/ask.h"

namespace jvpn {

// `door` and `exit_code` must outlive the parse.
void AddAuditCommands(CLI::App& app, const GatewayDoor& door, int& exit_code);
void AddPolicyCommands(CLI::App& app, const GatewayDoor& door, int& exit_code);

}  // namespace jvpn
