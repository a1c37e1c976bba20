#include "crypto/process_secrets.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace jvpn {
namespace {

TEST(KeepSecrets, LeavesNoCoreAndNoWayToGainRights) {
  const auto keeps = [] {
    KeepSecrets();
    rlimit core{1, 1};
    const bool none = getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0;
    _exit(none && prctl(PR_GET_DUMPABLE) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0
                                                                                             : 1);
  };
  EXPECT_EXIT(keeps(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace jvpn
