// jvpn-gateway: reads the configuration, starts the gateway, runs it until a signal.
// Exit: 0 stopped, or the configuration is fine; 1 could not start; 2 the configuration is wrong.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "crypto/process_secrets.h"
#include "crypto/sodium_random.h"
#include "gateway/config.h"
#include "gateway/gateway.h"

namespace jvpn {
namespace {

constexpr int kNotStarted = 1;
constexpr int kBadConfiguration = 2;

int Main(int argc, char** argv) {
  const bool locked = KeepSecrets();
  std::string path;
  bool check = false;
  CLI::App app("jvpn VPN concentrator", "jvpn-gateway");
  app.add_option("--config", path, "Configuration file (TOML)")->required();
  app.add_flag("--check", check, "Check the configuration and exit");
  app.set_version_flag("--version", std::string("jvpn-gateway " JVPN_VERSION));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadConfiguration;
  }
  InitCrypto();
  auto read = ReadGatewayConfig(path);
  if (const auto* faults = std::get_if<GatewayConfigFaults>(&read)) {
    for (const std::string& fault : *faults) std::cerr << fault << "\n";
    return kBadConfiguration;
  }
  auto& config = std::get<GatewayConfig>(read);
  for (const std::string& warning : config.warnings) std::cerr << "warning: " << warning << "\n";
  if (check) {
    std::cout << "configuration ok\n";
    return 0;
  }
  spdlog::set_default_logger(spdlog::stderr_logger_mt("jvpn-gateway"));
  spdlog::set_pattern("%Y-%m-%d %H:%M:%S.%e %l %v");
  if (!locked) {
    spdlog::warn("memory is not locked, keys may reach the swap: start as root, or raise memlock");
  }
  auto gateway = Gateway::Start(std::move(config));
  if (!gateway.ok()) {
    spdlog::critical("{}", std::string(gateway.status().message()));
    return kNotStarted;
  }
  (*gateway)->Run();
  return 0;
}

}  // namespace
}  // namespace jvpn

int main(int argc, char** argv) { return jvpn::Main(argc, argv); }
