// ClientFile: the client's configuration file as plain values.
//
//   [interface]  name, private_key_file, mtu?, routes?, control_socket?
//   [gateway]    public_key, preshared_key_file?, endpoints, suites?
//   [[uplink]]   device
//   [log]        audit?
//
// Errors  Every fault is listed at once, each with file:line:column, key and what is allowed;
// unknown
//         keys are faults too. Paths that are not absolute start at the file's own folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/suite.h"
#include "session/client_handshake.h"
#include "wire/ip_address.h"

namespace jvpn {

// "host:4600", "192.0.2.1:4600" or "[2001:db8::1]:4600", not resolved yet.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;

  static std::optional<HostPort> Parse(std::string_view text);
  std::string ToString() const;
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

struct ClientFile {
  std::string name;  // of the tunnel interface; it names the running client too
  std::string private_key_file;
  std::uint16_t mtu = 0;  // 0 = as the gateway says; else never more than this
  // Pushed routes are taken only if they lie in one of these; absent = all are taken.
  std::optional<std::vector<Prefix>> routes;
  std::string control_socket;  // where `jvpn status` and `jvpn down` find it
  PublicKey gateway_key{};
  std::string preshared_key_file;  // empty = none
  std::vector<HostPort> endpoints;
  std::vector<Suite> suites;
  std::vector<std::string> uplinks;  // devices, preferred first
  std::string audit_file;            // empty = none
};

// Where a client named `name` listens unless its file says otherwise.
std::string DefaultControlSocket(std::string_view name);

using ClientFileFaults = std::vector<std::string>;

// `source_name` is the file's path: it appears in the faults and relative paths start at its
// folder.
std::variant<ClientFile, ClientFileFaults> ParseClientFile(const std::string& toml_text,
                                                           const std::string& source_name);

// Reads the key files that `file` names.
absl::StatusOr<ClientIdentity> LoadIdentity(const ClientFile& file);

}  // namespace jvpn
