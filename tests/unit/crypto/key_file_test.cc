#include "crypto/key_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/crypto/test_bytes.h"

namespace jvpn {
namespace {

// The key 00 01 .. 1f.
constexpr char kBase64[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

Bytes Counting() {
  Bytes key(32);
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  return key;
}

class KeyFile : public testing::Test {
 protected:
  KeyFile() {
    std::string pattern = testing::TempDir() + "/jvpn_key_XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~KeyFile() override { std::filesystem::remove_all(directory_); }

  std::string Write(const std::string& text, mode_t mode = 0600) const {
    const std::string path = directory_ + "/key";
    std::ofstream(path, std::ios::binary) << text;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }

  std::string directory_;
};

TEST(Base64, WritesKeysAsWireGuardDoes) { EXPECT_EQ(EncodeBase64(Counting()), kBase64); }

TEST(Base64, ReadsBackWhatItWrote) {
  SeededRandom random(1);
  for (int i = 0; i < 100; ++i) {
    const Bytes raw = random.Some(32);
    const auto key = DecodePublicKey(EncodeBase64(raw));
    ASSERT_TRUE(key.ok());
    EXPECT_EQ(Bytes(key->begin(), key->end()), raw);
  }
}

TEST(Base64, RefusesEverythingThatIsNotExactlyOneKey) {
  const std::string good = kBase64;
  ASSERT_TRUE(DecodeSecretKey(good).ok());
  for (const std::string& text : {std::string(), good.substr(0, 43), good.substr(0, 40), good + "=",
                                  good + "\n", " " + good, good.substr(0, 42) + "==",  // 31 bytes
                                  good.substr(0, 43) + "A",                            // 33 bytes
                                  good.substr(0, 42) + "9=",  // bits beyond the 32 bytes
                                  "-" + good.substr(1), "_" + good.substr(1),  // the URL alphabet
                                  "*" + good.substr(1), good.substr(0, 20) + "\n" + good.substr(21),
                                  good.substr(0, 20) + std::string(1, '\0') + good.substr(21)}) {
    EXPECT_FALSE(DecodeSecretKey(text).ok()) << text;
    EXPECT_FALSE(DecodePublicKey(text).ok()) << text;
  }
}

TEST_F(KeyFile, HoldsAKeyWithOrWithoutItsNewline) {
  for (const char* end : {"", "\n"}) {
    const auto key = ReadSecretKeyFile(Write(std::string(kBase64) + end));
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_TRUE(std::ranges::equal(key->view(), Counting()));
  }
}

TEST_F(KeyFile, IsRefusedWhenAnybodyButItsOwnerMayUseIt) {
  for (const mode_t mode : {0644U, 0640U, 0604U, 0620U, 0602U, 0610U, 0601U}) {
    const std::string path = Write(kBase64, mode);
    const auto key = ReadSecretKeyFile(path);
    ASSERT_FALSE(key.ok());
    EXPECT_NE(key.status().message().find("chmod 600 " + path), absl::string_view::npos)
        << key.status();
  }
  EXPECT_TRUE(ReadSecretKeyFile(Write(kBase64, 0400)).ok());
}

TEST_F(KeyFile, IsRefusedWhenItHoldsAnythingElse) {
  for (const std::string& text :
       {std::string(), std::string("\n"), std::string(kBase64) + "\n\n",
        std::string(kBase64) + " \n", std::string(kBase64) + kBase64, std::string("secret")}) {
    const auto key = ReadSecretKeyFile(Write(text));
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(key.status().message().find(kBase64), absl::string_view::npos) << "prints the key";
  }
}

TEST_F(KeyFile, IsRefusedWhenItIsMissingOrNoFile) {
  EXPECT_TRUE(absl::IsNotFound(ReadSecretKeyFile(directory_ + "/none").status()));
  EXPECT_FALSE(ReadSecretKeyFile(directory_).ok());
}

}  // namespace
}  // namespace jvpn
