// ConfigFaults: everything that is wrong with the operator's file, found in one pass, told in the
// order of the file. One line a fault: "file:line:column: key: what is wrong; allowed: range".
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace jvpn {

// Both count from 1.
struct FilePosition {
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  friend auto operator<=>(const FilePosition&, const FilePosition&) = default;
};

// A value of the file, where it stands and what it is called: what a fault about it needs.
template <typename T>
struct Located {
  T value{};
  FilePosition at;
  std::string key;  // "wan.next_hops"
};

class FaultList {
 public:
  explicit FaultList(std::string source_name) : source_name_(std::move(source_name)) {}

  void Add(FilePosition at, const std::string& key, const std::string& text);
  template <typename T>
  void Add(const Located<T>& value, const std::string& text) {
    Add(value.at, value.key, text);
  }
  // A line that another reader (of a policy file) has finished already; stands after our own.
  void AddForeign(std::string line) { foreign_.push_back(std::move(line)); }

  std::size_t size() const { return faults_.size() + foreign_.size(); }
  bool empty() const { return faults_.empty() && foreign_.empty(); }
  std::vector<std::string> Lines() const;

 private:
  std::string source_name_;
  std::vector<std::pair<FilePosition, std::string>> faults_;
  std::vector<std::string> foreign_;
};

}  // namespace jvpn
