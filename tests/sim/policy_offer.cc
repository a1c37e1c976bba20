#include "tests/sim/policy_offer.h"

#include <map>

#include "session/policy_key.h"

namespace jvpn::sim {
namespace {

std::string ValueText(const PolicyKey& key, const Policy& policy) {
  const std::uint64_t value = key.Get(policy);
  if (std::holds_alternative<bool Policy::*>(key.field)) return value != 0 ? "true" : "false";
  if (std::holds_alternative<ExpiryAction Policy::*>(key.field)) {
    return value != 0 ? "\"terminate\"" : "\"degrade\"";
  }
  if (!key.is_ratio) return std::to_string(value);
  return std::to_string(value / 1000) + '.' + std::to_string(1000 + value % 1000).substr(1);
}

}  // namespace

std::string ToToml(const Policy& policy) {
  std::map<std::string_view, std::string> tables;
  for (const PolicyKey& key : PolicyKeys()) {
    if (key.zero_is_absent && key.Get(policy) == 0) continue;
    const std::size_t dot = key.name.find('.');
    std::string& table = tables[key.name.substr(0, dot)];
    table.append(key.name.substr(dot + 1)).append(" = ");
    table.append(ValueText(key, policy)).append("\n");
  }
  std::string protocols;
  for (const std::string& protocol : policy.allowed_protocols) {
    protocols += (protocols.empty() ? "\"" : ", \"") + protocol + '"';
  }
  tables["transport"] += "allowed_protocols = [" + protocols + "]\n";

  std::string text = "version = \"" + policy.version + "\"\nprofile = \"" + policy.profile + "\"\n";
  text += policy.apply_mode == ApplyMode::kStrict ? "apply_mode = \"strict\"\n"
                                                  : "apply_mode = \"grace\"\n";
  for (const auto& [name, keys] : tables) text.append("[").append(name).append("]\n").append(keys);
  return text;
}

}  // namespace jvpn::sim
