// GatewayConfig: the operator's file (TOML), checked as a whole, as the values that the two planes
// are built from. etc/jvpn-gateway.toml explains every key.
//
// Strict: an unknown key, a wrong type, a value out of range, a duplicate or a contradiction
// between keys is a fault; all of them are found in one pass. Nothing starts from a file with a
// fault. Paths in the file are relative to the file. Key files are read here and must be private
// (0600).
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "control/control_config.h"
#include "dataplane/dataplane.h"
#include "gateway/privileges.h"

namespace jvpn {

struct DaemonConfig {
  std::string control_socket = "/run/jvpn/gateway.sock";
  std::string audit_log = "/var/log/jvpn/audit.jsonl";
  std::uint64_t audit_log_max_bytes = 0;  // 0 = no limit
  bool keep_sessions = true;              // in the store, over a restart
  std::string store_path = "/var/lib/jvpn/sessions.db";
  std::string node_key_file = "/var/lib/jvpn/node.key";
  // Who the gateway becomes once everything is open; nullopt = nobody is named and there is no
  // "jvpn": it stays who it is.
  std::optional<User> user;
};

struct GatewayConfig {
  DaemonConfig daemon;
  ControlConfig control;      // ports' MAC addresses and token_instance are filled at start
  DataplaneConfig dataplane;  // token_instance is filled at start
  std::vector<std::string> warnings;
};

// "file:line:column: key: what is wrong; allowed: range", in the order of the file.
using GatewayConfigFaults = std::vector<std::string>;

// `source_name` stands in the messages; its directory is what relative paths start from.
std::variant<GatewayConfig, GatewayConfigFaults> ParseGatewayConfig(const std::string& text,
                                                                    const std::string& source_name);
std::variant<GatewayConfig, GatewayConfigFaults> ReadGatewayConfig(const std::string& path);

}  // namespace jvpn
