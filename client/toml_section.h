// TomlSection: reads one table of a configuration file, strictly: a wrong type, a value that is not
// allowed, a missing key and a key that nobody asked for are faults with their place in the file.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jvpn {

// Collects faults as "file:line:column: key: what is wrong; allowed: range".
class TomlFaults {
 public:
  explicit TomlFaults(std::string source_name) : source_name_(std::move(source_name)) {}

  void Add(const toml::source_position& at, std::string_view key, std::string_view what,
           std::string_view allowed);
  bool empty() const { return faults_.empty(); }
  std::vector<std::string> Take() { return std::move(faults_); }

 private:
  std::string source_name_;
  std::vector<std::string> faults_;
};

class TomlSection {
 public:
  // `name` as in "[name]"; table and faults outlive the section.
  TomlSection(std::string name, const toml::table& table, TomlFaults& faults)
      : name_(std::move(name)), table_(table), faults_(faults) {}

  // nullopt: absent, or of another type (a fault then). A missing required key is a fault.
  std::optional<std::string> String(std::string_view key, bool required, std::string_view allowed);
  std::optional<std::int64_t> Integer(std::string_view key, std::int64_t min, std::int64_t max);
  struct Item {
    std::string text;
    toml::source_position at;
  };
  std::optional<std::vector<Item>> Strings(std::string_view key, bool required,
                                           std::string_view allowed);

  // A value of this key breaks a rule that only the caller knows.
  void Fault(std::string_view key, std::string_view what, std::string_view allowed);
  void FaultAt(const toml::source_position& at, std::string_view key, std::string_view what,
               std::string_view allowed);
  // Every key that was never asked for is a fault. Call last.
  void RefuseUnknown();

 private:
  const toml::node* Find(std::string_view key, bool required, std::string_view allowed);
  std::string Full(std::string_view key) const { return name_ + '.' + std::string(key); }

  std::string name_;
  const toml::table& table_;
  TomlFaults& faults_;
  std::vector<std::string> asked_;
};

}  // namespace jvpn
