// Target: the client's configuration. No file beside it is there; what is wrong is told.
#include "base/check.h"
#include "client/config.h"
#include "tests/fuzz/fuzz_target.h"

namespace jvpn {

bool FuzzTarget(ByteView input) {
  const std::string text(input.begin(), input.end());
  const auto parsed = ParseClientFile(text, "/nowhere/client.toml");
  const auto* faults = std::get_if<ClientFileFaults>(&parsed);
  if (faults == nullptr) {
    for (const HostPort& endpoint : std::get<ClientFile>(parsed).endpoints) {
      CHECK(HostPort::Parse(endpoint.ToString()) == endpoint);
    }
    return true;
  }
  CHECK(!faults->empty());
  bool toml = true;
  for (const std::string& fault : *faults) {
    CHECK(fault.starts_with("/nowhere/client.toml"));
    toml = toml && fault.find(": syntax: ") == std::string::npos;
  }
  return toml;
}

}  // namespace jvpn
