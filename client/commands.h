// The subcommands of `jvpn`, after the command line has been read.
#pragma once

#include <string>

#include "client/ending.h"

namespace jvpn {

struct UpOptions {
  std::string file;
  bool foreground = false;
};
// Returns when the session has ended (foreground), or when the tunnel is ready or will never be.
ExitStatus Up(const UpOptions& options);

// `which`: a configuration file, the name of a client, or empty for the only one that runs.
ExitStatus Down(const std::string& which);
ExitStatus Status(const std::string& which, bool as_json);

}  // namespace jvpn
