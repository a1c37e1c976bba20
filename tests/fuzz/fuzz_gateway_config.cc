// Target: the gateway's configuration. Accepted is what is TOML; what is wrong in it is told with a
// place. No file beside it is there.
#include "base/check.h"
#include "gateway/config.h"
#include "tests/fuzz/fuzz_target.h"

namespace jvpn {
namespace {

constexpr std::string_view kName = "/nowhere/gw.toml";

// "FILE:LINE:COLUMN: "
bool HasPlace(const std::string& fault) {
  if (!fault.starts_with(kName)) return false;
  const std::size_t end = fault.find(": ", kName.size());
  if (end == std::string::npos) return false;
  const std::string place = fault.substr(kName.size(), end - kName.size());
  return place.size() >= 4 && place[0] == ':' &&
         place.find_first_not_of("0123456789:") == std::string::npos;
}

}  // namespace

bool FuzzTarget(ByteView input) {
  const std::string text(input.begin(), input.end());
  const auto parsed = ParseGatewayConfig(text, std::string(kName));
  const auto* faults = std::get_if<GatewayConfigFaults>(&parsed);
  if (faults == nullptr) return true;
  CHECK(!faults->empty());
  bool toml = true;
  for (const std::string& fault : *faults) {
    CHECK(HasPlace(fault));
    toml = toml && fault.find(": syntax: ") == std::string::npos;
  }
  return toml;
}

}  // namespace jvpn
