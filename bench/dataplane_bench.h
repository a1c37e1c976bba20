// `jvpn-bench dataplane`: one worker against the bare cipher library, in both directions.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "bench/results.h"
#include "crypto/suite.h"

namespace jvpn {

struct DataplaneBench {
  std::vector<Suite> suites = {Suite::kAes128Gcm, Suite::kChaCha20Poly1305};
  std::vector<std::uint16_t> sizes = {64, 1420};
  std::uint32_t sessions = 1000;
  std::uint32_t quads = 80;
};

// DPDK runs. Prints a line of progress a row.
absl::StatusOr<std::vector<ResultRow>> RunDataplaneBench(const DataplaneBench& bench);

}  // namespace jvpn
