// Ending: how a client's run ended, as its user reads it: a sentence and an exit status.
#pragma once

#include <string>

#include "session/client_output.h"

namespace jvpn {

enum class ExitStatus : int {
  kOk = 0,
  kFailed = 1,  // configuration, privileges, a name in use: nothing reached the network
  kUsage = 2,
  kNoAnswer = 3,  // no gateway answered, or none that could prove itself
  kRefused = 4,   // the gateway said no
  kEnded = 5,     // there was a session, and something else than its user ended it
};

struct Ending {
  ExitStatus status = ExitStatus::kOk;
  std::string sentence;
};

Ending Describe(const Ended& ended);

}  // namespace jvpn
