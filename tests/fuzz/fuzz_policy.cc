// Target: policy files. What is accepted keeps every hard rule, and goes over the wire whole.
#include "base/check.h"
#include "session/policy_file.h"
#include "session/policy_id.h"
#include "tests/fuzz/fuzz_target.h"

namespace jvpn {

bool FuzzTarget(ByteView input) {
  const std::string text(input.begin(), input.end());
  std::vector<std::string> warnings;
  const auto parsed = ParsePolicy(text, "policy.toml", warnings);
  const auto* policy = std::get_if<Policy>(&parsed);
  if (policy == nullptr) {
    CHECK(!std::get<ConfigFaults>(parsed).empty());
    return false;
  }
  CHECK(HardFaults(*policy).empty());
  const auto parameters = ToWireParameters(*policy);
  const auto received = FromWireParameters(parameters);
  CHECK(received && ToWireParameters(*received) == parameters);
  CHECK(!PolicyId(*policy).empty());
  return true;
}

}  // namespace jvpn
