// jvpnctl's connection against the gateway's own server, each in its thread.
#include "tools/admin_client.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include <array>
#include <filesystem>
#include <thread>

#include "control/admin_server.h"
#include "tests/unit/control/admin_fixture.h"

namespace jvpn {
namespace {

class AdminClientTest : public AdminFixture {
 protected:
  AdminClientTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "jvpn-ctl-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ + "/gateway.sock";
  }
  ~AdminClientTest() override {
    if (serving_.joinable()) {
      eventfd_write(stop_.get(), 1);
      serving_.join();
    }
    server_.reset();
    std::filesystem::remove_all(directory_);
  }

  // From here on backend and audit log belong to the serving thread.
  void Serve() {
    auto socket = AdminSocket::Listen(path_);
    ASSERT_TRUE(socket.ok()) << socket.status();
    server_ = std::make_unique<AdminServer>(*std::move(socket), methods_, audit_);
    serving_ = std::thread([this] {
      std::array<pollfd, 2> doors{{{.fd = server_->fd(), .events = POLLIN, .revents = 0},
                                   {.fd = stop_.get(), .events = POLLIN, .revents = 0}}};
      while (poll(doors.data(), doors.size(), -1) > 0 && doors[1].revents == 0) {
        server_->Turn(now_);
      }
    });
  }

  std::string directory_;
  std::string path_;
  UniqueFd stop_{eventfd(0, EFD_CLOEXEC)};
  std::unique_ptr<AdminServer> server_;
  std::thread serving_;
};

TEST_F(AdminClientTest, CallsGetTheirResultsOneAfterTheOther) {
  backend_.sessions = {Session(Id(0xab, 1), "alice")};
  Serve();
  auto client = AdminClient::Connect(path_);
  ASSERT_TRUE(client.ok()) << client.status();
  EXPECT_EQ(client->Call("sessions", Json::object())->at("total"), 1);
  EXPECT_EQ(client->Call("version", Json::object())->at("node_id"), "gw1");
}

TEST_F(AdminClientTest, RefusalIsTheGatewaysOwnSentence) {
  Serve();
  auto client = AdminClient::Connect(path_);
  ASSERT_TRUE(client.ok()) << client.status();
  EXPECT_EQ(client->Call("session", {{"session", "ab"}}).status().message(),
            "no session id begins with ab");
}

TEST_F(AdminClientTest, LongAnswersArriveWhole) {
  for (int i = 0; i < 5000; ++i) {
    backend_.sessions.push_back(Session(
        Id(static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i & 0xff)), "peer"));
  }
  Serve();
  auto client = AdminClient::Connect(path_);
  ASSERT_TRUE(client.ok()) << client.status();
  const auto result = client->CallPages("sessions", Json::object(), "sessions", 0);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->at("sessions").size(), 5000U);
  EXPECT_FALSE(result->contains("next"));
  const auto transports = client->CallPages("transports", Json::object(), "transports", 0);
  ASSERT_TRUE(transports.ok()) << transports.status();
  EXPECT_EQ(transports->at("transports").size(), 5000U);
}

TEST_F(AdminClientTest, PagesEndWhereEnoughIsShownAndSayThatThereIsMore) {
  for (int i = 0; i < 200; ++i) {
    backend_.sessions.push_back(Session(Id(0, static_cast<std::uint8_t>(i)), "peer"));
  }
  Serve();
  auto client = AdminClient::Connect(path_);
  ASSERT_TRUE(client.ok()) << client.status();
  const auto result = client->CallPages("sessions", Json::object(), "sessions", 100);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->at("sessions").size(), 128U);
  EXPECT_EQ(result->at("next"), Id(0, 128).ToString());
  EXPECT_EQ(result->at("total"), 200);
}

TEST_F(AdminClientTest, FollowedEventsComeAsLines) {
  for (std::uint32_t i = 1; i <= 3; ++i) Append(i);
  Serve();
  auto client = AdminClient::Connect(path_);
  ASSERT_TRUE(client.ok()) << client.status();
  const auto past = client->Call("events", {{"count", 3}, {"follow", true}});
  ASSERT_TRUE(past.ok()) << past.status();
  EXPECT_EQ(past->at("events").size(), 3U);
}

TEST_F(AdminClientTest, NobodyAtTheSocketIsASentence) {
  const auto client = AdminClient::Connect(path_);
  EXPECT_EQ(client.status().message(), "no gateway answers at " + path_ + ": is it running?");
}

TEST_F(AdminClientTest, PathThatIsTooLongIsASentence) {
  const std::string path(200, 'x');
  EXPECT_EQ(AdminClient::Connect(path).status().message(),
            "the path of the socket is too long: " + path);
}

}  // namespace
}  // namespace jvpn
