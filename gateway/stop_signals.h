// StopSignals: SIGTERM, SIGINT and SIGHUP as something that a loop can wait for.
//
// Make it before any thread: threads inherit the blocked signals, so none of them is interrupted.
#pragma once

#include "base/unique_fd.h"

namespace jvpn {

class StopSignals {
 public:
  enum class What { kNothing, kStop, kReopen };

  StopSignals();

  int fd() const { return fd_.get(); }
  // Never waits.
  What Take();

 private:
  UniqueFd fd_;
};

}  // namespace jvpn
