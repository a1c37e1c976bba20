#include "session/policy_id.h"

#include "crypto/sha256.h"
#include "session/policy_key.h"

namespace jvpn {
namespace {

constexpr std::size_t kIdDigits = 16;

// Versions, profiles and protocols are of plain letters, digits and points: nothing to escape.
void Append(std::string& text, std::string_view key, std::string_view value) {
  text += text.size() > 1 ? ",\"" : "\"";
  text.append(key).append("\":").append(value);
}

std::string Quoted(std::string_view value) { return '"' + std::string(value) + '"'; }

}  // namespace

std::string CanonicalJson(const Policy& policy) {
  std::string text = "{";
  Append(text, "version", Quoted(policy.version));
  Append(text, "profile", Quoted(policy.profile));
  Append(text, "apply_mode", policy.apply_mode == ApplyMode::kGrace ? "\"grace\"" : "\"strict\"");
  std::string protocols;
  for (const std::string& protocol : policy.allowed_protocols) {
    protocols += protocols.empty() ? '[' : ',';
    protocols += Quoted(protocol);
  }
  Append(text, "transport.allowed_protocols", protocols.empty() ? "[]" : protocols + ']');
  for (const PolicyKey& key : PolicyKeys()) {
    Append(text, key.name, std::to_string(key.Get(policy)));
  }
  return text + '}';
}

std::string PolicyId(const Policy& policy) {
  return policy.version + '-' + Sha256Hex(CanonicalJson(policy)).substr(0, kIdDigits);
}

}  // namespace jvpn
