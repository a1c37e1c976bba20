// Each test filters a process of its own: a filter is for good.
#include "gateway/syscall_filter.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <thread>
#include <vector>

#include "base/check.h"
#include "gateway/privileges.h"

namespace jvpn {
namespace {

class SyscallFilterTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasSyscallFilter()) GTEST_SKIP() << "not under sanitizers";
  }
  static void AsGateway() {
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(FilterGateway().ok());
  }
  static void AsWorker() {
    AsGateway();
    FilterWorker();
  }
  // The child's verdict as its exit status.
  static void Verdict(bool good) { _exit(good ? 0 : 1); }
};

bool Refused(long result) { return result == -1 && errno == EPERM; }

TEST_F(SyscallFilterTest, AProgramThatIsRunKillsTheProcess) {
  char name[] = "/bin/true";
  char* const arguments[] = {name, nullptr};
  const auto is_killed = testing::KilledBySignal(SIGSYS);
  EXPECT_EXIT((AsGateway(), execv(name, arguments)), is_killed, "");
  EXPECT_EXIT((AsWorker(), execv(name, arguments)), is_killed, "");
}

TEST_F(SyscallFilterTest, TheGatewayOpensFilesAndAWorkerDoesNot) {
  EXPECT_EXIT((AsGateway(), Verdict(open("/dev/null", O_RDONLY) >= 0)), testing::ExitedWithCode(0),
              "");
  EXPECT_EXIT((AsWorker(), Verdict(Refused(open("/dev/null", O_RDONLY)))),
              testing::ExitedWithCode(0), "");
}

TEST_F(SyscallFilterTest, NobodyConnectsOut) {
  EXPECT_EXIT((AsGateway(), Verdict(Refused(socket(AF_INET, SOCK_STREAM, 0)))),
              testing::ExitedWithCode(0), "");
  EXPECT_EXIT((AsWorker(), Verdict(Refused(connect(0, nullptr, 0)))), testing::ExitedWithCode(0),
              "");
}

TEST_F(SyscallFilterTest, MemoryIsAllocatedButNeverBecomesCode) {
  EXPECT_EXIT((AsWorker(), Verdict(std::vector<char>(std::size_t{1} << 26, 1).back() == 1)),
              testing::ExitedWithCode(0), "");
  EXPECT_EXIT((AsWorker(), Verdict(mmap(nullptr, 4096, PROT_READ | PROT_EXEC,
                                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)),
              testing::ExitedWithCode(0), "");
}

TEST_F(SyscallFilterTest, AThreadThatRanBeforeIsFilteredToo) {
  const auto other_thread_is_refused = [] {
    int go[2];
    CHECK(pipe(go) == 0);
    bool refused = false;
    std::thread other([&] {
      char byte;
      CHECK(read(go[0], &byte, 1) == 1);
      refused = Refused(socket(AF_INET, SOCK_STREAM, 0));
    });
    AsGateway();
    CHECK(write(go[1], "x", 1) == 1);
    other.join();
    Verdict(refused);
  };
  EXPECT_EXIT(other_thread_is_refused(), testing::ExitedWithCode(0), "");
}

TEST(PrivilegesTest, KnowsWhoIsAUser) {
  const auto root = FindUser("root");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->uid, 0U);
  EXPECT_FALSE(FindUser("nobody-of-this-name"));
}

TEST(PrivilegesTest, NoThreadOfTheProcessFindsAWayBackToRoot) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const auto becomes_nobody = [] {
    const User nobody = *FindUser("nobody");
    int go[2];
    CHECK(pipe(go) == 0);
    bool good = false;
    std::thread other([&] {
      char byte;
      CHECK(read(go[0], &byte, 1) == 1);
      good = geteuid() == nobody.uid && setuid(0) != 0 && access("/root", R_OK) != 0;
    });
    CHECK(GiveUpPrivileges(nobody).ok());
    CHECK(write(go[1], "x", 1) == 1);
    other.join();
    const bool this_one = getuid() == nobody.uid && setuid(0) != 0 && setgid(0) != 0;
    _exit(good && this_one && prctl(PR_GET_DUMPABLE) == 0 ? 0 : 1);
  };
  EXPECT_EXIT(becomes_nobody(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace jvpn
