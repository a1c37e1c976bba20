#include "gateway/config_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/suggestion.h"

namespace jvpn {
namespace {

constexpr char kAddressForm[] = "an IP address such as \"192.0.2.1\" or \"2001:db8::1\"";
constexpr char kPrefixForm[] = "address/length such as \"192.0.2.0/24\" or \"2001:db8::/64\"";

FilePosition At(const toml::source_region& region) {
  return {static_cast<std::uint32_t>(region.begin.line),
          static_cast<std::uint32_t>(region.begin.column)};
}

std::string TypeName(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "a boolean";
    default:
      return "a date or time";
  }
}

std::string Quoted(const std::string& text) { return absl::StrCat("\"", text, "\""); }

std::string Range(std::int64_t least, std::int64_t greatest) {
  return absl::StrCat(least, " .. ", greatest);
}

}  // namespace

SectionReader SectionReader::Section(const std::string& key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return SectionReader(nullptr, Path(key), at_, *faults_);
  const FilePosition at = At(node->source());
  if (!node->is_table()) {
    faults_->Add(at, Path(key),
                 absl::StrCat("is ", TypeName(*node), ", must be a table; allowed: [", key, "]"));
    return SectionReader(nullptr, Path(key), at, *faults_);
  }
  return SectionReader(node->as_table(), Path(key), at, *faults_);
}

std::vector<SectionReader> SectionReader::Sections(const std::string& key) {
  std::vector<SectionReader> sections;
  const toml::node* node = Find(key);
  if (node == nullptr) return sections;
  if (!node->is_array_of_tables()) {
    faults_->Add(At(node->source()), Path(key),
                 absl::StrCat("is ", TypeName(*node), ", must be an array of tables; allowed: [[",
                              key, "]]"));
    return sections;
  }
  for (const toml::node& element : *node->as_array()) {
    sections.push_back(
        SectionReader(element.as_table(), Path(key), At(element.source()), *faults_));
  }
  return sections;
}

MaybeLocated<std::string> SectionReader::Text(const std::string& key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  auto text = TextOf(*node, key, "a string that is not empty");
  if (text.has_value() && text->value.empty()) {
    faults_->Add(*text, "is empty; allowed: a string that is not empty");
    return std::nullopt;
  }
  return text;
}

MaybeLocated<std::string> SectionReader::Choice(const std::string& key,
                                                const std::vector<std::string>& allowed) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const std::string words = absl::StrJoin(
      allowed, ", ", [](std::string* out, const std::string& word) { out->append(Quoted(word)); });
  auto text = TextOf(*node, key, words);
  if (!text.has_value()) return std::nullopt;
  if (std::find(allowed.begin(), allowed.end(), text->value) == allowed.end()) {
    faults_->Add(*text, absl::StrCat(Quoted(text->value), " is not known; allowed: ", words));
    return std::nullopt;
  }
  return text;
}

MaybeLocated<std::int64_t> SectionReader::Integer(const std::string& key, std::int64_t least,
                                                  std::int64_t greatest) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  return IntegerOf(*node, key, least, greatest);
}

MaybeLocated<IpAddress> SectionReader::Address(const std::string& key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  return AddressOf(*node, key);
}

MaybeLocated<Prefix> SectionReader::Network(const std::string& key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  return NetworkOf(*node, key);
}

template <typename T, typename Read>
std::vector<Located<T>> SectionReader::Elements(const std::string& key, const std::string& allowed,
                                                Read read) {
  std::vector<Located<T>> values;
  const toml::node* node = Find(key);
  if (node == nullptr) return values;
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    faults_->Add(
        At(node->source()), Path(key),
        absl::StrCat("is ", TypeName(*node), ", must be an array; allowed: [", allowed, ", …]"));
    return values;
  }
  for (const toml::node& element : *array) {
    if (MaybeLocated<T> value = read(element); value.has_value()) {
      values.push_back(*std::move(value));
    }
  }
  return values;
}

std::vector<Located<std::string>> SectionReader::Texts(const std::string& key) {
  return Elements<std::string>(
      key, "a string", [&](const toml::node& node) { return TextOf(node, key, "a string"); });
}

std::vector<Located<std::int64_t>> SectionReader::Integers(const std::string& key,
                                                           std::int64_t least,
                                                           std::int64_t greatest) {
  return Elements<std::int64_t>(key, Range(least, greatest), [&](const toml::node& node) {
    return IntegerOf(node, key, least, greatest);
  });
}

std::vector<Located<IpAddress>> SectionReader::Addresses(const std::string& key) {
  return Elements<IpAddress>(key, kAddressForm,
                             [&](const toml::node& node) { return AddressOf(node, key); });
}

std::vector<Located<Prefix>> SectionReader::Prefixes(const std::string& key) {
  return Elements<Prefix>(key, kPrefixForm,
                          [&](const toml::node& node) { return PrefixOf(node, key); });
}

std::vector<Located<Prefix>> SectionReader::Networks(const std::string& key) {
  return Elements<Prefix>(key, kPrefixForm,
                          [&](const toml::node& node) { return NetworkOf(node, key); });
}

bool SectionReader::Has(const std::string& key) const {
  return table_ != nullptr && table_->contains(key);
}

void SectionReader::Missing(const std::string& key, const std::string& allowed) {
  faults_->Add(at_, Path(key), absl::StrCat("is missing; allowed: ", allowed));
}

void SectionReader::Fault(const std::string& key, const std::string& text) {
  const toml::node* node = table_ == nullptr ? nullptr : table_->get(key);
  faults_->Add(node == nullptr ? at_ : At(node->source()), Path(key), text);
}

void SectionReader::Finish() {
  if (table_ == nullptr) return;
  for (const auto& [key, node] : *table_) {
    const std::string word(key.str());
    if (std::find(known_.begin(), known_.end(), word) != known_.end()) continue;
    const auto nearest = NearestWord(word, known_);
    faults_->Add(At(key.source()), Path(word),
                 nearest.has_value()
                     ? absl::StrCat("unknown key; did you mean ", Quoted(*nearest), "?")
                     : absl::StrCat("unknown key; allowed: ", absl::StrJoin(known_, ", ")));
  }
}

const toml::node* SectionReader::Find(const std::string& key) {
  known_.push_back(key);
  return table_ == nullptr ? nullptr : table_->get(key);
}

std::string SectionReader::Path(std::string_view key) const {
  return name_.empty() ? std::string(key) : name_ + "." + std::string(key);
}

MaybeLocated<std::string> SectionReader::TextOf(const toml::node& node, const std::string& key,
                                                const std::string& allowed) {
  const FilePosition at = At(node.source());
  if (const auto* text = node.as_string()) return Located<std::string>{text->get(), at, Path(key)};
  faults_->Add(at, Path(key),
               absl::StrCat("is ", TypeName(node), ", must be a string; allowed: ", allowed));
  return std::nullopt;
}

MaybeLocated<std::int64_t> SectionReader::IntegerOf(const toml::node& node, const std::string& key,
                                                    std::int64_t least, std::int64_t greatest) {
  const FilePosition at = At(node.source());
  const auto* integer = node.as_integer();
  if (integer == nullptr) {
    faults_->Add(at, Path(key),
                 absl::StrCat("is ", TypeName(node),
                              ", must be an integer; allowed: ", Range(least, greatest)));
    return std::nullopt;
  }
  const std::int64_t value = integer->get();
  if (value < least || value > greatest) {
    faults_->Add(at, Path(key),
                 absl::StrCat(value, " is out of range; allowed: ", Range(least, greatest)));
    return std::nullopt;
  }
  return Located<std::int64_t>{value, at, Path(key)};
}

MaybeLocated<IpAddress> SectionReader::AddressOf(const toml::node& node, const std::string& key) {
  const auto text = TextOf(node, key, kAddressForm);
  if (!text.has_value()) return std::nullopt;
  const auto address = IpAddress::Parse(text->value);
  if (address.has_value()) return Located<IpAddress>{*address, text->at, text->key};
  faults_->Add(*text,
               absl::StrCat(Quoted(text->value), " is not an IP address; allowed: ", kAddressForm));
  return std::nullopt;
}

MaybeLocated<Prefix> SectionReader::PrefixOf(const toml::node& node, const std::string& key) {
  const auto text = TextOf(node, key, kPrefixForm);
  if (!text.has_value()) return std::nullopt;
  const auto prefix = Prefix::Parse(text->value);
  if (prefix.has_value()) return Located<Prefix>{*prefix, text->at, text->key};
  faults_->Add(*text,
               absl::StrCat(Quoted(text->value), " is not a prefix; allowed: ", kPrefixForm));
  return std::nullopt;
}

MaybeLocated<Prefix> SectionReader::NetworkOf(const toml::node& node, const std::string& key) {
  auto prefix = PrefixOf(node, key);
  if (!prefix.has_value() || prefix->value == prefix->value.Network()) return prefix;
  faults_->Add(*prefix, absl::StrCat(Quoted(prefix->value.ToString()),
                                     " has bits set behind its length; allowed: ",
                                     Quoted(prefix->value.Network().ToString())));
  return std::nullopt;
}

}  // namespace jvpn
