// What asks the kernel: links, the TUN interface, sockets; each test in a network namespace of its
// own, which goes with it. They need root and are skipped, saying so, without it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "client/link_monitor.h"
#include "client/tun_device.h"
#include "client/udp_transport.h"

namespace jvpn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Instant At(int ms) { return Instant{} + std::chrono::milliseconds(ms); }

void Ip(const std::string& words) { ASSERT_EQ(std::system(("ip " + words).c_str()), 0) << words; }

std::string Output(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  char buffer[512];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) text += buffer;
  pclose(pipe);
  return text;
}

class KernelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    home_.Reset(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    if (unshare(CLONE_NEWNET) != 0) {
      home_.Reset();
      GTEST_SKIP() << "needs root for a network namespace of its own";
    }
    Ip("link set lo up");
  }
  void TearDown() override {
    if (home_.valid()) {
      ASSERT_EQ(setns(home_.get(), CLONE_NEWNET), 0);
    }
  }

  UniqueFd home_;
};

class TunTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (!IsSkipped() && access("/dev/net/tun", F_OK) != 0) GTEST_SKIP() << "no /dev/net/tun here";
  }
};

TunSettings Settings() {
  return {*Prefix::Parse("10.9.0.2/24"),
          *Prefix::Parse("fd09::2/64"),
          1380,
          {*Prefix::Parse("10.0.0.0/8"), *Prefix::Parse("0.0.0.0/0"), *Prefix::Parse("::/0"),
           *Prefix::Parse("10.9.0.0/24")}};
}

TEST(TunRoutes, AreNetworksOnceWithDefaultsInHalves) {
  TunSettings settings = Settings();
  settings.inner_v6 = {};
  settings.routes.push_back(*Prefix::Parse("10.1.1.1/8"));
  EXPECT_THAT(RoutesToLay(settings),
              ElementsAre(*Prefix::Parse("10.0.0.0/8"), *Prefix::Parse("0.0.0.0/1"),
                          *Prefix::Parse("128.0.0.0/1")));
}

TEST_F(TunTest, GetsItsAddressesMtuAndRoutesAndTakesThemWithIt) {
  {
    auto tun = TunDevice::Create("jvpncl0");
    ASSERT_TRUE(tun.ok()) << tun.status().message();
    const absl::Status status = tun->Configure(Settings());
    ASSERT_TRUE(status.ok()) << status.message();
    const std::string addresses = Output("ip addr show dev jvpncl0");
    EXPECT_THAT(addresses, HasSubstr("mtu 1380"));
    EXPECT_THAT(addresses, HasSubstr("inet 10.9.0.2/24"));
    EXPECT_THAT(addresses, HasSubstr("inet6 fd09::2/64"));
    EXPECT_THAT(addresses, Not(HasSubstr("fe80")));
    const std::string routes = Output("ip route; ip -6 route");
    for (const char* route :
         {"10.0.0.0/8 dev jvpncl0", "0.0.0.0/1 dev jvpncl0", "128.0.0.0/1 dev jvpncl0",
          "::/1 dev jvpncl0", "8000::/1 dev jvpncl0"}) {
      EXPECT_THAT(routes, HasSubstr(route));
    }
  }
  EXPECT_EQ(if_nametoindex("jvpncl0"), 0u);
  EXPECT_THAT(Output("ip route"), Not(HasSubstr("jvpncl0")));
}

TEST_F(TunTest, CarriesPacketsBothWays) {
  auto tun = TunDevice::Create("jvpncl0");
  ASSERT_TRUE(tun.ok());
  ASSERT_TRUE(tun->Configure({*Prefix::Parse("10.9.0.2/24"), {}, 1380, {}}).ok());
  Bytes packet(2000);
  EXPECT_EQ(*tun->Read(packet), 0u);
  UniqueFd socket_fd(socket(AF_INET, SOCK_DGRAM, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(9);
  to.sin_addr.s_addr = htonl(0x0a09'0001);
  ASSERT_EQ(sendto(socket_fd.get(), "hello", 5, 0, reinterpret_cast<sockaddr*>(&to), sizeof to), 5);
  const auto size = tun->Read(packet);
  ASSERT_EQ(*size, 33u);
  EXPECT_EQ(packet[0], 0x45);
  EXPECT_EQ(std::string(packet.begin() + 28, packet.begin() + 33), "hello");
  EXPECT_TRUE(tun->Write(ByteView(packet).first(*size)));
}

TEST_F(TunTest, SaysThatItWasTakenAway) {
  auto tun = TunDevice::Create("jvpncl0");
  ASSERT_TRUE(tun.ok());
  Ip("link delete jvpncl0");
  Bytes packet(2000);
  const auto size = tun->Read(packet);
  ASSERT_FALSE(size.ok());
  EXPECT_THAT(std::string(size.status().message()), HasSubstr("jvpncl0 was taken away"));
}

TEST_F(TunTest, RefusesANameThatIsTaken) {
  Ip("link add jvpncl0 type veth peer name peer0");
  const auto tun = TunDevice::Create("jvpncl0");
  ASSERT_FALSE(tun.ok());
  EXPECT_THAT(std::string(tun.status().message()), HasSubstr("exists already"));
}

TEST_F(TunTest, SaysWhichRouteIsThereAlready) {
  Ip("link add other type veth peer name peer0");
  Ip("link set other up");
  Ip("route add 10.0.0.0/8 dev other");
  auto tun = TunDevice::Create("jvpncl0");
  ASSERT_TRUE(tun.ok());
  const absl::Status status = tun->Configure(Settings());
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("route 10.0.0.0/8 into jvpncl0"));
}

class MonitorTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    Ip("link add up0 type veth peer name peer0");
    Ip("link set peer0 up");
  }
  // The kernel tells of a carrier in its own time, so messages are read until the change is there.
  static void ExpectChange(LinkMonitor& monitor, IpFamily family, UplinkEvent event) {
    static int ms = 1000;
    const UplinkChange wanted{0, family, event};
    std::vector<UplinkChange> seen;
    while (std::find(seen.begin(), seen.end(), wanted) == seen.end()) {
      pollfd waiting{.fd = monitor.fd(), .events = POLLIN, .revents = 0};
      ASSERT_EQ(poll(&waiting, 1, 5000), 1) << "the kernel says nothing more";
      ms += 1000;
      ASSERT_TRUE(monitor.Read(At(ms)).ok());
      for (const UplinkChange& change : monitor.table().Take(At(ms + 50))) seen.push_back(change);
    }
  }
};

TEST_F(MonitorTest, FollowsLinksAddressesAndRoutes) {
  auto monitor = LinkMonitor::Open({"up0"}, At(0));
  ASSERT_TRUE(monitor.ok()) << monitor.status().message();
  EXPECT_THAT(monitor->table().Take(At(1000)), ElementsAre());

  Ip("link set up0 up");
  Ip("addr add 192.0.2.1/24 dev up0");
  ExpectChange(*monitor, IpFamily::kV4, UplinkEvent::kUp);
  Ip("route add default via 192.0.2.9 dev up0");
  ExpectChange(*monitor, IpFamily::kV4, UplinkEvent::kNewAddress);
  Ip("addr add 2001:db8::1/64 dev up0 nodad");
  ExpectChange(*monitor, IpFamily::kV6, UplinkEvent::kUp);
  Ip("link set peer0 down");  // carrier
  ExpectChange(*monitor, IpFamily::kV4, UplinkEvent::kDown);
  Ip("link set peer0 up");
  ExpectChange(*monitor, IpFamily::kV4, UplinkEvent::kUp);
  const std::uint32_t index = monitor->table().index(0);
  EXPECT_NE(index, 0u);
  Ip("link del up0");
  ExpectChange(*monitor, IpFamily::kV4, UplinkEvent::kDown);
  EXPECT_EQ(monitor->table().index(0), 0u);
}

TEST_F(MonitorTest, ListsAnewWhenTheKernelHadToDropMessages) {
  auto monitor = LinkMonitor::Open({"up0"}, At(0));
  ASSERT_TRUE(monitor.ok());
  const int smallest = 1;
  ASSERT_EQ(setsockopt(monitor->fd(), SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest), 0);
  for (int i = 0; i < 20; ++i) Ip("link set up0 mtu " + std::to_string(1400 + i));
  Ip("link set up0 up");
  Ip("addr add 192.0.2.1/24 dev up0");
  ExpectChange(*monitor, IpFamily::kV4, UplinkEvent::kUp);
}

class UdpTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    Ip("link add up0 type veth peer name peer0");
    Ip("addr add 192.0.2.1/24 dev up0");
    Ip("link set up0 up");
    Ip("link set peer0 up");
  }
  static bool SendOne(UdpTransport& transport, std::size_t size) {
    const Bytes bytes(size);
    const ByteView one(bytes);
    return transport.Send(std::span<const ByteView>(&one, 1));
  }
};

TEST_F(UdpTest, ExchangesDatagramsAndNamesTheirSource) {
  UniqueFd peer(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSERT_EQ(bind(peer.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(getsockname(peer.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  const Endpoint remote{*IpAddress::Parse("127.0.0.1"), ntohs(address.sin_port)};

  UdpTransport transport("lo", remote);
  ASSERT_TRUE(transport.Open().ok());
  EXPECT_TRUE(SendOne(transport, 100));
  char buffer[200];
  sockaddr_in from{};
  length = sizeof from;
  ASSERT_EQ(
      recvfrom(peer.get(), buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &length),
      100);
  ASSERT_EQ(sendto(peer.get(), "abc", 3, 0, reinterpret_cast<sockaddr*>(&from), length), 3);
  auto buffers = std::make_unique<ReceiveBuffers>();
  std::string got;
  EXPECT_TRUE(transport.Receive(*buffers, [&](const Endpoint& source, MutableBytes datagram) {
    EXPECT_EQ(source, remote);
    got.assign(datagram.begin(), datagram.end());
  }));
  EXPECT_EQ(got, "abc");
  EXPECT_FALSE(transport.Receive(*buffers, [](const Endpoint&, MutableBytes) { FAIL(); }));
}

TEST_F(UdpTest, IcmpPortUnreachableEndsNothing) {
  UdpTransport transport("lo", {*IpAddress::Parse("127.0.0.1"), 1});
  ASSERT_TRUE(transport.Open().ok());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(SendOne(transport, 10));
  EXPECT_EQ(transport.counters().not_sent, 0u);
}

TEST_F(UdpTest, ALinkThatIsDownIsARefusal) {
  UdpTransport transport("up0", {*IpAddress::Parse("192.0.2.9"), 4600});
  ASSERT_TRUE(transport.Open().ok());
  EXPECT_TRUE(SendOne(transport, 10));
  Ip("link set up0 down");
  EXPECT_FALSE(SendOne(transport, 10));
  EXPECT_EQ(transport.counters().not_sent, 1u);
}

TEST_F(UdpTest, ADeviceThatIsGoneIsARefusal) {
  UdpTransport transport("up0", {*IpAddress::Parse("192.0.2.9"), 4600});
  ASSERT_TRUE(transport.Open().ok());
  Ip("link del up0");
  EXPECT_FALSE(SendOne(transport, 10));
  EXPECT_FALSE(transport.Open().ok());
}

TEST_F(UdpTest, APacketThatIsTooBigIsLostAndNotFragmented) {
  UdpTransport transport("up0", {*IpAddress::Parse("192.0.2.9"), 4600});
  ASSERT_TRUE(transport.Open().ok());
  EXPECT_TRUE(SendOne(transport, 1600));
  EXPECT_EQ(transport.counters().not_sent, 1u);
  EXPECT_TRUE(SendOne(transport, 1400));
  EXPECT_EQ(transport.counters().sent_bytes, 1400u);
}

}  // namespace
}  // namespace jvpn
