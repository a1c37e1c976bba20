#include "client/control_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "client/last_words.h"

namespace jvpn {
namespace {

using ::testing::HasSubstr;

class ControlServerTest : public ::testing::Test {
 protected:
  ControlServerTest() {
    char pattern[] = "/tmp/jvpn_control_XXXXXX";
    folder_ = mkdtemp(pattern);
    path_ = folder_ + "/client.sock";
  }
  ~ControlServerTest() override { std::filesystem::remove_all(folder_); }

  UniqueFd Connect() const {
    UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, path_.size());
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  static void Send(const UniqueFd& fd, const std::string& text) {
    ASSERT_EQ(send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  // Empty when the server hung up.
  static std::string Receive(const UniqueFd& fd) {
    char buffer[256];
    const ssize_t size = recv(fd.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    return std::string(buffer, size > 0 ? static_cast<std::size_t>(size) : 0);
  }
  static std::string Echo(const std::string& request) { return "<" + request + ">"; }

  std::string folder_;
  std::string path_;
};

TEST_F(ControlServerTest, AnswersEveryWholeLine) {
  auto server = ControlServer::Open(path_);
  ASSERT_TRUE(server.ok()) << server.status().message();
  const UniqueFd fd = Connect();
  Send(fd, "one\ntw");
  server->Serve(Echo);
  EXPECT_EQ(Receive(fd), "<one>\n");
  Send(fd, "o\n");
  server->Serve(Echo);
  EXPECT_EQ(Receive(fd), "<two>\n");
}

TEST_F(ControlServerTest, ItsDescriptorIsReadableWhenThereIsWork) {
  auto server = ControlServer::Open(path_);
  pollfd waiting{.fd = server->fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&waiting, 1, 0), 0);
  const UniqueFd fd = Connect();
  EXPECT_EQ(poll(&waiting, 1, 0), 1);
  server->Serve(Echo);
  EXPECT_EQ(poll(&waiting, 1, 0), 0);
  Send(fd, "x\n");
  EXPECT_EQ(poll(&waiting, 1, 0), 1);
}

TEST_F(ControlServerTest, IsOnlyForItsOwner) {
  const auto server = ControlServer::Open(path_);
  struct stat info {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(ControlServerTest, ASecondClientOfTheNameIsRefused) {
  const auto first = ControlServer::Open(path_);
  const auto second = ControlServer::Open(path_);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("a client is running already and listens on " + path_));
}

TEST_F(ControlServerTest, WhatADeadClientLeftIsTakenOver) {
  {
    const auto dead = ControlServer::Open(path_);
    std::filesystem::copy(path_ + ".lock", path_ + ".kept");
  }
  std::filesystem::rename(path_ + ".kept", path_ + ".lock");
  EXPECT_TRUE(ControlServer::Open(path_).ok());
}

TEST_F(ControlServerTest, LeavesNothingBehind) {
  { const auto server = ControlServer::Open(path_); }
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(ControlServerTest, HangsUpOnEndlessRequestsAndOnTooManyConnections) {
  auto server = ControlServer::Open(path_);
  const UniqueFd endless = Connect();
  server->Serve(Echo);
  for (int i = 0; i < 3; ++i) {
    Send(endless, std::string(2000, 'x'));
    server->Serve(Echo);
  }
  char byte;
  EXPECT_EQ(recv(endless.get(), &byte, 1, MSG_DONTWAIT), 0);

  std::vector<UniqueFd> crowd;
  for (std::size_t i = 0; i <= ControlServer::kConnections; ++i) {
    crowd.push_back(Connect());
    server->Serve(Echo);
  }
  EXPECT_EQ(recv(crowd.back().get(), &byte, 1, MSG_DONTWAIT), 0);
  Send(crowd.front(), "still here\n");
  server->Serve(Echo);
  EXPECT_EQ(Receive(crowd.front()), "<still here>\n");
}

TEST_F(ControlServerTest, TheOtherEndGetsItsAnswer) {
  auto server = ControlServer::Open(path_);
  bool answered = false;
  std::thread serving([&] {
    pollfd waiting{.fd = server->fd(), .events = POLLIN, .revents = 0};
    while (!answered && poll(&waiting, 1, 5000) == 1) {
      server->Serve([&](const std::string& request) {
        answered = true;
        return Echo(request);
      });
    }
  });
  const auto reply = AskClient(path_, "status", false);
  serving.join();
  ASSERT_TRUE(reply.ok()) << reply.status().message();
  EXPECT_EQ(*reply, "<status>");
}

TEST_F(ControlServerTest, AFileWhereTheSocketShallBeIsLeftAlone) {
  std::ofstream(path_) << "key";
  const auto refused = ControlServer::Open(path_);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("is there and is no socket"));
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST(CommandOf, IsEmptyForWhatIsNoRequest) {
  EXPECT_EQ(CommandOf(R"({"command":"status"})"), "status");
  for (const char* nonsense : {"", "status", "[]", "{}", "7", R"({"command":5})",
                               R"({"command":null})", R"({"command":["down"]})", "{\"command\""}) {
    EXPECT_EQ(CommandOf(nonsense), "") << nonsense;
  }
}

TEST_F(ControlServerTest, TheOtherEndSaysThatNobodyListens) {
  const auto reply = AskClient(path_, "status", false);
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ControlServerTest, LastWordsStayUntilTheNextStart) {
  EXPECT_FALSE(ReadLastWords(path_).has_value());
  LeaveLastWords(path_, {ExitStatus::kEnded, "the session ended: transport_ttl_exceeded"});
  EXPECT_EQ(ReadLastWords(path_), "the session ended: transport_ttl_exceeded");
  RemoveLastWords(path_);
  EXPECT_FALSE(ReadLastWords(path_).has_value());
}

}  // namespace
}  // namespace jvpn
