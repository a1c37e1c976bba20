// Results: rows {name, value, unit, better}, as a table on the screen and as JSON.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace jvpn {

struct ResultRow {
  std::string name;  // "uplink.aes128gcm.1420.efficiency"
  double value = 0;
  std::string unit;    // "ratio", "cycles/packet", …
  std::string better;  // "higher" or "lower"
  double p25 = 0;
  double p75 = 0;
};

// What was measured where: printed above the table and written beside the rows.
struct Hardware {
  std::string cpu;
  std::string cipher_architecture;
  double tsc_ghz = 0;
  bool hugepages = false;
};

void PrintTable(const std::vector<ResultRow>& rows);
absl::Status WriteJson(const std::string& path, const Hardware& hardware,
                       const std::vector<ResultRow>& rows);
// "model name" of the first CPU.
std::string CpuModel();

}  // namespace jvpn
