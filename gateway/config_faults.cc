#include "gateway/config_faults.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace jvpn {

void FaultList::Add(FilePosition at, const std::string& key, const std::string& text) {
  faults_.emplace_back(
      at, absl::StrCat(source_name_, ":", at.line, ":", at.column, ": ", key, ": ", text));
}

std::vector<std::string> FaultList::Lines() const {
  auto sorted = faults_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> lines;
  for (auto& [at, line] : sorted) lines.push_back(std::move(line));
  lines.insert(lines.end(), foreign_.begin(), foreign_.end());
  return lines;
}

}  // namespace jvpn
