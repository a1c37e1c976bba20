#include "client/config.h"

#include <net/if.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "client/toml_section.h"
#include "crypto/key_file.h"

namespace jvpn {
namespace {

constexpr std::string_view kSections = "[interface], [gateway], [[uplink]], [log]";
constexpr std::string_view kKeyText = "44 characters of base64, as `wg pubkey` prints them";
constexpr std::string_view kEndpointText = "\"host:port\", \"192.0.2.1:port\" or \"[v6]:port\"";
constexpr std::string_view kSuiteText = "\"aes128gcm\", \"aes256gcm\", \"chacha20poly1305\"";
constexpr std::string_view kDeviceText = "1 to 15 characters, no '/' and no blank";
// The least that IPv6 works with (RFC 8200 5), and a usual link's own MTU.
constexpr std::int64_t kLeastMtu = 1280;
constexpr std::int64_t kGreatestMtu = 9000;

bool IsDeviceName(std::string_view name) {
  return !name.empty() && name.size() < IFNAMSIZ && name != "." && name != ".." &&
         name.find_first_of("/ \t\n:") == std::string_view::npos;
}

class ClientFileReader {
 public:
  explicit ClientFileReader(const std::string& source_name)
      : faults_(source_name), folder_(std::filesystem::path(source_name).parent_path()) {}

  std::variant<ClientFile, ClientFileFaults> Read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      constexpr auto kKnown =
          std::to_array<std::string_view>({"interface", "gateway", "uplink", "log"});
      if (std::find(kKnown.begin(), kKnown.end(), key.str()) == kKnown.end()) {
        faults_.Add(key.source().begin, key.str(), "unknown key", kSections);
      }
    }
    if (const toml::table* table = Table(root, "interface", true)) ReadInterface(*table);
    if (const toml::table* table = Table(root, "gateway", true)) ReadGateway(*table);
    ReadUplinks(root);
    if (const toml::table* table = Table(root, "log", false)) ReadLog(*table);
    if (!faults_.empty()) return faults_.Take();
    return std::move(file_);
  }

 private:
  const toml::table* Table(const toml::table& root, std::string_view name, bool required) {
    const toml::node* node = root.get(name);
    if (node == nullptr) {
      if (required) faults_.Add({}, name, "is missing", kSections);
      return nullptr;
    }
    if (!node->is_table()) faults_.Add(node->source().begin, name, "is not a table", "a table");
    return node->as_table();
  }

  std::string Path(const std::string& text) const { return (folder_ / text).string(); }

  void ReadInterface(const toml::table& table) {
    TomlSection section("interface", table, faults_);
    if (auto name = section.String("name", true, kDeviceText)) {
      file_.name = *name;
      if (!IsDeviceName(*name)) section.Fault("name", "is no interface name", kDeviceText);
    }
    if (auto path = section.String("private_key_file", true, "a path")) {
      file_.private_key_file = Path(*path);
    }
    if (auto mtu = section.Integer("mtu", kLeastMtu, kGreatestMtu)) {
      file_.mtu = static_cast<std::uint16_t>(*mtu);
    }
    const auto socket = section.String("control_socket", false, "a path");
    file_.control_socket = socket ? Path(*socket) : DefaultControlSocket(file_.name);
    constexpr std::string_view kPrefixes = "prefixes such as \"10.0.0.0/8\" or \"fd00::/8\"";
    if (auto routes = section.Strings("routes", false, kPrefixes)) {
      file_.routes.emplace();
      for (const auto& [text, at] : *routes) {
        const std::optional<Prefix> prefix = Prefix::Parse(text);
        if (!prefix) section.FaultAt(at, "routes", "\"" + text + "\" is no prefix", kPrefixes);
        if (prefix) file_.routes->push_back(prefix->Network());
      }
    }
    section.RefuseUnknown();
  }

  void ReadGateway(const toml::table& table) {
    TomlSection section("gateway", table, faults_);
    if (auto text = section.String("public_key", true, kKeyText)) {
      const absl::StatusOr<PublicKey> key = DecodePublicKey(*text);
      if (!key.ok()) section.Fault("public_key", "is no key", kKeyText);
      if (key.ok()) file_.gateway_key = *key;
    }
    if (auto path = section.String("preshared_key_file", false, "a path")) {
      file_.preshared_key_file = Path(*path);
    }
    if (auto endpoints = section.Strings("endpoints", true, kEndpointText)) {
      for (const auto& [text, at] : *endpoints) {
        std::optional<HostPort> endpoint = HostPort::Parse(text);
        if (!endpoint) {
          section.FaultAt(at, "endpoints", "\"" + text + "\" is no endpoint", kEndpointText);
        } else {
          file_.endpoints.push_back(std::move(*endpoint));
        }
      }
      if (endpoints->empty()) section.Fault("endpoints", "is empty", kEndpointText);
    }
    ReadSuites(section);
    section.RefuseUnknown();
  }

  void ReadSuites(TomlSection& section) {
    const auto names = section.Strings("suites", false, kSuiteText);
    if (!names) {
      file_.suites = ClientIdentity{}.suites;
      return;
    }
    for (const auto& [text, at] : *names) {
      const std::optional<Suite> suite = SuiteFromName(text);
      const bool twice = suite && std::find(file_.suites.begin(), file_.suites.end(), *suite) !=
                                      file_.suites.end();
      if (!suite) section.FaultAt(at, "suites", "\"" + text + "\" is no suite", kSuiteText);
      if (twice) section.FaultAt(at, "suites", "\"" + text + "\" stands here twice", kSuiteText);
      if (suite && !twice) file_.suites.push_back(*suite);
    }
    if (names->empty()) section.Fault("suites", "is empty", kSuiteText);
  }

  void ReadUplinks(const toml::table& root) {
    const toml::node* node = root.get("uplink");
    const toml::array* array = node != nullptr ? node->as_array() : nullptr;
    const bool tables =
        array != nullptr && !array->empty() &&
        std::all_of(array->begin(), array->end(), [](const toml::node& n) { return n.is_table(); });
    if (!tables) {
      faults_.Add(node != nullptr ? node->source().begin : toml::source_position{}, "uplink",
                  node != nullptr ? "is not a list of tables" : "is missing",
                  "at least one [[uplink]] with a device");
      return;
    }
    for (const toml::node& element : *array) {
      TomlSection section("uplink", *element.as_table(), faults_);
      if (const auto device = section.String("device", true, kDeviceText)) {
        if (!IsDeviceName(*device)) {
          section.Fault("device", "is no device name", kDeviceText);
        } else if (std::find(file_.uplinks.begin(), file_.uplinks.end(), *device) !=
                   file_.uplinks.end()) {
          section.Fault("device", "is an uplink already", "every device once");
        } else {
          file_.uplinks.push_back(*device);
        }
      }
      section.RefuseUnknown();
    }
    if (file_.uplinks.size() > kMaxTransports) {
      faults_.Add(array->source().begin, "uplink", "too many",
                  "1 to " + std::to_string(kMaxTransports));
    }
  }

  void ReadLog(const toml::table& table) {
    TomlSection section("log", table, faults_);
    if (auto path = section.String("audit", false, "a path")) file_.audit_file = Path(*path);
    section.RefuseUnknown();
  }

  TomlFaults faults_;
  std::filesystem::path folder_;
  ClientFile file_;
};

}  // namespace

std::string DefaultControlSocket(std::string_view name) {
  return "/run/jvpn/client-" + std::string(name) + ".sock";
}

std::optional<HostPort> HostPort::Parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  if (host.front() == '[') {
    if (host.back() != ']') return std::nullopt;
    host = host.substr(1, host.size() - 2);
    const std::optional<IpAddress> address = IpAddress::Parse(host);
    if (!address || !address->is_v6()) return std::nullopt;
  } else if (host.find_first_of(":[]/ \t\n") != std::string_view::npos) {
    return std::nullopt;
  }
  std::uint16_t port = 0;
  const auto [end, error] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc() || end != port_text.data() + port_text.size() || port == 0) {
    return std::nullopt;
  }
  return HostPort{std::string(host), port};
}

std::string HostPort::ToString() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

std::variant<ClientFile, ClientFileFaults> ParseClientFile(const std::string& toml_text,
                                                           const std::string& source_name) {
  try {
    return ClientFileReader(source_name).Read(toml::parse(toml_text, source_name));
  } catch (const toml::parse_error& error) {
    TomlFaults faults(source_name);
    faults.Add(error.source().begin, "TOML", error.description(), "TOML 1.0");
    return faults.Take();
  }
}

absl::StatusOr<ClientIdentity> LoadIdentity(const ClientFile& file) {
  const absl::StatusOr<Secret32> secret = ReadSecretKeyFile(file.private_key_file);
  if (!secret.ok()) return secret.status();
  ClientIdentity identity;
  identity.key = KeyPair::FromSecret(*secret);
  identity.gateway = file.gateway_key;
  identity.suites = file.suites;
  if (!file.preshared_key_file.empty()) {
    const absl::StatusOr<Secret32> preshared = ReadSecretKeyFile(file.preshared_key_file);
    if (!preshared.ok()) return preshared.status();
    identity.preshared_key = *preshared;
  }
  return identity;
}

}  // namespace jvpn
