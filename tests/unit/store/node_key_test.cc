#include "store/node_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "crypto/sodium_random.h"
#include "tests/unit/store/scratch.h"

namespace jvpn {
namespace {

class NodeKey : public testing::Test {
 protected:
  NodeKey() { InitCrypto(); }
  Scratch scratch;
  std::string path = scratch.File("node.key");
  SodiumRandom random;
};

TEST_F(NodeKey, IsMadeOnceAndIsItsOwnersAlone) {
  const auto made = ReadOrMakeNodeKey(path, random);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_FALSE(made->is_zero());
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  const auto read = ReadOrMakeNodeKey(path, random);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(*made == *read);
}

TEST_F(NodeKey, IsRefusedWhenOthersMayReadIt) {
  ASSERT_TRUE(ReadOrMakeNodeKey(path, random).ok());
  std::filesystem::permissions(path, std::filesystem::perms(0640));
  const auto read = ReadOrMakeNodeKey(path, random);
  EXPECT_EQ(read.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_NE(read.status().message().find("chmod 600"), absl::string_view::npos);
}

TEST_F(NodeKey, IsNeverReplacedWhenItIsNoKey) {
  std::ofstream(path) << "nonsense\n";
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  EXPECT_FALSE(ReadOrMakeNodeKey(path, random).ok());
  EXPECT_EQ(std::filesystem::file_size(path), 9U);
}

TEST_F(NodeKey, SaysWhereItCouldNotBeMade) {
  const auto made = ReadOrMakeNodeKey(scratch.File("missing/node.key"), random);
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.status().message().find("missing/node.key"), absl::string_view::npos);
}

}  // namespace
}  // namespace jvpn
