#include "bench/results.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace jvpn {

void PrintTable(const std::vector<ResultRow>& rows) {
  std::printf("%-44s %10s %10s %10s  %s\n", "name", "value", "p25", "p75", "unit (better)");
  for (const ResultRow& row : rows) {
    std::printf("%-44s %10.3f %10.3f %10.3f  %s (%s)\n", row.name.c_str(), row.value, row.p25,
                row.p75, row.unit.c_str(), row.better.c_str());
  }
}

absl::Status WriteJson(const std::string& path, const Hardware& hardware,
                       const std::vector<ResultRow>& rows) {
  nlohmann::ordered_json document;
  document["hardware"] = {{"cpu", hardware.cpu},
                          {"cipher_architecture", hardware.cipher_architecture},
                          {"tsc_ghz", hardware.tsc_ghz},
                          {"hugepages", hardware.hugepages}};
  document["method"] =
      "medians of A-B-B-A quads in one run; base = bare cipher library over the same buffers, one "
      "hot "
      "key; efficiency = base cycles / gateway cycles, cost = gateway cycles / base cycles";
  for (const ResultRow& row : rows) {
    document["rows"].push_back({{"name", row.name},
                                {"value", row.value},
                                {"unit", row.unit},
                                {"better", row.better},
                                {"p25", row.p25},
                                {"p75", row.p75}});
  }
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  std::ofstream file(path);
  file << document.dump(2) << '\n';
  if (!file.flush())
    return absl::InternalError("cannot write " + path + ": is its folder writable?");
  return absl::OkStatus();
}

std::string CpuModel() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

}  // namespace jvpn
