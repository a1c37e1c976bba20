#include "crypto/process_secrets.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/check.h"

namespace jvpn {

bool KeepSecrets() {
  CHECK(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  const rlimit no_core{0, 0};
  CHECK(setrlimit(RLIMIT_CORE, &no_core) == 0);

  // With any limit a later allocation would fail; then rather no lock at all.
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  rlimit limit{};
  if (setrlimit(RLIMIT_MEMLOCK, &unlimited) != 0 &&
      (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY)) {
    return false;
  }
  // A page is locked when it is first touched: what DPDK only reserves costs nothing.
  return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

}  // namespace jvpn
