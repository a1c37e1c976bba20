#include "gateway/config_context.h"

#include "absl/strings/str_cat.h"
#include "base/text_file.h"
#include "crypto/key_file.h"
#include "session/policy_file.h"

namespace jvpn {

std::optional<Secret32> ConfigContext::ReadKey(const Located<std::string>& path) {
  const absl::StatusOr<Secret32> key = ReadSecretKeyFile(Resolve(path.value));
  if (key.ok()) return *key;
  faults.Add(path, absl::StrCat(key.status().message(),
                                "; allowed: a private file (mode 0600) with 32 bytes in base64"));
  return std::nullopt;
}

std::shared_ptr<const Policy> ConfigContext::ReadPolicy(const Located<std::string>& path) {
  const std::string resolved = Resolve(path.value);
  if (const auto known = policies_.find(resolved); known != policies_.end()) return known->second;
  std::shared_ptr<const Policy>& entry = policies_[resolved];
  const absl::StatusOr<std::string> text = ReadTextFile(resolved);
  if (!text.ok()) {
    faults.Add(path, absl::StrCat(text.status().message(), "; allowed: a readable policy file"));
    return nullptr;
  }
  auto parsed = ParsePolicy(*text, resolved, config.warnings);
  if (auto* policy = std::get_if<Policy>(&parsed)) {
    entry = std::make_shared<const Policy>(std::move(*policy));
  } else {
    for (std::string& line : std::get<ConfigFaults>(parsed)) faults.AddForeign(std::move(line));
  }
  return entry;
}

std::shared_ptr<const Policy> ConfigContext::ProfilePolicy(const std::string& profile) {
  // A path never equals a bare profile name once it is resolved against a directory, but "fast" in
  // the current directory could: hence the prefix.
  std::shared_ptr<const Policy>& entry = policies_["profile:" + profile];
  if (entry == nullptr) {
    if (auto policy = Policy::FromProfile(profile); policy.has_value()) {
      entry = std::make_shared<const Policy>(*std::move(policy));
    }
  }
  return entry;
}

}  // namespace jvpn
