#include "session/policy_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "session/policy_key.h"

namespace jvpn {
namespace {

constexpr auto kKnownProtocols = std::to_array<std::string_view>({"udp", "quic", "tcp"});
constexpr std::string_view kProtocolsKey = "transport.allowed_protocols";
constexpr std::string_view kVersions = "\"X.Y\", X and Y digits";
constexpr std::string_view kProfiles = "\"reference\", \"default\" or \"fast\"";

// Faults that only a person can put right; each knows where it stands.
class FaultList {
 public:
  explicit FaultList(std::string source_name) : source_name_(std::move(source_name)) {}

  std::string At(const toml::source_position& at) const {
    return source_name_ + ':' + std::to_string(std::max<toml::source_index>(at.line, 1)) + ':' +
           std::to_string(std::max<toml::source_index>(at.column, 1)) + ": ";
  }
  void Add(const toml::source_position& at, std::string_view key, std::string_view what,
           std::string_view allowed) {
    faults_.push_back(At(at) + std::string(key) + ": " + std::string(what) +
                      "; allowed: " + std::string(allowed));
  }
  void AddLine(std::string line) { faults_.push_back(std::move(line)); }
  ConfigFaults Take() { return std::move(faults_); }
  bool empty() const { return faults_.empty(); }

 private:
  std::string source_name_;
  ConfigFaults faults_;
};

// The characters of the scalar that begins at `at`, so that a ratio is read as it is written and
// never through a binary fraction.
std::string_view ScalarText(std::string_view text, const toml::source_position& at) {
  for (toml::source_index line = 1; line < at.line; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  if (at.column == 0 || at.column - 1 > text.size()) return {};
  text.remove_prefix(at.column - 1);
  return text.substr(0, text.find_first_of(" \t\r\n,]}#"));
}

// "0.2" is 200. Only digits, at most three of them after the point.
std::optional<std::uint64_t> ParsePermille(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string_view fraction = point == std::string_view::npos ? "" : text.substr(point + 1);
  if (whole.empty() || whole.size() > 6 || fraction.size() > 3) return std::nullopt;
  std::uint64_t value = 0;
  const auto append = [&value](char c) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
    return true;
  };
  if (!std::all_of(whole.begin(), whole.end(), append)) return std::nullopt;
  if (!std::all_of(fraction.begin(), fraction.end(), append)) return std::nullopt;
  for (std::size_t i = fraction.size(); i < 3; ++i) value *= 10;
  return value;
}

bool IsVersion(std::string_view text) {
  const std::size_t point = text.find('.');
  const auto digits = [](std::string_view s) {
    return !s.empty() && s.find_first_not_of("0123456789") == std::string_view::npos;
  };
  return point != std::string_view::npos && digits(text.substr(0, point)) &&
         digits(text.substr(point + 1));
}

class PolicyReader {
 public:
  PolicyReader(std::string_view text, const std::string& source_name)
      : text_(text), faults_(source_name) {}

  std::variant<Policy, ConfigFaults> Read(const toml::table& root,
                                          std::vector<std::string>& warnings) {
    ReadProfile(root);
    if (root.get("version") == nullptr) AddMissing("version", kVersions);
    for (const auto& [key, node] : root) ReadTopLevel(key, node);
    if (faults_.empty()) {
      for (const PolicyFault& fault : HardFaults(policy_)) faults_.AddLine(RuleLine(fault));
    }
    if (!faults_.empty()) return faults_.Take();
    for (const PolicyFault& fault : Warnings(policy_)) warnings.push_back(RuleLine(fault));
    return policy_;
  }

 private:
  // First, whatever its place in the file: it is the base of every absent key.
  void ReadProfile(const toml::table& root) {
    const toml::node* node = root.get("profile");
    if (node == nullptr) return AddMissing("profile", kProfiles);
    const std::optional<std::string> name = node->value_exact<std::string>();
    const std::optional<Policy> base = name ? Policy::FromProfile(*name) : std::nullopt;
    if (base) {
      policy_ = *base;
    } else {
      faults_.Add(node->source().begin, "profile", name ? "unknown profile" : "is not a string",
                  kProfiles);
    }
  }

  // Without a version no event says which policy decided; without a base an empty or lost file
  // would pass for one.
  void AddMissing(std::string_view key, std::string_view allowed) {
    faults_.Add({}, key, "is missing, every policy file names it", allowed);
  }

  void ReadTopLevel(const toml::key& key, const toml::node& node) {
    const std::string_view name = key.str();
    if (name == "profile") return;
    if (name == "version") return ReadVersion(node);
    if (name == "apply_mode") return ReadApplyMode(node);
    if (!IsTableName(name)) {
      faults_.Add(key.source().begin, name, "unknown key",
                  "version, profile, apply_mode, [session], [volatility], [switching], "
                  "[transport], [security]");
    } else if (const toml::table* table = node.as_table(); table == nullptr) {
      faults_.Add(node.source().begin, name, "is not a table", "a table");
    } else {
      for (const auto& [inner, value] : *table) ReadKey(name, inner, value);
    }
  }

  static bool IsTableName(std::string_view name) {
    const std::string prefix = std::string(name) + '.';
    return std::any_of(PolicyKeys().begin(), PolicyKeys().end(),
                       [&](const PolicyKey& key) { return key.name.starts_with(prefix); });
  }

  void ReadVersion(const toml::node& node) {
    const std::optional<std::string> version = node.value_exact<std::string>();
    if (version && IsVersion(*version)) {
      policy_.version = *version;
    } else {
      faults_.Add(node.source().begin, "version", "is not a version", kVersions);
    }
  }

  void ReadApplyMode(const toml::node& node) {
    const std::optional<std::string> mode = node.value_exact<std::string>();
    if (mode == "grace") {
      policy_.apply_mode = ApplyMode::kGrace;
    } else if (mode == "strict") {
      policy_.apply_mode = ApplyMode::kStrict;
    } else {
      faults_.Add(node.source().begin, "apply_mode", "is not a mode", "\"grace\" or \"strict\"");
    }
  }

  void ReadKey(std::string_view table, const toml::key& key, const toml::node& node) {
    const std::string name = std::string(table) + '.' + std::string(key.str());
    seen_.emplace(name, key.source().begin);
    if (name == kProtocolsKey) return ReadProtocols(node);
    const auto found = std::find_if(PolicyKeys().begin(), PolicyKeys().end(),
                                    [&](const PolicyKey& k) { return k.name == name; });
    if (found == PolicyKeys().end()) {
      faults_.Add(key.source().begin, name, "unknown key", KeysOf(table));
      return;
    }
    const std::optional<std::uint64_t> value = ReadValue(*found, node);
    if (!value) return;
    if (*value < found->min || *value > found->max) {
      faults_.Add(node.source().begin, name, "is out of bounds", found->Allowed());
      return;
    }
    found->Set(policy_, static_cast<std::uint32_t>(*value));
  }

  // nullopt after a fault was added.
  std::optional<std::uint64_t> ReadValue(const PolicyKey& key, const toml::node& node) {
    const auto fault = [&](std::string_view what) -> std::optional<std::uint64_t> {
      faults_.Add(node.source().begin, key.name, what, key.Allowed());
      return std::nullopt;
    };
    if (std::holds_alternative<bool Policy::*>(key.field)) {
      const std::optional<bool> flag = node.value_exact<bool>();
      return flag ? std::optional<std::uint64_t>(*flag ? 1 : 0) : fault("is not a boolean");
    }
    if (std::holds_alternative<ExpiryAction Policy::*>(key.field)) {
      const std::optional<std::string> name = node.value_exact<std::string>();
      if (name == "degrade") return 0;
      if (name == "terminate") return 1;
      return fault(name ? "is not an action" : "is not a string");
    }
    if (key.is_ratio) {
      if (!node.is_number()) return fault("is not a number");
      const auto permille = ParsePermille(ScalarText(text_, node.source().begin));
      return permille ? permille : fault("is not a decimal with at most three fraction digits");
    }
    const std::optional<std::int64_t> number = node.value_exact<std::int64_t>();
    if (!number) return fault("is not an integer");
    if (*number < 0) return fault("is out of bounds");
    return static_cast<std::uint64_t>(*number);
  }

  void ReadProtocols(const toml::node& node) {
    static constexpr std::string_view kAllowed =
        "a list of one or more of \"udp\", \"quic\", \"tcp\"";
    const toml::array* list = node.as_array();
    if (list == nullptr || list->empty()) {
      faults_.Add(node.source().begin, kProtocolsKey,
                  list == nullptr ? "is not a list" : "is empty", kAllowed);
      return;
    }
    std::vector<std::string> protocols;
    for (const toml::node& entry : *list) {
      const std::optional<std::string> name = entry.value_exact<std::string>();
      if (!name || std::find(kKnownProtocols.begin(), kKnownProtocols.end(), *name) ==
                       kKnownProtocols.end()) {
        faults_.Add(entry.source().begin, kProtocolsKey, "unknown protocol", kAllowed);
      } else if (std::find(protocols.begin(), protocols.end(), *name) != protocols.end()) {
        faults_.Add(entry.source().begin, kProtocolsKey, "named twice", kAllowed);
      } else {
        protocols.push_back(*name);
      }
    }
    policy_.allowed_protocols = std::move(protocols);
  }

  static std::string KeysOf(std::string_view table) {
    const std::string prefix = std::string(table) + '.';
    std::string names;
    const auto append = [&](std::string_view name) {
      if (!name.starts_with(prefix)) return;
      if (!names.empty()) names += ", ";
      names += name.substr(prefix.size());
    };
    for (const PolicyKey& key : PolicyKeys()) append(key.name);
    append(kProtocolsKey);
    return names;
  }

  // A rule joins several keys: point at the first of them that the file sets.
  std::string RuleLine(const PolicyFault& fault) const {
    toml::source_position at{1, 1};
    std::size_t first = std::string::npos;
    for (const auto& [name, position] : seen_) {
      const std::size_t where = fault.text.find(name);
      if (where < first) {
        first = where;
        at = position;
      }
    }
    return faults_.At(at) + fault.rule + ": " + fault.text;
  }

  std::string_view text_;
  FaultList faults_;
  Policy policy_;
  std::map<std::string, toml::source_position> seen_;  // where each key stands
};

}  // namespace

std::variant<Policy, ConfigFaults> ParsePolicy(const std::string& toml_text,
                                               const std::string& source_name,
                                               std::vector<std::string>& warnings) {
  try {
    const toml::table root =
        toml::parse(std::string_view(toml_text), std::string_view(source_name));
    return PolicyReader(toml_text, source_name).Read(root, warnings);
  } catch (const toml::parse_error& error) {
    return ConfigFaults{FaultList(source_name).At(error.source().begin) +
                        std::string(error.description())};
  }
}

}  // namespace jvpn
