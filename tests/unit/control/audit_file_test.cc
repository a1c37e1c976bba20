#include "control/audit_file.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "crypto/sha256.h"

namespace jvpn {
namespace {

class AuditFileTest : public testing::Test {
 protected:
  AuditFileTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "jvpn-audit-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ + "/audit.jsonl";
  }
  ~AuditFileTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<AuditFile> Open() {
    auto file = AuditFile::Open(path_, [this](const std::string& s) { complaints_.push_back(s); });
    EXPECT_TRUE(file.ok()) << file.status();
    return *std::move(file);
  }
  void Put(const std::string& text) { std::ofstream(path_) << text; }
  static std::string Content(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  std::string directory_;
  std::string path_;
  std::vector<std::string> complaints_;
};

TEST_F(AuditFileTest, NewFileIsPrivateToOwnerAndGroup) {
  const auto file = Open();
  EXPECT_EQ(file->head().seq, 0U);
  struct stat info {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07, 0U);
}

TEST_F(AuditFileTest, AppendsAndFindsTheLastSequenceNumber) {
  Put("{\"seq\":6,\"a\":1}\n{\"seq\":7,\"a\":1}\n");
  const auto file = Open();
  EXPECT_EQ(file->head().seq, 7U);
  EXPECT_EQ(file->Write("x\n"), 2U);
  EXPECT_EQ(Content(path_), "{\"seq\":6,\"a\":1}\n{\"seq\":7,\"a\":1}\nx\n");
}

TEST_F(AuditFileTest, LineThatACrashCutShortIsClosedAndSkipped) {
  Put("{\"seq\":6}\n{\"seq\":7,\"even");
  const auto file = Open();
  EXPECT_EQ(file->head().seq, 6U);
  file->Write("next\n");
  EXPECT_EQ(Content(path_), "{\"seq\":6}\n{\"seq\":7,\"even\nnext\n");
}

TEST_F(AuditFileTest, KnowsWhoseEndItHasTold) {
  Put("{\"seq\":1,\"event_type\":\"SessionTerminated\",\"session_id\":\"aa\"}\n"
      "{\"seq\":2,\"event_type\":\"SessionStateChange\",\"session_id\":\"bb\"}\n"
      "{\"seq\":3,\"event_type\":\"SessionTerminated\",\"session_id\":\"cc\"}\n"
      "not json \"event_type\":\"SessionTerminated\"\n"
      "{\"seq\":4,\"event_type\":\"SessionTerminated\",\"session_id\":\"cut\"");
  EXPECT_THAT(Open()->ended(), testing::UnorderedElementsAre("aa", "cc"));
}

TEST_F(AuditFileTest, HeadIsTheHashOfTheLastWholeLine) {
  EXPECT_EQ(Open()->head(), AuditHead{});
  Put("{\"seq\":6}\n{\"seq\":7}\n{\"seq\":8,\"cut");
  EXPECT_EQ(Open()->head(), (AuditHead{.seq = 7, .hash = Sha256Hex("{\"seq\":7}")}));
}

TEST_F(AuditFileTest, FullFileIsMovedAsideBetweenTwoLines) {
  const auto file = *AuditFile::Open(
      path_, [this](const std::string& s) { complaints_.push_back(s); }, /*max_bytes=*/12);
  file->Write("{\"seq\":1,\"a\"");
  file->Write(":1}\n");
  file->Write("{\"seq\":2}\n");
  EXPECT_EQ(Content(path_ + ".000000000002"), "{\"seq\":1,\"a\":1}\n");
  EXPECT_EQ(Content(path_), "{\"seq\":2}\n");
}

TEST_F(AuditFileTest, NeverReplacesAFileThatWasMovedAsideBefore) {
  Put("{\"seq\":1,\"a\":1}\n");
  std::ofstream(path_ + ".000000000002") << "kept";
  const auto file = *AuditFile::Open(
      path_, [this](const std::string& s) { complaints_.push_back(s); }, /*max_bytes=*/12);
  file->Write("{\"seq\":2}\n");
  EXPECT_EQ(Content(path_ + ".000000000002"), "kept");
  EXPECT_EQ(Content(path_), "{\"seq\":1,\"a\":1}\n{\"seq\":2}\n");
  EXPECT_EQ(complaints_.size(), 1U);
}

TEST_F(AuditFileTest, ForeignLinesHaveNoSequenceNumber) {
  Put("{\"seq\":3}\n\nnot json\n{\"seq\":\"4\"}\n[5]\n");
  EXPECT_EQ(Open()->head().seq, 3U);
}

TEST_F(AuditFileTest, FindsTheLastLineOfAFileLongerThanOneRead) {
  std::string text;
  for (int i = 1; i <= 5000; ++i)
    text += "{\"seq\":" + std::to_string(i) + ",\"pad\":\"......\"}\n";
  Put(text);
  EXPECT_EQ(Open()->head().seq, 5000U);
}

TEST_F(AuditFileTest, ReopenBeginsANewFileAfterLogrotate) {
  const auto file = Open();
  file->Write("old\n");
  std::filesystem::rename(path_, path_ + ".1");
  file->Write("still old\n");
  file->Reopen();
  file->Write("new\n");
  EXPECT_EQ(Content(path_ + ".1"), "old\nstill old\n");
  EXPECT_EQ(Content(path_), "new\n");
}

TEST_F(AuditFileTest, ReopenKeepsTheOldFileWhenTheNewOneCannotBe) {
  const auto file = Open();
  std::filesystem::rename(path_, path_ + ".1");
  std::filesystem::create_directory(path_);
  file->Reopen();
  file->Write("kept\n");
  EXPECT_EQ(Content(path_ + ".1"), "kept\n");
  EXPECT_THAT(complaints_, testing::ElementsAre("cannot reopen the audit log \"" + path_ +
                                                "\": Is a directory; the old file stays in use"));
}

TEST_F(AuditFileTest, PipeThatIsFullTakesNothingAndComplainsOnce) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  const auto file = Open();
  const std::string block(64 * 1024, 'x');
  while (file->Write(block) > 0) {
  }
  EXPECT_EQ(file->Write(block), 0U);
  EXPECT_EQ(complaints_.size(), 1U);
}

TEST_F(AuditFileTest, PlaceThatCannotBeWrittenIsASentence) {
  path_ = directory_ + "/none/deeper/audit.jsonl";
  const auto file = AuditFile::Open(path_, [](const std::string&) {});
  EXPECT_EQ(file.status().message(),
            "cannot open the audit log \"" + path_ +
                "\": No such file or directory; set gateway.audit_log to a file that this user may "
                "write");
}

}  // namespace
}  // namespace jvpn
