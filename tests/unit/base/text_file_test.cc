#include "base/text_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace jvpn {
namespace {

class TextFileTest : public testing::Test {
 protected:
  TextFileTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "jvpn-text-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ + "/file";
    std::ofstream(path_) << "some\ntext";
  }
  ~TextFileTest() override { std::filesystem::remove_all(directory_); }
  std::string FaultAt(mode_t mode) {
    chmod(path_.c_str(), mode);
    const auto read = ReadTrustedFile(path_);
    return read.ok() ? "" : std::string(read.status().message()).substr(path_.size());
  }

  std::string directory_;
  std::string path_;
};

TEST_F(TextFileTest, IsReadWhole) {
  EXPECT_EQ(*ReadTextFile(path_), "some\ntext");
  EXPECT_EQ(FaultAt(0644), "");
  EXPECT_EQ(*ReadTrustedFile(path_), "some\ntext");
  EXPECT_FALSE(ReadTextFile(directory_).ok());
  EXPECT_FALSE(ReadTrustedFile(path_ + "x").ok());
}

TEST_F(TextFileTest, WhatOthersMayWriteIsNotTrusted) {
  const std::string fault = ": others than its owner may write this file; run: chmod go-w " + path_;
  for (const mode_t mode : {0620, 0602, 0664, 0666}) EXPECT_EQ(FaultAt(mode), fault) << mode;
}

}  // namespace
}  // namespace jvpn
