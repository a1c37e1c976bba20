// ConfigFixture: a directory with key files and a good configuration to spoil, line by line.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "gateway/config.h"

namespace jvpn {

// RFC 7748 6.1: Alice's secret key and both public keys.
inline constexpr char kGatewaySecret[] = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=";
inline constexpr char kGatewayPublic[] = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=";
inline constexpr char kPeerPublic[] = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=";
inline constexpr char kOtherPublic[] = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

// Line numbers matter: the faults below name them.
inline constexpr char kGoodConfig[] = R"([gateway]
node_id = "gw1"
private_key_file = "gateway.key"

[wan]
vdev = "net_null0"
addresses = ["203.0.113.10/24"]
next_hops = ["203.0.113.1"]

[core]
vdev = "net_null1"
addresses = ["192.0.2.1/24"]
next_hops = ["192.0.2.254"]

[inner]
ipv4_pool = "10.8.0.0/16"

[sessions]
max = 64

[[peer]]
name = "alice"
public_key = "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08="
ipv4 = "10.8.0.2"
)";

class ConfigFixture : public testing::Test {
 protected:
  ConfigFixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "jvpn-config-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    WriteFile("gateway.key", std::string(kGatewaySecret) + "\n", 0600);
    WriteFile("open.key", std::string(kGatewaySecret) + "\n", 0644);
  }
  ~ConfigFixture() override { std::filesystem::remove_all(directory_); }

  void WriteFile(const std::string& name, const std::string& text, mode_t mode) {
    const std::string path = directory_ + "/" + name;
    std::ofstream(path) << text;
    chmod(path.c_str(), mode);
  }

  // The good configuration with `from` replaced by `to`; `from` must be there.
  static std::string With(const std::string& from, const std::string& to) {
    const std::string text = absl::StrReplaceAll(kGoodConfig, {{from, to}});
    EXPECT_NE(text, kGoodConfig) << from;
    return text;
  }

  std::variant<GatewayConfig, GatewayConfigFaults> Parse(const std::string& text) {
    return ParseGatewayConfig(text, directory_ + "/gw.toml");
  }

  GatewayConfig Good(const std::string& text) {
    auto parsed = Parse(text);
    if (const auto* faults = std::get_if<GatewayConfigFaults>(&parsed)) {
      for (const std::string& fault : *faults) ADD_FAILURE() << fault;
      return {};
    }
    return std::get<GatewayConfig>(std::move(parsed));
  }

  // One a line, the directory taken out; "" when there are none.
  std::string Faults(const std::string& text) {
    auto parsed = Parse(text);
    std::string lines;
    if (const auto* faults = std::get_if<GatewayConfigFaults>(&parsed)) {
      for (const std::string& fault : *faults) {
        lines += absl::StrReplaceAll(fault, {{directory_ + "/", ""}}) + "\n";
      }
    }
    return lines;
  }

  std::string directory_;
};

}  // namespace jvpn
