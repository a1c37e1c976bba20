// jvpn-bench: how fast the dataplane is, as ratios to the bare cipher library.
// Exit: 0 measured, 1 could not measure, 2 the command line is wrong.
#include <rte_cycles.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "bench/dataplane_bench.h"
#include "bench/results.h"
#include "crypto/aead.h"
#include "crypto/sodium_random.h"
#include "dataplane/eal.h"

namespace jvpn {
namespace {

constexpr std::uint32_t kMemoryMib = 256;
constexpr std::uint32_t kThoroughQuads = 120;
// What the memory set aside for the benchmark holds.
constexpr std::uint32_t kMostSessions = 16'384;

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "jvpn-bench: %s\n", std::string(status.message()).c_str());
  return 1;
}

DataplaneBench Plan(bool quick, std::uint32_t sessions) {
  DataplaneBench bench;
  bench.sessions = sessions;
  if (quick) return bench;
  bench.suites = {Suite::kAes128Gcm, Suite::kAes256Gcm, Suite::kChaCha20Poly1305};
  bench.sizes = {64, 128, 256, 512, 1024, 1420};
  bench.quads = kThoroughQuads;
  return bench;
}

int Measure(const DataplaneBench& bench, const std::string& json) {
  const Machine machine = ThisMachine();
  const auto hugepages = ChooseHugepages(Hugepages::kAuto, kMemoryMib, machine);
  if (!hugepages.ok()) return Fail(hugepages.status());
  EalSettings settings;
  settings.memory_mib = kMemoryMib;
  settings.file_prefix = "jvpn-bench";
  // The measuring thread gets a CPU of its own where there are two: lcore 0 takes what is left.
  if (machine.cpus.size() > 1) settings.worker_cores = {machine.cpus.front()};
  auto eal = Eal::Start(settings, *hugepages);
  if (!eal.ok()) return Fail(eal.status());

  auto engine = AeadEngine::Create(AeadEngine::Sharing::kProcess);
  if (!engine.ok()) return Fail(engine.status());
  const Hardware hardware{.cpu = CpuModel(),
                          .cipher_architecture = (*engine)->architecture(),
                          .tsc_ghz = static_cast<double>(rte_get_tsc_hz()) / 1e9,
                          .hugepages = *hugepages};
  std::printf("%s, ciphers %s, TSC %.3f GHz, %s hugepages\n", hardware.cpu.c_str(),
              hardware.cipher_architecture.c_str(), hardware.tsc_ghz,
              hardware.hugepages ? "on" : "without");
  std::printf("one worker, sessions: %u, medians of A-B-B-A quads against the bare library\n",
              bench.sessions);
  const auto rows = RunDataplaneBench(bench);
  if (!rows.ok()) return Fail(rows.status());
  PrintTable(*rows);
  if (json.empty()) return 0;
  if (absl::Status written = WriteJson(json, hardware, *rows); !written.ok()) return Fail(written);
  std::printf("rows: %s\n", json.c_str());
  return 0;
}

int Main(int argc, char** argv) {
  CLI::App app("Measures jvpn.", "jvpn-bench");
  app.require_subcommand(1);
  bool quick = false;
  std::uint32_t sessions = 1000;
  std::string json;
  auto* dataplane = app.add_subcommand("dataplane", "Both directions of one worker, on rings");
  dataplane->add_flag("--quick", quick, "Two suites, two sizes, fewer windows");
  dataplane->add_option("--sessions", sessions, "Frames are drawn from so many sessions")
      ->check(CLI::Range(1U, kMostSessions))
      ->capture_default_str();
  dataplane->add_option("--json", json, "Write the rows to this file");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  InitCrypto();
  return Measure(Plan(quick, sessions), json);
}

}  // namespace
}  // namespace jvpn

int main(int argc, char** argv) {
  try {
    return jvpn::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "jvpn-bench: %s\n", error.what());
    return 1;
  }
}
