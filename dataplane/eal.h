// Eal: DPDK's environment, from typed settings to rte_eal_init() and back.
//
// Hugepage-less is a full mode: slower, but nothing to prepare. With hugepages memory is anonymous
// (--in-memory), so that a killed daemon leaves no files that pin them.
// Ownership  Once a process; the main thread starts and stops it. DPDK cannot be started again.
// Errors     Told before rte_eal_init() where they can be foreseen, because it explains little.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dataplane/dataplane.h"

namespace jvpn {

struct EalSettings {
  std::uint32_t workers = 1;
  std::vector<std::uint32_t> worker_cores{};  // empty = any
  std::uint32_t memory_mib = 64;
  std::string file_prefix{};
  std::vector<std::string> pci{};  // devices to take; none: PCI is not even looked at
  std::vector<std::string> extra{};
};

// What the machine has, as far as the arguments depend on it.
struct Machine {
  std::vector<std::uint32_t> cpus;  // that this process may run on
  std::uint64_t free_hugepage_mib = 0;
};
Machine ThisMachine();

// Whether to run on hugepages; an error when they are demanded and missing.
absl::StatusOr<bool> ChooseHugepages(Hugepages wanted, std::uint32_t memory_mib,
                                     const Machine& machine);

// The argument vector of rte_eal_init(), program name first. Lcore 0 is the caller's thread, worker
// i is lcore i + 1.
absl::StatusOr<std::vector<std::string>> EalArguments(const EalSettings& settings, bool hugepages,
                                                      const Machine& machine);

class Eal {
 public:
  static absl::StatusOr<std::unique_ptr<Eal>> Start(const EalSettings& settings, bool hugepages);
  ~Eal();
  Eal(const Eal&) = delete;
  Eal& operator=(const Eal&) = delete;

 private:
  Eal() = default;
};

}  // namespace jvpn
