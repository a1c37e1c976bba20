// Every fault of the gateway's configuration, with the exact words and place that the operator
// sees.
#include <string>

#include "tests/unit/gateway/config_fixture.h"

namespace jvpn {
namespace {

struct Spoiled {
  const char* name;
  const char* from;
  const char* to;
  const char* faults;

  friend void PrintTo(const Spoiled& spoiled, std::ostream* out) { *out << spoiled.name; }
};

class ConfigFaultsTest : public ConfigFixture, public testing::WithParamInterface<Spoiled> {};

TEST_P(ConfigFaultsTest, SaysWhatIsWrongWhere) {
  const Spoiled& spoiled = GetParam();
  EXPECT_EQ(Faults(With(spoiled.from, spoiled.to)), spoiled.faults);
}

const Spoiled kFormFaults[] = {
    {"Syntax", "max = 64", "max = ",
     "gw.toml:19:7: syntax: Error while parsing key-value pair: expected value, saw '\\n'\n"},
    {"DuplicateKey", "node_id = \"gw1\"", "node_id = \"gw1\"\nnode_id = \"gw2\"",
     "gw.toml:3:11: syntax: Error while parsing key-value pair: cannot redefine existing string "
     "'node_id'\n"},
    {"MistypedKey", "max = 64", "maxx = 64",
     "gw.toml:19:1: sessions.maxx: unknown key; did you mean \"max\"?\n"},
    {"SwappedLetters", "ipv4_pool", "ipv4_polo",
     "gw.toml:15:1: inner.ipv4_pool: is missing; allowed: a network for the clients' addresses, "
     "here or in ipv6_pool\n"
     "gw.toml:16:1: inner.ipv4_polo: unknown key; did you mean \"ipv4_pool\"?\n"
     "gw.toml:24:8: peer.ipv4: \"10.8.0.2\" belongs to no pool; allowed: an address of "
     "inner.ipv4_pool, once the file has one\n"},
    {"StrangeKey", "max = 64", "colour = \"blue\"",
     "gw.toml:19:1: sessions.colour: unknown key; allowed: max, transports_per_session\n"},
    {"StrangeSection", "[sessions]", "[session]",
     "gw.toml:18:2: session: unknown key; did you mean \"sessions\"?\n"},
    {"SectionIsAValue", "[gateway]", "cpu = 2\n[gateway]",
     "gw.toml:1:7: cpu: is an integer, must be a table; allowed: [cpu]\n"},
    {"PeerIsATable", "[[peer]]", "[peer]",
     "gw.toml:21:1: peer: is a table, must be an array of tables; allowed: [[peer]]\n"},
    {"WrongType", "max = 64", "max = \"64\"",
     "gw.toml:19:7: sessions.max: is a string, must be an integer; allowed: 1 .. 1048576\n"},
    {"FractionIsNotAnInteger", "max = 64", "max = 64.0",
     "gw.toml:19:7: sessions.max: is a number with a fraction, must be an integer; allowed: 1 .. "
     "1048576\n"},
    {"OutOfRange", "node_id", "listen_port = 70000\nnode_id",
     "gw.toml:2:15: gateway.listen_port: 70000 is out of range; allowed: 1 .. 65535\n"},
    {"NotAnArray", "[\"203.0.113.1\"]", "\"203.0.113.1\"",
     "gw.toml:8:13: wan.next_hops: is a string, must be an array; allowed: [an IP address such as "
     "\"192.0.2.1\" or \"2001:db8::1\", …]\n"},
    {"ElementOfWrongType", "[\"203.0.113.1\"]", "[\n  7]",
     "gw.toml:9:3: wan.next_hops: is an integer, must be a string; allowed: an IP address such as "
     "\"192.0.2.1\" or \"2001:db8::1\"\n"},
    {"EmptyText", "\"alice\"", "\"\"",
     "gw.toml:22:8: peer.name: is empty; allowed: a string that is not empty\n"},
};

const Spoiled kGatewayFaults[] = {
    {"NodeIdMissing", "node_id = \"gw1\"", "",
     "gw.toml:1:1: gateway.node_id: is missing; allowed: 1 to 64 letters, digits, '.', '_' and "
     "'-'\n"},
    {"NodeIdWithSpaces", "\"gw1\"", "\"my gateway\"",
     "gw.toml:2:11: gateway.node_id: \"my gateway\" is not a node name; allowed: 1 to 64 letters, "
     "digits, '.', '_' and '-'\n"},
    {"KeyFileMissing", "\"gateway.key\"", "\"none.key\"",
     "gw.toml:3:20: gateway.private_key_file: none.key: No such file or directory; make it with: "
     "jvpnctl genkey (or genpsk); allowed: a private file (mode 0600) with 32 bytes in base64\n"},
    {"KeyFileOpenToOthers", "\"gateway.key\"", "\"open.key\"",
     "gw.toml:3:20: gateway.private_key_file: open.key: others than its owner may use this secret "
     "key; run: chmod 600 open.key; allowed: a private file (mode 0600) with 32 bytes in "
     "base64\n"},
    {"UnknownSuite", "node_id", "suites = [\"aes128gcm\", \"des\"]\nnode_id",
     "gw.toml:2:24: gateway.suites: \"des\" is not known; allowed: \"aes128gcm\", \"aes256gcm\", "
     "\"chacha20poly1305\"\n"},
    {"SuiteTwice", "node_id", "suites = [\"aes128gcm\", \"aes128gcm\"]\nnode_id",
     "gw.toml:2:24: gateway.suites: \"aes128gcm\" stands twice; allowed: once\n"},
    {"NoSuite", "node_id", "suites = []\nnode_id",
     "gw.toml:2:10: gateway.suites: names no suite; allowed: some of \"aes128gcm\", \"aes256gcm\", "
     "\"chacha20poly1305\"\n"},
    {"IdleUnknown", "[wan]", "[cpu]\nidle = \"lazy\"\n[wan]",
     "gw.toml:6:8: cpu.idle: \"lazy\" is not known; allowed: \"busy\", \"adaptive\"\n"},
    {"CoresForOtherNumberOfWorkers", "[wan]", "[cpu]\nworkers = 3\nworker_cores = [1, 2]\n[wan]",
     "gw.toml:7:16: cpu.worker_cores: names 2 cores for 3 workers; allowed: one a worker, or "
     "none\n"},
    {"CoreTwice", "[wan]", "[cpu]\nworker_cores = [4, 4]\n[wan]",
     "gw.toml:6:20: cpu.worker_cores: 4 stands twice; allowed: one worker a core\n"},
    {"TooManyWorkers", "[wan]", "[cpu]\nworkers = 33\n[wan]",
     "gw.toml:6:11: cpu.workers: 33 is out of range; allowed: 1 .. 32\n"},
    {"StoreUnknown", "[wan]", "[store]\nkind = \"redis\"\n[wan]",
     "gw.toml:6:8: store.kind: \"redis\" is not known; allowed: \"sqlite\", \"none\"\n"},
    {"StorePathWithoutStore", "[wan]", "[store]\nkind = \"none\"\npath = \"s.db\"\n[wan]",
     "gw.toml:7:8: store.path: stands beside store.kind = \"none\"; allowed: only with "
     "\"sqlite\"\n"},
    {"NotAPowerOfTwo", "max = 64", "max = 100",
     "gw.toml:19:7: sessions.max: 100 is not a power of two; allowed: 64 or 128\n"},
    {"MoreFlowsThanIndices", "max = 64", "max = 1048576\ntransports_per_session = 17",
     "gw.toml:19:7: sessions.max: 1048576 sessions of 17 transports need more flow indices than "
     "there are; allowed: max x transports_per_session up to 8388608\n"},
    {"PolicyTwice", "[sessions]", "[policy]\nprofile = \"fast\"\nfile = \"p.toml\"\n[sessions]",
     "gw.toml:20:8: policy.file: stands beside policy.profile; allowed: one of the two\n"},
};

const Spoiled kAddressFaults[] = {
    {"NoDevice", "vdev = \"net_null0\"", "",
     "gw.toml:5:1: wan.pci: is missing; allowed: pci = \"0000:3b:00.0\" or vdev = "
     "\"net_af_packet0,iface=wan0\"\n"},
    {"TwoDevices", "vdev = \"net_null0\"", "vdev = \"net_null0\"\npci = \"0000:3b:00.0\"",
     "gw.toml:6:8: wan.vdev: stands beside pci; allowed: pci = \"0000:3b:00.0\" or vdev = "
     "\"net_af_packet0,iface=wan0\"\n"},
    {"NoPciAddress", "vdev = \"net_null0\"", "pci = \"eth0\"",
     "gw.toml:6:7: wan.pci: \"eth0\" is no PCI address; allowed: pci = \"0000:3b:00.0\" or vdev = "
     "\"net_af_packet0,iface=wan0\"\n"},
    {"OneDeviceForBothSides", "\"net_null1\"", "\"net_null0,copy=1\"",
     "gw.toml:11:8: core.vdev: \"net_null0\" is the device of [wan]; allowed: a device of its "
     "own\n"},
    {"NotAPrefix", "192.0.2.1/24", "192.0.2.1/33",
     "gw.toml:12:14: core.addresses: \"192.0.2.1/33\" is not a prefix; allowed: address/length "
     "such as \"192.0.2.0/24\" or \"2001:db8::/64\"\n"},
    {"NoAddress", "[\"203.0.113.10/24\"]", "[]",
     "gw.toml:7:13: wan.addresses: is empty; allowed: at least one\n"},
    {"NetworkAddress", "\"203.0.113.10/24\"", "\"203.0.113.10/24\", \"198.51.100.0/24\"",
     "gw.toml:7:33: wan.addresses: \"198.51.100.0/24\" is the network's own or its broadcast "
     "address; allowed: a host's address with its prefix length\n"},
    {"MulticastAddress", "\"203.0.113.10/24\"", "\"203.0.113.10/24\", \"224.0.0.5/24\"",
     "gw.toml:7:33: wan.addresses: \"224.0.0.5/24\" is a multicast address; allowed: a host's "
     "address with its prefix length\n"},
    {"AddressTwice", "\"203.0.113.10/24\"", "\"203.0.113.10/24\", \"203.0.113.10/25\"",
     "gw.toml:7:33: wan.addresses: \"203.0.113.10\" stands twice; allowed: once\n"},
    {"NextHopNotOnLink", "\"203.0.113.1\"", "\"198.51.100.1\"",
     "gw.toml:8:14: wan.next_hops: \"198.51.100.1\" is not on-link; allowed: an address within "
     "one of this section's addresses\n"},
    {"NextHopIsOurs", "\"203.0.113.1\"", "\"203.0.113.10\"",
     "gw.toml:8:14: wan.next_hops: \"203.0.113.10\" is our own address; allowed: a neighbour's\n"},
    {"TwoNextHopsOfAFamily", "\"203.0.113.1\"", "\"203.0.113.1\", \"203.0.113.2\"",
     "gw.toml:8:29: wan.next_hops: \"203.0.113.2\" is the second of its family; allowed: one next "
     "hop a family\n"},
    {"VlanTooBig", "vdev = \"net_null0\"", "vdev = \"net_null0\"\nvlan = 4095",
     "gw.toml:7:8: wan.vlan: 4095 is out of range; allowed: 0 .. 4094\n"},
    {"CoreOverlapsWan", "192.0.2.1/24", "203.0.113.20/25",
     "gw.toml:12:14: core.addresses: \"203.0.113.20/25\" overlaps \"203.0.113.10/24\" of "
     "wan.addresses; allowed: networks of their own\n"
     "gw.toml:13:14: core.next_hops: \"192.0.2.254\" is not on-link; allowed: an address within "
     "one of this section's addresses\n"},
    {"PoolOverlapsCore", "192.0.2.1/24\"]", "10.8.3.1/24\", \"192.0.2.1/24\"]",
     "gw.toml:16:13: inner.ipv4_pool: \"10.8.0.0/16\" overlaps \"10.8.3.1/24\" of core.addresses; "
     "allowed: networks of their own\n"},
    {"PoolWithHostBits", "10.8.0.0/16", "10.8.0.1/16",
     "gw.toml:16:13: inner.ipv4_pool: \"10.8.0.1/16\" has bits set behind its length; allowed: "
     "\"10.8.0.0/16\"\n"},
    {"PoolOfOtherFamily", "[sessions]", "ipv6_pool = \"10.9.0.0/16\"\n[sessions]",
     "gw.toml:18:13: inner.ipv6_pool: \"10.9.0.0/16\" cannot be the IPv6 pool; allowed: an IPv6 "
     "network from /64 to /126\n"},
    {"MtuTooSmallForIpv6", "[sessions]", "ipv6_pool = \"fd00::/112\"\nmtu = 1000\n[sessions]",
     "gw.toml:19:7: inner.mtu: 1000 is too small for inner.ipv6_pool; allowed: 1280 and above\n"},
    {"RouteOfFamilyWithoutPool", "[sessions]", "routes = [\"::/0\"]\n[sessions]",
     "gw.toml:18:11: inner.routes: \"::/0\" is of a family without a pool; allowed: families of "
     "inner.ipv4_pool and inner.ipv6_pool\n"},
};

const Spoiled kPeerFaults[] = {
    {"NoName", "name = \"alice\"", "",
     "gw.toml:21:1: peer.name: is missing; allowed: a name of up to 64 bytes\n"},
    {"NoKey", "public_key = \"3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=\"", "",
     "gw.toml:21:1: peer.public_key: is missing; allowed: 32 bytes in base64, as \"jvpnctl "
     "pubkey\" prints them\n"},
    {"NotAKey", "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=", "hello",
     "gw.toml:23:14: peer.public_key: \"hello\" is not a public key; allowed: 32 bytes in base64, "
     "as \"jvpnctl pubkey\" prints them\n"},
    {"OurOwnKey",
     "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=", "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=",
     "gw.toml:23:14: peer.public_key: is this gateway's own key; allowed: the peer's\n"},
    {"AddressOutsideThePool", "\"10.8.0.2\"", "\"10.9.0.2\"",
     "gw.toml:24:8: peer.ipv4: \"10.9.0.2\" is not a host of inner.ipv4_pool; allowed: a host of "
     "10.8.0.0/16 but the first, which is the gateway's\n"},
    {"BroadcastOfThePool", "\"10.8.0.2\"", "\"10.8.255.255\"",
     "gw.toml:24:8: peer.ipv4: \"10.8.255.255\" is not a host of inner.ipv4_pool; allowed: a host "
     "of "
     "10.8.0.0/16 but the first, which is the gateway's\n"},
    {"NetworkOfThePool", "\"10.8.0.2\"", "\"10.8.0.0\"",
     "gw.toml:24:8: peer.ipv4: \"10.8.0.0\" is not a host of inner.ipv4_pool; allowed: a host of "
     "10.8.0.0/16 but the first, which is the gateway's\n"},
    {"GatewaysOwnAddress", "\"10.8.0.2\"", "\"10.8.0.1\"",
     "gw.toml:24:8: peer.ipv4: \"10.8.0.1\" is not a host of inner.ipv4_pool; allowed: a host of "
     "10.8.0.0/16 but the first, which is the gateway's\n"},
    {"AddressWithoutAPool", "ipv4 = \"10.8.0.2\"", "ipv6 = \"fd00::2\"",
     "gw.toml:24:8: peer.ipv6: \"fd00::2\" belongs to no pool; allowed: an address of "
     "inner.ipv6_pool, once the file has one\n"},
    {"AddressOfTheOtherFamily", "\"10.8.0.2\"", "\"fd00::2\"",
     "gw.toml:24:8: peer.ipv4: \"fd00::2\" is of the other family; allowed: an IPv4 address\n"},
    {"SourceInThePool", "ipv4 = \"10.8.0.2\"", "allowed_sources = [\"10.8.4.0/24\"]",
     "gw.toml:24:20: peer.allowed_sources: \"10.8.4.0/24\" overlaps \"10.8.0.0/16\" of "
     "inner.ipv4_pool; allowed: networks behind this peer\n"},
    {"TooManySources", "ipv4 = \"10.8.0.2\"",
     "allowed_sources = [\"172.16.0.0/24\", \"172.16.1.0/24\", \"172.16.2.0/24\", "
     "\"172.16.3.0/24\", \"172.16.4.0/24\"]",
     "gw.toml:24:19: peer.allowed_sources: names 5 networks; allowed: 0 .. 4\n"},
    {"PolicyFileMissing", "ipv4 = \"10.8.0.2\"", "policy = \"hasty\"",
     "gw.toml:24:10: peer.policy: hasty: cannot be read: No such file or directory; allowed: a "
     "readable policy file\n"},
    {"PolicyFileIsAFolder", "[sessions]", "[policy]\nfile = \"/tmp\"\n[sessions]",
     "gw.toml:19:8: policy.file: /tmp: cannot be read: Is a directory; allowed: a readable policy "
     "file\n"},
    {"SameNameAndAddress", "ipv4 = \"10.8.0.2\"",
     "ipv4 = \"10.8.0.2\"\n[[peer]]\nname = \"alice\"\n"
     "public_key = \"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\"\nipv4 = \"10.8.0.2\"",
     "gw.toml:26:8: peer.name: \"alice\" names two peers; allowed: a name of its own\n"
     "gw.toml:28:8: peer.ipv4: \"10.8.0.2/32\" overlaps \"10.8.0.2/32\" of peer \"alice\"; "
     "allowed: addresses of one peer only\n"},
    {"SameKey", "ipv4 = \"10.8.0.2\"",
     "[[peer]]\nname = \"bob\"\npublic_key = \"3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=\"",
     "gw.toml:26:14: peer.public_key: is the key of peer \"alice\" too; allowed: a key of its "
     "own\n"},
};

std::string NameOf(const testing::TestParamInfo<Spoiled>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Form, ConfigFaultsTest, testing::ValuesIn(kFormFaults), NameOf);
INSTANTIATE_TEST_SUITE_P(Gateway, ConfigFaultsTest, testing::ValuesIn(kGatewayFaults), NameOf);
INSTANTIATE_TEST_SUITE_P(Addresses, ConfigFaultsTest, testing::ValuesIn(kAddressFaults), NameOf);
INSTANTIATE_TEST_SUITE_P(Peers, ConfigFaultsTest, testing::ValuesIn(kPeerFaults), NameOf);

using ConfigFaultListTest = ConfigFixture;

TEST_F(ConfigFaultListTest, EmptyFileTellsEverythingThatIsMissing) {
  const std::string faults = Faults("");
  for (const char* key : {"gateway.node_id", "gateway.private_key_file", "wan.pci", "wan.addresses",
                          "core.pci", "core.addresses", "inner.ipv4_pool"}) {
    EXPECT_NE(faults.find(std::string("gw.toml:1:1: ") + key + ": is missing; allowed: "),
              std::string::npos)
        << key << "\n"
        << faults;
  }
}

TEST_F(ConfigFaultListTest, MtuMustFitAFrameOverIpv6) {
  const std::string text =
      absl::StrReplaceAll(kGoodConfig, {{"\"203.0.113.10/24\"", "\"2001:db8::10/64\""},
                                        {"\"203.0.113.1\"", "\"2001:db8::1\""},
                                        {"[sessions]", "mtu = 1421\n[sessions]"}});
  EXPECT_EQ(Faults(text),
            "gw.toml:18:7: inner.mtu: 1421 does not fit the IPv6 address of wan.addresses; "
            "allowed: up to 1420\n");
}

TEST_F(ConfigFaultListTest, FaultsOfAPolicyFileNameThatFile) {
  WriteFile("p.toml", "version = \"1\"\n[session]\nmax_lifetime_ms = 5\n", 0644);
  const std::string faults = Faults(With("[sessions]", "[policy]\nfile = \"p.toml\"\n[sessions]"));
  EXPECT_NE(faults.find("p.toml:3:"), std::string::npos) << faults;
  EXPECT_EQ(faults.find("gw.toml"), std::string::npos) << faults;
}

}  // namespace
}  // namespace jvpn
