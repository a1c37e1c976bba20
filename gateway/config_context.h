// ConfigContext: what the readers of the file's sections share while it is being read.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/secret.h"
#include "gateway/config.h"
#include "gateway/config_faults.h"
#include "session/policy.h"

namespace jvpn {

class ConfigContext {
 public:
  ConfigContext(const std::string& source_name, FaultList& fault_list)
      : faults(fault_list), directory_(std::filesystem::path(source_name).parent_path()) {}

  FaultList& faults;
  GatewayConfig config;

  // Relative paths start where the configuration stands.
  std::string Resolve(const std::string& path) const { return (directory_ / path).string(); }
  // Faults are reported; nullopt, or null, stands for one.
  std::optional<Secret32> ReadKey(const Located<std::string>& path);
  std::shared_ptr<const Policy> ReadPolicy(const Located<std::string>& path);
  std::shared_ptr<const Policy> ProfilePolicy(const std::string& profile);

 private:
  std::filesystem::path directory_;
  // Peers that name the same policy share one object; a faulty file is reported once.
  std::map<std::string, std::shared_ptr<const Policy>> policies_;
};

}  // namespace jvpn
