// The admin server over real unix sockets in a directory of its own; turns are made by hand.
#include "control/admin_server.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <optional>

#include "tests/unit/control/admin_fixture.h"

namespace jvpn {
namespace {

class AdminServerTest : public AdminFixture {
 protected:
  AdminServerTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "jvpn-admin-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ + "/gateway.sock";
    auto socket = AdminSocket::Listen(path_);
    EXPECT_TRUE(socket.ok()) << socket.status();
    server_ = std::make_unique<AdminServer>(*std::move(socket), methods_, audit_);
    backend_.sessions = {Session(Id(0xab, 0x01), "alice")};
  }
  ~AdminServerTest() override {
    server_.reset();
    std::filesystem::remove_all(directory_);
  }

  UniqueFd Connect() {
    UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, path_.size());
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    Turns();
    return fd;
  }
  // Until the server has nothing to do.
  void Turns() {
    for (int i = 0; i < 10'000 && server_->Turn(now_); ++i) {
    }
  }
  void Say(const UniqueFd& fd, const std::string& bytes) {
    ASSERT_EQ(send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    Turns();
  }
  // What has arrived; `over` says whether the server hung up.
  std::string Hear(const UniqueFd& fd, bool* over = nullptr) {
    std::string heard;
    std::array<char, 65536> bytes;
    for (;;) {
      Turns();
      const ssize_t got = recv(fd.get(), bytes.data(), bytes.size(), 0);
      if (over != nullptr) *over = got == 0;
      if (got <= 0) return heard;
      heard.append(bytes.data(), static_cast<std::size_t>(got));
    }
  }

  std::string directory_;
  std::string path_;
  std::unique_ptr<AdminServer> server_;
};

constexpr char kVersion[] = "{\"method\":\"version\"}\n";
constexpr char kVersionAnswer[] =
    "{\"ok\":true,\"result\":{\"version\":\"1.2.3\",\"node_id\":\"gw1\",\"uptime_ms\":5,"
    "\"without_hugepages\":true}}\n";

TEST_F(AdminServerTest, SocketIsForOwnerAndGroupOnly) {
  struct stat info {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0660U);
}

TEST_F(AdminServerTest, SecondGatewayOnTheSameSocketIsRefused) {
  const auto second = AdminSocket::Listen(path_);
  EXPECT_EQ(second.status().message(), "another gateway answers at \"" + path_ +
                                           "\"; stop it, or give this one its own "
                                           "gateway.control_socket");
  const UniqueFd client = Connect();  // the first one still answers
  Say(client, kVersion);
  EXPECT_EQ(Hear(client), kVersionAnswer);
}

TEST_F(AdminServerTest, ATurnAnswersOneRequestAndTheOthersInTheNext) {
  const std::array<UniqueFd, 3> clients{Connect(), Connect(), Connect()};
  for (const UniqueFd& client : clients) {
    ASSERT_GT(send(client.get(), kVersion, sizeof kVersion - 1, MSG_NOSIGNAL), 0);
  }
  for (int answered = 1; answered <= 3; ++answered) {
    server_->Turn(now_);
    int heard = 0;
    for (const UniqueFd& client : clients) {
      char first = 0;
      heard += recv(client.get(), &first, 1, MSG_PEEK) == 1 ? 1 : 0;
    }
    EXPECT_EQ(heard, answered);
  }
}

TEST_F(AdminServerTest, AFileWhereTheSocketShallBeIsLeftAlone) {
  const std::string path = directory_ + "/precious";
  std::ofstream(path) << "key";
  const auto refused = AdminSocket::Listen(path);
  EXPECT_EQ(
      refused.status().message(),
      "\"" + path + "\" is there and is no socket; set gateway.control_socket to another path");
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(AdminServerTest, SocketOfADeadGatewayIsReplacedAndOursIsRemoved) {
  const std::string path = directory_ + "/dead.sock";
  {
    const UniqueFd dead(socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, path.size());
    ASSERT_EQ(bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ASSERT_TRUE(std::filesystem::exists(path));
  {
    const auto taken = AdminSocket::Listen(path);
    EXPECT_TRUE(taken.ok()) << taken.status();
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(AdminServerTest, AnswersOneRequestAfterTheOther) {
  const UniqueFd client = Connect();
  Say(client, std::string(kVersion) + kVersion);
  EXPECT_EQ(Hear(client), std::string(kVersionAnswer) + kVersionAnswer);
}

TEST_F(AdminServerTest, RequestMayComeInPieces) {
  const UniqueFd client = Connect();
  const std::string request = kVersion;
  for (const char byte : request) Say(client, std::string(1, byte));
  EXPECT_EQ(Hear(client), kVersionAnswer);
}

TEST_F(AdminServerTest, AnswersAPeerThatHasFinishedSending) {
  const UniqueFd client = Connect();
  Say(client, std::string(kVersion) + kVersion);
  shutdown(client.get(), SHUT_WR);
  bool over = false;
  EXPECT_EQ(Hear(client, &over), std::string(kVersionAnswer) + kVersionAnswer);
  EXPECT_TRUE(over);
  EXPECT_EQ(server_->clients(), 0U);
}

TEST_F(AdminServerTest, OurOwnUserMayTerminate) {
  const UniqueFd client = Connect();
  Say(client, "{\"method\":\"terminate\",\"params\":{\"session\":\"ab\"}}\n");
  EXPECT_THAT(Hear(client), testing::HasSubstr("\"outcome\":\"terminated\""));
}

TEST_F(AdminServerTest, LineWithoutEndIsRefusedAndTheConnectionEnds) {
  const UniqueFd client = Connect();
  Say(client, std::string(kMaxAdminRequest + 1, 'x'));
  bool over = false;
  EXPECT_EQ(Hear(client, &over),
            "{\"ok\":false,\"error\":\"the request is longer than 32768 bytes\"}\n");
  EXPECT_TRUE(over);
}

TEST_F(AdminServerTest, GarbageIsAnsweredAndTheConnectionGoesOn) {
  const UniqueFd client = Connect();
  Say(client, std::string("\0\xff\n", 3) + kVersion);
  EXPECT_EQ(Hear(client),
            std::string("{\"ok\":false,\"error\":\"the request is not a JSON object\"}\n") +
                kVersionAnswer);
}

TEST_F(AdminServerTest, OneClientTooManyIsToldSo) {
  std::vector<UniqueFd> clients;
  for (std::size_t i = 0; i < AdminServer::kMaxClients; ++i) clients.push_back(Connect());
  EXPECT_EQ(server_->clients(), AdminServer::kMaxClients);
  const UniqueFd extra = Connect();
  bool over = false;
  EXPECT_EQ(Hear(extra, &over),
            "{\"ok\":false,\"error\":\"the gateway serves 32 clients already\"}\n");
  EXPECT_TRUE(over);
  clients.pop_back();
  Turns();
  EXPECT_EQ(server_->clients(), AdminServer::kMaxClients - 1);
}

TEST_F(AdminServerTest, ClientThatDoesNotReadHoldsUpNobody) {
  for (int i = 0; i < 900; ++i) {
    backend_.sessions.push_back(Session(Id(0x01, static_cast<std::uint8_t>(i)), "p"));
  }
  const UniqueFd deaf = Connect();
  for (int i = 0; i < 50; ++i) Say(deaf, "{\"method\":\"sessions\"}\n");
  const UniqueFd other = Connect();
  Say(other, kVersion);
  EXPECT_EQ(Hear(other), kVersionAnswer);
}

TEST_F(AdminServerTest, FollowerGetsEventsAsTheyHappen) {
  const UniqueFd client = Connect();
  Say(client, "{\"method\":\"events\",\"params\":{\"count\":0,\"follow\":true}}\n");
  EXPECT_EQ(Hear(client), "{\"ok\":true,\"result\":{\"events\":[],\"next_seq\":1}}\n");
  Append(1);
  Append(2);
  EXPECT_EQ(Hear(client), "{\"event\":" + audit_.LinesFrom(1, 1).front() +
                              "}\n{\"event\":" + audit_.LinesFrom(2, 1).front() + "}\n");
}

TEST_F(AdminServerTest, FollowerThatGoesAwayIsForgotten) {
  {
    const UniqueFd client = Connect();
    Say(client, "{\"method\":\"events\",\"params\":{\"follow\":true}}\n");
    EXPECT_EQ(server_->clients(), 1U);
  }
  Turns();
  EXPECT_EQ(server_->clients(), 0U);
}

TEST_F(AdminServerTest, SlowFollowerIsToldHowManyLinesItMissed) {
  const UniqueFd client = Connect();
  Say(client, "{\"method\":\"events\",\"params\":{\"count\":0,\"follow\":true}}\n");
  constexpr std::uint32_t kEvents = 20'000;
  for (std::uint32_t i = 1; i <= kEvents; ++i) {
    Append(i);
    if (i % 16 == 0) Turns();
  }
  std::uint64_t events = 0;
  std::uint64_t dropped = 0;
  std::uint64_t last_seq = 0;
  const std::string heard = Hear(client);
  std::size_t from = heard.find('\n') + 1;  // behind the answer
  for (std::size_t end; (end = heard.find('\n', from)) != std::string::npos; from = end + 1) {
    const Json line = Json::parse(heard.substr(from, end - from));
    if (line.contains("dropped")) {
      dropped += line.at("dropped").get<std::uint64_t>();
      last_seq += line.at("dropped").get<std::uint64_t>();
      continue;
    }
    ++events;
    ASSERT_EQ(line.at("event").at("seq"), last_seq + 1);
    last_seq = line.at("event").at("seq");
  }
  EXPECT_GT(dropped, 0U);
  EXPECT_EQ(events + dropped, kEvents);
}

}  // namespace
}  // namespace jvpn
