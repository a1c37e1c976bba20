#include "gateway/stop_signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

#include "base/check.h"

namespace jvpn {

StopSignals::StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  fd_.Reset(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  CHECK(fd_.valid());
  // A reader that goes away is an error of its write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
}

StopSignals::What StopSignals::Take() {
  signalfd_siginfo info{};
  if (read(fd_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) {
    return What::kNothing;
  }
  return info.ssi_signo == SIGHUP ? What::kReopen : What::kStop;
}

}  // namespace jvpn
