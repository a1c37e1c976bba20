#include "client/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace jvpn {
namespace {

using ::testing::ElementsAre;

constexpr char kKey[] = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

std::string Good() {
  return std::string(R"([interface]
name = "jvpn0"
private_key_file = "client.key"
[gateway]
public_key = ")") +
         kKey + R"("
endpoints = ["gw.example:4600", "[2001:db8::1]:4601"]
[[uplink]]
device = "eth0"
[[uplink]]
device = "wwan0"
)";
}

ClientFileFaults FaultsOf(const std::string& text) {
  const auto result = ParseClientFile(text, "/etc/jvpn/client.toml");
  const auto* faults = std::get_if<ClientFileFaults>(&result);
  return faults != nullptr ? *faults : ClientFileFaults{};
}

TEST(ClientFile, ReadsWhatItNeedsAndFillsInTheRest) {
  const auto result = ParseClientFile(Good(), "/etc/jvpn/client.toml");
  const auto* file = std::get_if<ClientFile>(&result);
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->name, "jvpn0");
  EXPECT_EQ(file->private_key_file, "/etc/jvpn/client.key");
  EXPECT_EQ(file->gateway_key[0], 1);
  EXPECT_THAT(file->endpoints,
              ElementsAre(HostPort{"gw.example", 4600}, HostPort{"2001:db8::1", 4601}));
  EXPECT_THAT(file->uplinks, ElementsAre("eth0", "wwan0"));
  EXPECT_THAT(file->suites,
              ElementsAre(Suite::kAes128Gcm, Suite::kAes256Gcm, Suite::kChaCha20Poly1305));
  EXPECT_FALSE(file->routes.has_value());
  EXPECT_EQ(file->mtu, 0);
  EXPECT_EQ(file->control_socket, "/run/jvpn/client-jvpn0.sock");
}

TEST(ClientFile, ReadsEveryOptionalKey) {
  std::string text = Good();
  text.replace(text.find("[gateway]"), 9,
               "mtu = 1300\nroutes = [\"10.1.2.3/8\", \"fd00::/8\"]\n[gateway]\n"
               "preshared_key_file = \"/keys/psk\"\nsuites = [\"chacha20poly1305\"]");
  text += "[log]\naudit = \"audit.jsonl\"\n";
  const auto result = ParseClientFile(text, "conf/client.toml");
  const auto* file = std::get_if<ClientFile>(&result);
  ASSERT_NE(file, nullptr) << FaultsOf(text).front();
  EXPECT_EQ(file->mtu, 1300);
  ASSERT_TRUE(file->routes.has_value());
  EXPECT_THAT(*file->routes, ElementsAre(*Prefix::Parse("10.0.0.0/8"), *Prefix::Parse("fd00::/8")));
  EXPECT_EQ(file->preshared_key_file, "/keys/psk");
  EXPECT_THAT(file->suites, ElementsAre(Suite::kChaCha20Poly1305));
  EXPECT_EQ(file->audit_file, "conf/audit.jsonl");
}

struct FaultCase {
  const char* from;
  const char* to;
  const char* fault;
};

TEST(ClientFile, NamesPlaceKeyFaultAndWhatIsAllowed) {
  const FaultCase kCases[] = {
      {"name = \"jvpn0\"", "name = \"jvpn/0\"",
       "/etc/jvpn/client.toml:2:8: interface.name: is no interface name; allowed: 1 to 15 "
       "characters, no '/' and no blank"},
      {"name = \"jvpn0\"", "name = 3",
       "/etc/jvpn/client.toml:2:8: interface.name: is not a string; allowed: 1 to 15 characters, "
       "no '/' and no blank"},
      {"name = \"jvpn0\"\n", "",
       "/etc/jvpn/client.toml:1:1: interface.name: is missing; allowed: 1 to 15 characters, no "
       "'/' and no blank"},
      {"name = \"jvpn0\"", "name = \"jvpn0\"\nmtu = 100",
       "/etc/jvpn/client.toml:3:7: interface.mtu: is out of bounds; allowed: 1280 to 9000"},
      {"name = \"jvpn0\"", "name = \"jvpn0\"\nnmae = 1",
       "/etc/jvpn/client.toml:3:1: interface.nmae: unknown key; allowed: name, private_key_file, "
       "mtu, control_socket, routes"},
      {"name = \"jvpn0\"", "name = \"jvpn0\"\nroutes = [\"10.0.0.0/33\"]",
       "/etc/jvpn/client.toml:3:11: interface.routes: \"10.0.0.0/33\" is no prefix; allowed: "
       "prefixes such as \"10.0.0.0/8\" or \"fd00::/8\""},
      {"gw.example:4600", "gw.example",
       "/etc/jvpn/client.toml:6:14: gateway.endpoints: \"gw.example\" is no endpoint; allowed: "
       "\"host:port\", \"192.0.2.1:port\" or \"[v6]:port\""},
      {"gw.example:4600", "gw.example:70000",
       "/etc/jvpn/client.toml:6:14: gateway.endpoints: \"gw.example:70000\" is no endpoint; "
       "allowed: \"host:port\", \"192.0.2.1:port\" or \"[v6]:port\""},
      {"AQEB", "AQE",
       "/etc/jvpn/client.toml:5:14: gateway.public_key: is no key; allowed: 44 characters of "
       "base64, as `wg pubkey` prints them"},
      {"device = \"wwan0\"", "device = \"eth0\"",
       "/etc/jvpn/client.toml:10:10: uplink.device: is an uplink already; allowed: every device "
       "once"},
      {"[[uplink]]\ndevice = \"eth0\"", "[server]",
       "/etc/jvpn/client.toml:7:2: server: unknown key; allowed: [interface], [gateway], "
       "[[uplink]], [log]"},
  };
  for (const FaultCase& c : kCases) {
    std::string text = Good();
    text.replace(text.find(c.from), std::string(c.from).size(), c.to);
    EXPECT_THAT(FaultsOf(text), ElementsAre(c.fault));
  }
}

TEST(ClientFile, ListsAllFaultsAtOnce) {
  EXPECT_THAT(FaultsOf("[interface]\nname = \"\"\n"),
              ElementsAre("/etc/jvpn/client.toml:2:8: interface.name: is no interface name; "
                          "allowed: 1 to 15 characters, no '/' and no blank",
                          "/etc/jvpn/client.toml:1:1: interface.private_key_file: is missing; "
                          "allowed: a path",
                          "/etc/jvpn/client.toml:1:1: gateway: is missing; allowed: [interface], "
                          "[gateway], [[uplink]], [log]",
                          "/etc/jvpn/client.toml:1:1: uplink: is missing; allowed: at least one "
                          "[[uplink]] with a device"));
}

TEST(ClientFile, SaysWhereTheTomlItselfIsBroken) {
  const ClientFileFaults faults = FaultsOf("[interface]\nname = jvpn0\n");
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_THAT(faults[0], ::testing::StartsWith("/etc/jvpn/client.toml:2:"));
}

TEST(ClientFile, RefusesAKeyFileThatIsNotThere) {
  ClientFile file;
  file.private_key_file = "/nonexistent/client.key";
  const auto identity = LoadIdentity(file);
  ASSERT_FALSE(identity.ok());
  EXPECT_THAT(std::string(identity.status().message()),
              ::testing::HasSubstr("/nonexistent/client.key"));
}

}  // namespace
}  // namespace jvpn
