#include "gateway/config.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "crypto/key_file.h"
#include "tests/unit/gateway/config_fixture.h"

namespace jvpn {
namespace {

using testing::ElementsAre;
using ConfigTest = ConfigFixture;

constexpr char kFullConfig[] = R"(
[gateway]
node_id = "gw-2.example"
private_key_file = "gateway.key"
listen_port = 4700
control_socket = "/run/other/gateway.sock"
audit_log = "log/audit.jsonl"
suites = ["chacha20poly1305", "aes256gcm"]

[cpu]
workers = 2
worker_cores = [2, 3]
idle = "busy"

[memory]
hugepages = "off"
megabytes = 128

[dpdk]
extra_eal = ["--log-level=8"]
file_prefix = "gw2"

[store]
path = "state/sessions.db"
node_key_file = "/etc/jvpn/node.key"

[wan]
pci = "0000:3b:00.0"
addresses = ["203.0.113.10/24", "2001:db8::10/64"]
next_hops = ["203.0.113.1", "2001:db8::1"]
vlan = 7

[core]
vdev = "net_null1"
addresses = ["192.0.2.1/24"]

[inner]
ipv4_pool = "10.8.0.0/16"
ipv6_pool = "fd00:8::/112"
mtu = 1400
routes = ["10.0.0.0/8", "::/0"]

[sessions]
max = 256
transports_per_session = 2

[policy]
profile = "reference"

[[peer]]
name = "alice"
public_key = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08="
preshared_key_file = "alice.psk"
ipv4 = "10.8.0.2"
ipv6 = "fd00:8::2"
allowed_sources = ["172.16.5.0/24"]
policy = "fast"

[[peer]]
name = "bob"
public_key = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
)";

TEST_F(ConfigTest, MinimalFileGetsTheDefaults) {
  const GatewayConfig config = Good(kGoodConfig);
  EXPECT_EQ(config.daemon.control_socket, "/run/jvpn/gateway.sock");
  EXPECT_EQ(config.daemon.audit_log, "/var/log/jvpn/audit.jsonl");
  EXPECT_EQ(config.control.listen_port, 4600);
  EXPECT_EQ(config.control.inner_mtu, 1420);
  EXPECT_EQ(config.control.transports_per_session, 4U);
  EXPECT_THAT(config.control.suites,
              ElementsAre(Suite::kAes128Gcm, Suite::kAes256Gcm, Suite::kChaCha20Poly1305));
  EXPECT_EQ(config.dataplane.workers, 1U);
  EXPECT_EQ(config.dataplane.idle, IdlePolicy::kAdaptive);
  EXPECT_EQ(config.dataplane.hugepages, Hugepages::kAuto);
  ASSERT_EQ(config.control.peers.size(), 1U);
  EXPECT_EQ(*config.control.peers[0].policy, Policy::Default());
  EXPECT_TRUE(config.control.peers[0].preshared_key.is_zero());
  EXPECT_TRUE(config.control.peers[0].inner_v6.is_none());
}

TEST_F(ConfigTest, ReadsEveryDaemonAndDataplaneKey) {
  WriteFile("alice.psk", std::string(kGatewaySecret) + "\n", 0600);
  const GatewayConfig config = Good(kFullConfig);
  EXPECT_EQ(config.daemon.control_socket, "/run/other/gateway.sock");
  EXPECT_EQ(config.daemon.audit_log, directory_ + "/log/audit.jsonl");
  const DataplaneConfig& dataplane = config.dataplane;
  EXPECT_EQ(dataplane.workers, 2U);
  EXPECT_THAT(dataplane.worker_cores, ElementsAre(2, 3));
  EXPECT_EQ(dataplane.idle, IdlePolicy::kBusy);
  EXPECT_EQ(dataplane.hugepages, Hugepages::kOff);
  EXPECT_EQ(dataplane.memory_mib, 128U);
  EXPECT_THAT(dataplane.extra_eal, ElementsAre("--log-level=8"));
  EXPECT_EQ(dataplane.file_prefix, "gw2");
  EXPECT_TRUE(config.daemon.keep_sessions);
  EXPECT_TRUE(config.daemon.store_path.ends_with("/state/sessions.db"));
  EXPECT_EQ(config.daemon.node_key_file, "/etc/jvpn/node.key");
  EXPECT_EQ(dataplane.wan.pci, "0000:3b:00.0");
  EXPECT_EQ(dataplane.wan.vdev, "");
  EXPECT_EQ(dataplane.wan.vlan, 7);
  EXPECT_THAT(dataplane.wan.addresses,
              ElementsAre(*Prefix::Parse("203.0.113.10/24"), *Prefix::Parse("2001:db8::10/64")));
  EXPECT_THAT(dataplane.wan.next_hops,
              ElementsAre(*IpAddress::Parse("203.0.113.1"), *IpAddress::Parse("2001:db8::1")));
  EXPECT_EQ(dataplane.core.vdev, "net_null1");
}

TEST_F(ConfigTest, GivesBothPlanesTheSameNumbers) {
  WriteFile("alice.psk", std::string(kGatewaySecret) + "\n", 0600);
  const GatewayConfig config = Good(kFullConfig);
  const ControlConfig& control = config.control;
  const DataplaneConfig& dataplane = config.dataplane;
  EXPECT_EQ(control.listen_port, 4700);
  EXPECT_EQ(dataplane.listen_port, 4700);
  EXPECT_EQ(control.inner_mtu, 1400);
  EXPECT_EQ(dataplane.inner_mtu, 1400);
  EXPECT_EQ(control.max_sessions, 256U);
  EXPECT_EQ(dataplane.max_sessions, 256U);
  EXPECT_EQ(control.transports_per_session, 2U);
  EXPECT_EQ(dataplane.transports_per_session, 2U);
  EXPECT_EQ(control.inner_v4_pool, *Prefix::Parse("10.8.0.0/16"));
  EXPECT_EQ(dataplane.inner_v4_pool, control.inner_v4_pool);
  EXPECT_EQ(dataplane.inner_v6_pool, *Prefix::Parse("fd00:8::/112"));
  EXPECT_EQ(control.wan.addresses, dataplane.wan.addresses);
  EXPECT_EQ(control.wan.next_hops, dataplane.wan.next_hops);
  EXPECT_EQ(control.core.addresses, dataplane.core.addresses);
}

TEST_F(ConfigTest, ReadsIdentityAndPeers) {
  WriteFile("alice.psk", std::string(kGatewaySecret) + "\n", 0600);
  const GatewayConfig config = Good(kFullConfig);
  const ControlConfig& control = config.control;
  EXPECT_EQ(control.node_id, "gw-2.example");
  EXPECT_EQ(EncodeBase64(control.identity.public_key), kGatewayPublic);
  EXPECT_THAT(control.suites, ElementsAre(Suite::kChaCha20Poly1305, Suite::kAes256Gcm));
  EXPECT_THAT(control.pushed_routes,
              ElementsAre(*Prefix::Parse("10.0.0.0/8"), *Prefix::Parse("::/0")));
  ASSERT_EQ(control.peers.size(), 2U);
  const PeerConfig& alice = control.peers[0];
  EXPECT_EQ(alice.name, "alice");
  EXPECT_EQ(EncodeBase64(alice.public_key), kPeerPublic);
  EXPECT_EQ(alice.preshared_key, *DecodeSecretKey(kGatewaySecret));
  EXPECT_EQ(alice.inner_v4.ToString(), "10.8.0.2");
  EXPECT_EQ(alice.inner_v6.ToString(), "fd00:8::2");
  EXPECT_THAT(alice.allowed_sources, ElementsAre(*Prefix::Parse("172.16.5.0/24")));
  EXPECT_EQ(alice.policy->profile, "fast");
  EXPECT_EQ(control.peers[1].policy->profile, "reference");
}

TEST_F(ConfigTest, WarnsWhenAPolicyWantsMoreTransportsThanASessionGets) {
  WriteFile("alice.psk", std::string(kGatewaySecret) + "\n", 0600);
  EXPECT_THAT(Good(kFullConfig).warnings,
              testing::Contains("peer \"bob\": its policy allows 3 candidates, but "
                                "sessions.transports_per_session = 2 leaves 1"));
}

TEST_F(ConfigTest, ReadsAPolicyFileBesideTheConfiguration) {
  WriteFile("slow.toml",
            "version = \"2.1\"\nprofile = \"default\"\n[switching]\nmax_switches_per_min = 5\n",
            0644);
  const GatewayConfig config =
      Good(std::string(kGoodConfig) + "policy = \"slow.toml\"\n[policy]\nfile = \"slow.toml\"\n");
  EXPECT_EQ(config.control.peers[0].policy->version, "2.1");
  EXPECT_EQ(config.control.peers[0].policy->max_switches_per_min, 5U);
}

TEST_F(ConfigTest, ShippedExampleIsGood) {
  std::ifstream example(JVPN_SOURCE_ROOT "/etc/jvpn-gateway.toml");
  std::ostringstream text;
  text << example.rdbuf();
  // Alice of RFC 7748 is the gateway here and a peer there.
  const GatewayConfig config =
      Good(absl::StrReplaceAll(text.str(), {{kGatewayPublic, kOtherPublic}}));
  EXPECT_EQ(config.control.peers.size(), 2U);
  EXPECT_TRUE(config.warnings.empty());
}

TEST_F(ConfigTest, FileThatIsNotThereIsOneFault) {
  const auto read = ReadGatewayConfig(directory_ + "/none.toml");
  EXPECT_THAT(std::get<GatewayConfigFaults>(read),
              ElementsAre(directory_ + "/none.toml: cannot be read: No such file or directory"));
}

}  // namespace
}  // namespace jvpn
