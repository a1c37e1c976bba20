// What only the SQLite store has: a file, which others may hold, damage or fill up.
#include "store/sqlite_store.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>

#include "tests/unit/store/scratch.h"

namespace jvpn {
namespace {

using Status = StoreAnswer::Status;

// No file of this process may grow beyond a little, as long as it lives.
class FullDisk {
 public:
  FullDisk() {
    was_handled_ = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit little{.rlim_cur = 256 << 10, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &little);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, was_handled_);
  }

 private:
  rlimit before_{};
  sighandler_t was_handled_ = SIG_DFL;
};

class SqliteStoreTest : public testing::Test {
 protected:
  Scratch scratch;
  std::string path = scratch.File("sessions.db");
};

TEST_F(SqliteStoreTest, MakesAFileThatIsItsOwnersAlone) {
  const auto store = SqliteStore::Open(path);
  ASSERT_TRUE(store.ok());
  Ask(**store, Put(1, 0, {1}));
  for (const char* tail : {"", "-wal"}) {
    struct stat info {};
    ASSERT_EQ(stat((path + tail).c_str(), &info), 0) << tail;
    EXPECT_EQ(info.st_mode & 0777, 0600U) << tail;
  }
}

TEST_F(SqliteStoreTest, RefusesASecondGatewayOnTheSameFile) {
  const auto first = SqliteStore::Open(path);
  ASSERT_TRUE(first.ok());
  const auto second = SqliteStore::Open(path);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(second.status().message().find("another gateway"), absl::string_view::npos);
}

TEST_F(SqliteStoreTest, SaysWhatToDoWithAFileThatIsNoStore) {
  std::ofstream(path) << std::string(4096, 'x');
  const auto store = SqliteStore::Open(path);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(store.status().message().find("move the file away"), absl::string_view::npos);
}

TEST_F(SqliteStoreTest, SaysThatItsFolderIsMissing) {
  const auto store = SqliteStore::Open(scratch.File("missing/sessions.db"));
  ASSERT_FALSE(store.ok());
  EXPECT_NE(store.status().message().find("folder must exist"), absl::string_view::npos);
}

TEST_F(SqliteStoreTest, FailsAWholeGroupWhenTheDiskIsFull) {
  const auto file = SqliteFile::Open(path);
  ASSERT_TRUE(file.ok());
  const StoreRequest small = Put(1, 0, {1});
  ASSERT_EQ((*file)->Apply({&small, 1})[0].status, Status::kDone);
  const StoreRequest group[] = {Put(2, 0, {2}), Put(3, 0, Bytes(1 << 20))};
  const FullDisk full;
  for (const StoreAnswer& answer : (*file)->Apply(group)) {
    EXPECT_EQ(answer.status, Status::kFailed);
  }
  const StoreRequest list = List(0, 10);
  EXPECT_EQ((*file)->Apply({&list, 1})[0].records.size(), 1U);
}

}  // namespace
}  // namespace jvpn
