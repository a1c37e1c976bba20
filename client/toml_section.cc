#include "client/toml_section.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace jvpn {

void TomlFaults::Add(const toml::source_position& at, std::string_view key, std::string_view what,
                     std::string_view allowed) {
  // A table that is not in the file at all has no place; the file's first character stands for it.
  const auto line = std::max<toml::source_index>(at.line, 1);
  const auto column = std::max<toml::source_index>(at.column, 1);
  faults_.push_back(source_name_ + ':' + std::to_string(line) + ':' + std::to_string(column) +
                    ": " + std::string(key) + ": " + std::string(what) +
                    "; allowed: " + std::string(allowed));
}

const toml::node* TomlSection::Find(std::string_view key, bool required, std::string_view allowed) {
  asked_.emplace_back(key);
  const toml::node* node = table_.get(key);
  if (node == nullptr && required) {
    faults_.Add(table_.source().begin, Full(key), "is missing", allowed);
  }
  return node;
}

std::optional<std::string> TomlSection::String(std::string_view key, bool required,
                                               std::string_view allowed) {
  const toml::node* node = Find(key, required, allowed);
  if (node == nullptr) return std::nullopt;
  std::optional<std::string> text = node->value_exact<std::string>();
  if (!text) FaultAt(node->source().begin, key, "is not a string", allowed);
  return text;
}

std::optional<std::int64_t> TomlSection::Integer(std::string_view key, std::int64_t min,
                                                 std::int64_t max) {
  const std::string allowed = std::to_string(min) + " to " + std::to_string(max);
  const toml::node* node = Find(key, false, allowed);
  if (node == nullptr) return std::nullopt;
  const std::optional<std::int64_t> number = node->value_exact<std::int64_t>();
  if (number && *number >= min && *number <= max) return number;
  FaultAt(node->source().begin, key, number ? "is out of bounds" : "is not an integer", allowed);
  return std::nullopt;
}

std::optional<std::vector<TomlSection::Item>> TomlSection::Strings(std::string_view key,
                                                                   bool required,
                                                                   std::string_view allowed) {
  const toml::node* node = Find(key, required, allowed);
  if (node == nullptr) return std::nullopt;
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    FaultAt(node->source().begin, key, "is not a list", allowed);
    return std::nullopt;
  }
  std::vector<Item> items;
  for (const toml::node& element : *array) {
    if (std::optional<std::string> text = element.value_exact<std::string>()) {
      items.push_back({std::move(*text), element.source().begin});
    } else {
      FaultAt(element.source().begin, key, "holds what is not a string", allowed);
    }
  }
  return items;
}

void TomlSection::Fault(std::string_view key, std::string_view what, std::string_view allowed) {
  const toml::node* node = table_.get(key);
  FaultAt(node != nullptr ? node->source().begin : table_.source().begin, key, what, allowed);
}

void TomlSection::FaultAt(const toml::source_position& at, std::string_view key,
                          std::string_view what, std::string_view allowed) {
  faults_.Add(at, Full(key), what, allowed);
}

void TomlSection::RefuseUnknown() {
  for (const auto& [key, node] : table_) {
    if (std::find(asked_.begin(), asked_.end(), key.str()) != asked_.end()) continue;
    FaultAt(key.source().begin, key.str(), "unknown key", absl::StrJoin(asked_, ", "));
  }
}

}  // namespace jvpn
