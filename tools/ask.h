// Ask: one question to the gateway, its answer on standard output.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "control/admin_protocol.h"

namespace jvpn {

struct GatewayDoor {
  std::string socket = kDefaultControlSocket;
  bool json = false;
};

// The exit code of a command that failed, after its sentence went to standard error.
int Fail(const absl::Status& status);
// The exit code. The answer is printed as JSON, or as `render` makes it.
int Ask(const GatewayDoor& door, const char* method, const Json& params,
        const std::function<std::string(const Json&)>& render);

// As Ask(), of an answer that comes in pages (AdminClient::CallPages).
int AskPages(const GatewayDoor& door, const char* method, const Json& params, const char* list,
             std::size_t most, const std::function<std::string(const Json&)>& render);

}  // namespace jvpn
