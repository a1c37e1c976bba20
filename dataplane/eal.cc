#include "dataplane/eal.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <sched.h>

#include <algorithm>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/limits.h"

namespace jvpn {
namespace {

std::uint64_t FreeHugepages(std::uint32_t page_kib) {
  std::ifstream in(
      absl::StrCat("/sys/kernel/mm/hugepages/hugepages-", page_kib, "kB/free_hugepages"));
  std::uint64_t pages = 0;
  in >> pages;
  return in ? pages : 0;
}

std::string LcoreOn(std::uint32_t lcore, const std::vector<std::uint32_t>& cpus) {
  return absl::StrCat(lcore, "@(", absl::StrJoin(cpus, ","), ")");
}

absl::Status CheckCores(const EalSettings& settings, const Machine& machine) {
  if (settings.workers == 0 || settings.workers > kMaxWorkers) {
    return absl::InvalidArgumentError(
        absl::StrCat(settings.workers, " workers: there must be 1 to ", kMaxWorkers));
  }
  if (settings.worker_cores.empty()) return absl::OkStatus();
  if (settings.worker_cores.size() != settings.workers) {
    return absl::InvalidArgumentError(
        absl::StrCat("worker_cores names ", settings.worker_cores.size(), " CPUs for ",
                     settings.workers, " workers; name one for each, or none"));
  }
  for (const std::uint32_t core : settings.worker_cores) {
    if (std::find(machine.cpus.begin(), machine.cpus.end(), core) == machine.cpus.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "worker_cores names CPU ", core, ", which this process may not use; it may use ",
          absl::StrJoin(machine.cpus, ", ")));
    }
    if (std::count(settings.worker_cores.begin(), settings.worker_cores.end(), core) > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("worker_cores names CPU ", core, " twice; two workers on one CPU starve"));
    }
  }
  return absl::OkStatus();
}

// The caller's thread stays off the workers' CPUs if there are others.
std::vector<std::uint32_t> MainCpus(const EalSettings& settings, const Machine& machine) {
  std::vector<std::uint32_t> rest = machine.cpus;
  std::erase_if(rest, [&](std::uint32_t cpu) {
    return std::count(settings.worker_cores.begin(), settings.worker_cores.end(), cpu) > 0;
  });
  return rest.empty() ? machine.cpus : rest;
}

}  // namespace

Machine ThisMachine() {
  Machine machine;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    for (std::uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &allowed)) machine.cpus.push_back(cpu);
    }
  }
  constexpr std::uint32_t k2Mib = 2048;
  constexpr std::uint32_t k1Gib = 1024 * 1024;
  machine.free_hugepage_mib = FreeHugepages(k2Mib) * 2 + FreeHugepages(k1Gib) * 1024;
  return machine;
}

absl::StatusOr<bool> ChooseHugepages(Hugepages wanted, std::uint32_t memory_mib,
                                     const Machine& machine) {
  if (wanted == Hugepages::kOff) return false;
  if (machine.free_hugepage_mib >= memory_mib) return true;
  if (wanted == Hugepages::kAuto) return false;
  return absl::FailedPreconditionError(absl::StrCat(
      "hugepages are demanded, but ", machine.free_hugepage_mib, " MiB of them are free and ",
      memory_mib, " MiB are needed; reserve them (sysctl vm.nr_hugepages=", memory_mib / 2 + 64,
      ") or set [memory] hugepages to \"auto\""));
}

absl::StatusOr<std::vector<std::string>> EalArguments(const EalSettings& settings, bool hugepages,
                                                      const Machine& machine) {
  if (absl::Status cores = CheckCores(settings, machine); !cores.ok()) return cores;
  std::vector<std::string> lcores = {LcoreOn(0, MainCpus(settings, machine))};
  for (std::uint32_t i = 0; i < settings.workers; ++i) {
    lcores.push_back(settings.worker_cores.empty() ? LcoreOn(i + 1, machine.cpus)
                                                   : LcoreOn(i + 1, {settings.worker_cores[i]}));
  }
  std::vector<std::string> arguments = {"jvpn",
                                        absl::StrCat("--lcores=", absl::StrJoin(lcores, ",")),
                                        "--main-lcore=0",
                                        "-m",
                                        absl::StrCat(settings.memory_mib),
                                        absl::StrCat("--file-prefix=", settings.file_prefix),
                                        "--no-telemetry",
                                        "--log-level=warning"};
  if (hugepages) {
    arguments.push_back("--in-memory");
  } else {
    arguments.insert(arguments.end(), {"--no-huge", "--no-shconf"});
  }
  if (settings.pci.empty()) arguments.push_back("--no-pci");
  for (const std::string& device : settings.pci) {
    arguments.insert(arguments.end(), {"-a", device});
  }
  arguments.insert(arguments.end(), settings.extra.begin(), settings.extra.end());
  return arguments;
}

absl::StatusOr<std::unique_ptr<Eal>> Eal::Start(const EalSettings& settings, bool hugepages) {
  auto arguments = EalArguments(settings, hugepages, ThisMachine());
  if (!arguments.ok()) return arguments.status();
  std::vector<char*> argv;
  for (std::string& argument : *arguments) argv.push_back(argument.data());
  if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0) {
    return absl::InternalError(
        absl::StrCat("DPDK did not start: ", rte_strerror(rte_errno),
                     "; its arguments were: ", absl::StrJoin(*arguments, " ")));
  }
  return std::unique_ptr<Eal>(new Eal());
}

Eal::~Eal() { rte_eal_cleanup(); }

}  // namespace jvpn
