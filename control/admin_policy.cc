// AdminMethods: policies at run time (rows G6 and G7).
#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "control/admin_methods.h"
#include "control/audit_events.h"
#include "session/policy_file.h"
#include "session/policy_id.h"

namespace jvpn {
namespace {

// One sentence of all of them, for the log and the caller.
std::string Joined(const ConfigFaults& faults) {
  std::string text = "the policy is refused, sessions keep what they have";
  for (const std::string& fault : faults) absl::StrAppend(&text, "\n", fault);
  return text;
}

}  // namespace

AdminAnswer AdminMethods::PolicyShow(const Json& params) const {
  const auto wanted = TextParam(params, "group", "");
  if (const auto* error = std::get_if<AdminError>(&wanted)) return *error;
  const auto& name = std::get<std::string>(wanted);
  Json groups = Json::array();
  for (const PolicyGroupView& group : backend_.PolicyGroups()) {
    if (!name.empty() && name != group.group) continue;
    groups.push_back({{"group", group.group},
                      {"peers", group.peers},
                      {"policy_id", PolicyId(*group.policy)},
                      {"policy", Json::parse(CanonicalJson(*group.policy))}});
  }
  if (groups.empty()) return AdminError{absl::StrCat("no peer is of the group \"", name, "\"")};
  return Json{{"groups", std::move(groups)}};
}

AdminAnswer AdminMethods::PolicyApply(const Json& params, const AdminCaller& caller, Instant now) {
  const std::string who = absl::StrCat("uid ", caller.uid, ", pid ", caller.pid);
  if (!caller.may_change) {
    log_(absl::StrCat("policy apply refused: ", who, " may only look"));
    return AdminError{"only root and the gateway's own user may apply a policy"};
  }
  const auto group = TextParam(params, "group", "");
  const auto name = TextParam(params, "name", "policy");
  const auto text = TextParam(params, "text", "");
  for (const auto* param : {&group, &name, &text}) {
    if (const auto* error = std::get_if<AdminError>(param)) return *error;
  }
  const auto& chosen = std::get<std::string>(group);
  const std::vector<PolicyGroupView> groups = backend_.PolicyGroups();
  const bool known = std::any_of(groups.begin(), groups.end(),
                                 [&](const PolicyGroupView& view) { return view.group == chosen; });
  if (!known) return AdminError{absl::StrCat("no peer is of the group \"", chosen, "\"")};
  std::vector<std::string> warnings;
  auto parsed = ParsePolicy(std::get<std::string>(text), std::get<std::string>(name), warnings);
  if (const auto* faults = std::get_if<ConfigFaults>(&parsed)) {
    log_(absl::StrCat("policy apply to ", chosen, " by ", who, ": ", Joined(*faults)));
    audit_.Append(PolicyRejected("", now));
    return AdminError{Joined(*faults)};
  }
  const auto policy = std::make_shared<const Policy>(std::get<Policy>(std::move(parsed)));
  // Before any session gets it: the log can judge what comes.
  audit_.Append(PolicyLoaded(*policy, now));
  backend_.SetPolicy(chosen, policy, now);
  const std::string id = PolicyId(*policy);
  log_(absl::StrCat("policy ", id, " applied to ", chosen, " by ", who));
  return Json{{"group", chosen}, {"policy_id", id}, {"warnings", warnings}};
}

}  // namespace jvpn
