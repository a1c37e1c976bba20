// [wan], [core] and [inner]: the addresses of the gateway and of what is behind it.
#include <algorithm>
#include <optional>
#include <regex>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "gateway/address_rules.h"
#include "gateway/config_sections.h"

namespace jvpn {
namespace {

constexpr char kDeviceForm[] = "pci = \"0000:3b:00.0\" or vdev = \"net_af_packet0,iface=wan0\"";
// IPv4 needs 576 (RFC 791); 1500 less the 60 bytes of a frame over IPv4 (docs/wire.md 5).
constexpr std::int64_t kLeastMtu = 576;
constexpr std::int64_t kGreatestMtu = 1440;

// As DPDK writes them; the domain may be left out.
bool IsPciAddress(const std::string& text) {
  static const std::regex form("([0-9a-f]{4,8}:)?[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]",
                               std::regex::icase);
  return std::regex_match(text, form);
}

// Of "net_af_packet0,iface=wan0": what DPDK knows the device by.
std::string NameOf(const PortDevice& device) {
  const std::string& whole = device.pci.empty() ? device.vdev : device.pci;
  return whole.substr(0, whole.find(','));
}

void ReadDevice(SectionReader& section, PortDevice& device) {
  const auto pci = section.Text("pci");
  const auto vdev = section.Text("vdev");
  if (section.Has("pci") && section.Has("vdev")) {
    section.Fault("vdev", absl::StrCat("stands beside pci; allowed: ", kDeviceForm));
  } else if (!section.Has("pci") && !section.Has("vdev")) {
    section.Missing("pci", kDeviceForm);
  }
  if (pci.has_value() && !IsPciAddress(pci->value)) {
    section.Fault("pci",
                  absl::StrCat("\"", pci->value, "\" is no PCI address; allowed: ", kDeviceForm));
  }
  if (pci.has_value()) device.pci = pci->value;
  if (vdev.has_value()) device.vdev = vdev->value;
}

void ReadPortAddresses(SectionReader& section, ConfigContext& context, PortDevice& device,
                       std::vector<Located<Prefix>>& located) {
  const std::size_t faults_before = context.faults.size();
  for (const Located<Prefix>& prefix : section.Prefixes("addresses")) {
    const IpAddress& address = prefix.value.address;
    const auto twin = std::find_if(device.addresses.begin(), device.addresses.end(),
                                   [&](const Prefix& other) { return other.address == address; });
    if (const auto why = NotAHost(address); why.has_value()) {
      context.faults.Add(prefix,
                         absl::StrCat("\"", prefix.value.ToString(), "\" ", *why,
                                      "; allowed: a host's address with its prefix length"));
    } else if (IsNetworkOrBroadcast(address, prefix.value)) {
      context.faults.Add(prefix,
                         absl::StrCat("\"", prefix.value.ToString(),
                                      "\" is the network's own or its broadcast address; allowed: "
                                      "a host's address with its prefix length"));
    } else if (twin != device.addresses.end()) {
      context.faults.Add(prefix,
                         absl::StrCat("\"", address.ToString(), "\" stands twice; allowed: once"));
    } else {
      device.addresses.push_back(prefix.value);
      located.push_back(prefix);
    }
  }
  if (!section.Has("addresses")) {
    section.Missing("addresses", "[\"address/length\", …], at least one");
  } else if (device.addresses.empty() && context.faults.size() == faults_before) {
    section.Fault("addresses", "is empty; allowed: at least one");
  }
}

void ReadNextHops(SectionReader& section, ConfigContext& context, PortDevice& device) {
  for (const Located<IpAddress>& hop : section.Addresses("next_hops")) {
    const std::string name = absl::StrCat("\"", hop.value.ToString(), "\"");
    const auto same_family = [&](const IpAddress& other) {
      return other.family == hop.value.family;
    };
    const bool on_link = std::any_of(device.addresses.begin(), device.addresses.end(),
                                     [&](const Prefix& own) { return own.Contains(hop.value); });
    const bool own = std::any_of(device.addresses.begin(), device.addresses.end(),
                                 [&](const Prefix& p) { return p.address == hop.value; });
    if (own) {
      context.faults.Add(hop, absl::StrCat(name, " is our own address; allowed: a neighbour's"));
    } else if (!on_link && !device.addresses.empty()) {
      context.faults.Add(hop, absl::StrCat(name,
                                           " is not on-link; allowed: an address within one "
                                           "of this section's addresses"));
    } else if (std::any_of(device.next_hops.begin(), device.next_hops.end(), same_family)) {
      context.faults.Add(
          hop, absl::StrCat(name, " is the second of its family; allowed: one next hop a family"));
    } else {
      device.next_hops.push_back(hop.value);
    }
  }
}

MaybeLocated<Prefix> ReadPool(SectionReader& section, ConfigContext& context,
                              const std::string& key, IpFamily family) {
  const auto pool = section.Network(key);
  if (!pool.has_value()) return std::nullopt;
  const int least = family == IpFamily::kV4 ? 8 : 64;
  const int greatest = family == IpFamily::kV4 ? 30 : 126;
  const char* name = family == IpFamily::kV4 ? "IPv4" : "IPv6";
  if (pool->value.address.family != family || pool->value.length < least ||
      pool->value.length > greatest) {
    context.faults.Add(*pool, absl::StrCat("\"", pool->value.ToString(), "\" cannot be the ", name,
                                           " pool; allowed: an ", name, " network from /", least,
                                           " to /", greatest));
    return std::nullopt;
  }
  return pool;
}

}  // namespace

std::vector<Located<Prefix>> ReadPortSection(SectionReader section, PortSide side,
                                             ConfigContext& context) {
  const bool wan = side == PortSide::kWan;
  PortDevice& device = wan ? context.config.dataplane.wan : context.config.dataplane.core;
  PortConfig& port = wan ? context.config.control.wan : context.config.control.core;
  std::vector<Located<Prefix>> located;
  ReadDevice(section, device);
  const std::string name = NameOf(device);
  if (!wan && !name.empty() && name == NameOf(context.config.dataplane.wan)) {
    section.Fault(
        device.pci.empty() ? "vdev" : "pci",
        absl::StrCat("\"", name, "\" is the device of [wan]; allowed: a device of its own"));
  }
  ReadPortAddresses(section, context, device, located);
  ReadNextHops(section, context, device);
  if (const auto vlan = section.Integer("vlan", 0, 4094); vlan.has_value()) {
    device.vlan = static_cast<std::uint16_t>(vlan->value);
  }
  section.Finish();
  port.addresses = device.addresses;
  port.next_hops = device.next_hops;
  return located;
}

void ReadInnerSection(SectionReader section, ConfigContext& context, ConfigPositions& positions) {
  ControlConfig& control = context.config.control;
  positions.names_ipv4_pool = section.Has("ipv4_pool");
  positions.names_ipv6_pool = section.Has("ipv6_pool");
  positions.ipv4_pool = ReadPool(section, context, "ipv4_pool", IpFamily::kV4);
  positions.ipv6_pool = ReadPool(section, context, "ipv6_pool", IpFamily::kV6);
  if (positions.ipv4_pool.has_value()) control.inner_v4_pool = positions.ipv4_pool->value;
  if (positions.ipv6_pool.has_value()) control.inner_v6_pool = positions.ipv6_pool->value;
  if (!positions.names_ipv4_pool && !positions.names_ipv6_pool) {
    section.Missing("ipv4_pool", "a network for the clients' addresses, here or in ipv6_pool");
  }
  positions.mtu = section.Integer("mtu", kLeastMtu, kGreatestMtu);
  if (positions.mtu.has_value()) {
    control.inner_mtu = static_cast<std::uint16_t>(positions.mtu->value);
  }
  for (const Located<Prefix>& route : section.Networks("routes")) {
    auto& routes = control.pushed_routes;
    if (std::find(routes.begin(), routes.end(), route.value) != routes.end()) {
      context.faults.Add(
          route, absl::StrCat("\"", route.value.ToString(), "\" stands twice; allowed: once"));
      continue;
    }
    routes.push_back(route.value);
    positions.routes.push_back(route);
  }
  if (control.pushed_routes.size() > kMaxPushedRoutes) {
    section.Fault("routes", absl::StrCat("names ", control.pushed_routes.size(),
                                         " networks; allowed: 0 .. ", kMaxPushedRoutes));
  }
  section.Finish();
  context.config.dataplane.inner_mtu = control.inner_mtu;
  context.config.dataplane.inner_v4_pool = control.inner_v4_pool;
  context.config.dataplane.inner_v6_pool = control.inner_v6_pool;
}

}  // namespace jvpn
