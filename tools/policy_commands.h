// jvpnctl policy: check and compare policy files without a gateway, apply and show with one.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "control/admin_protocol.h"

namespace jvpn {

absl::StatusOr<std::string> ReadPolicyText(const std::string& path);

// What the check says: the policy's id and every warning; a fault is an error that lists all.
struct CheckedPolicy {
  std::string canonical;  // CanonicalJson()
  std::string id;
  std::vector<std::string> warnings;
};
absl::StatusOr<CheckedPolicy> CheckPolicy(const std::string& text, const std::string& name);

// One line a key that differs: "key: old -> new". Both are policies as "policy_show" gives them.
std::string PolicyDifference(const Json& from, const Json& to);
std::string RenderPolicies(const Json& result);
std::string RenderApplied(const Json& result);

}  // namespace jvpn
