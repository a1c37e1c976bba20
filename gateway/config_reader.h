// SectionReader: typed, strict access to one table of a TOML file.
//
// Every accessor names its key; Finish() then refuses the keys that nobody asked for. A value of
// the wrong type or outside its range is a fault and reads as absent, so that one pass finds every
// fault. Owns nothing: the parsed file and the FaultList must outlive it.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config_faults.h"
#include "wire/ip_address.h"

namespace jvpn {

template <typename T>
using MaybeLocated = std::optional<Located<T>>;

class SectionReader {
 public:
  // The whole file.
  SectionReader(const toml::table& root, FaultList& faults) : table_(&root), faults_(&faults) {}

  // A table, or one that reads as empty when the file has none.
  SectionReader Section(const std::string& key);
  // Of an array of tables: [[key]].
  std::vector<SectionReader> Sections(const std::string& key);

  MaybeLocated<std::string> Text(const std::string& key);
  MaybeLocated<std::string> Choice(const std::string& key, const std::vector<std::string>& allowed);
  MaybeLocated<std::int64_t> Integer(const std::string& key, std::int64_t least,
                                     std::int64_t greatest);
  MaybeLocated<IpAddress> Address(const std::string& key);
  MaybeLocated<Prefix> Network(const std::string& key);

  std::vector<Located<std::string>> Texts(const std::string& key);
  std::vector<Located<std::int64_t>> Integers(const std::string& key, std::int64_t least,
                                              std::int64_t greatest);
  std::vector<Located<IpAddress>> Addresses(const std::string& key);
  // "address/length"; host bits may be set, as in an interface address.
  std::vector<Located<Prefix>> Prefixes(const std::string& key);
  // The same, and host bits must be clear.
  std::vector<Located<Prefix>> Networks(const std::string& key);

  // True when the file has the key, even with a faulty value.
  bool Has(const std::string& key) const;
  void Missing(const std::string& key, const std::string& allowed);
  void Fault(const std::string& key, const std::string& text);
  // Call last: every key that no accessor named is a fault.
  void Finish();

  bool present() const { return table_ != nullptr; }

 private:
  SectionReader(const toml::table* table, std::string name, FilePosition at, FaultList& faults)
      : table_(table), name_(std::move(name)), at_(at), faults_(&faults) {}

  const toml::node* Find(const std::string& key);
  std::string Path(std::string_view key) const;
  MaybeLocated<std::string> TextOf(const toml::node& node, const std::string& key,
                                   const std::string& allowed);
  MaybeLocated<std::int64_t> IntegerOf(const toml::node& node, const std::string& key,
                                       std::int64_t least, std::int64_t greatest);
  MaybeLocated<IpAddress> AddressOf(const toml::node& node, const std::string& key);
  MaybeLocated<Prefix> PrefixOf(const toml::node& node, const std::string& key);
  // Refuses host bits.
  MaybeLocated<Prefix> NetworkOf(const toml::node& node, const std::string& key);
  template <typename T, typename Read>
  std::vector<Located<T>> Elements(const std::string& key, const std::string& allowed, Read read);

  const toml::table* table_ = nullptr;
  std::string name_;
  FilePosition at_;
  FaultList* faults_;
  std::vector<std::string> known_;
};

}  // namespace jvpn
