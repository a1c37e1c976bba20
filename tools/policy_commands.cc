#include "tools/policy_commands.h"

#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "session/policy_file.h"
#include "session/policy_id.h"

namespace jvpn {
namespace {

std::string Plain(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string Warnings(const Json& result) {
  std::string out;
  const auto warnings = result.find("warnings");
  if (warnings == result.end()) return out;
  for (const Json& warning : *warnings) absl::StrAppend(&out, "warning: ", Plain(warning), "\n");
  return out;
}

}  // namespace

absl::StatusOr<std::string> ReadPolicyText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.good()) return absl::NotFoundError(absl::StrCat("cannot read \"", path, "\""));
  return text.str();
}

absl::StatusOr<CheckedPolicy> CheckPolicy(const std::string& text, const std::string& name) {
  CheckedPolicy checked;
  const auto parsed = ParsePolicy(text, name, checked.warnings);
  if (const auto* faults = std::get_if<ConfigFaults>(&parsed)) {
    return absl::InvalidArgumentError(absl::StrJoin(*faults, "\n"));
  }
  checked.canonical = CanonicalJson(std::get<Policy>(parsed));
  checked.id = PolicyId(std::get<Policy>(parsed));
  return checked;
}

std::string PolicyDifference(const Json& from, const Json& to) {
  std::string out;
  for (const auto& [key, value] : to.items()) {
    const auto old = from.find(key);
    if (old != from.end() && *old == value) continue;
    absl::StrAppend(&out, key, ": ", old == from.end() ? "-" : Plain(*old), " -> ", Plain(value),
                    "\n");
  }
  return out.empty() ? "no difference\n" : out;
}

std::string RenderPolicies(const Json& result) {
  std::string out;
  const auto groups = result.find("groups");
  if (groups == result.end()) return out;
  for (const Json& group : *groups) {
    const std::int64_t peers = group.value("peers", std::int64_t{0});
    absl::StrAppend(&out, out.empty() ? "" : "\n", "group ", group.value("group", "-"), ": ",
                    group.value("policy_id", "-"), ", ", peers, peers == 1 ? " peer" : " peers",
                    "\n");
    const auto policy = group.find("policy");
    if (policy == group.end()) continue;
    for (const auto& [key, value] : policy->items()) {
      absl::StrAppend(&out, absl::StrFormat("  %-40s%s\n", key, Plain(value)));
    }
  }
  return out + "\nRatios are in permille.\n";
}

std::string RenderApplied(const Json& result) {
  return absl::StrCat("policy ", result.value("policy_id", "-"), " applied to group ",
                      result.value("group", "-"), "\n", Warnings(result));
}

}  // namespace jvpn
