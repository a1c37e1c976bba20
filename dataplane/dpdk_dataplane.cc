#include "dataplane/dpdk_dataplane.h"

#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace jvpn {
namespace {

constexpr std::uint16_t kLeastMtu = 1500;

SideConfig SideOf(const PortDevice& device, const MacAddress& mac) {
  return {mac, device.addresses, device.next_hops, device.vlan};
}

ForwarderConfig ForwarderOf(const DataplaneConfig& config, const Port& wan, const Port& core) {
  ForwarderConfig forwarder;
  forwarder.workers = config.workers;
  forwarder.wan = SideOf(config.wan, wan.mac());
  forwarder.core = SideOf(config.core, core.mac());
  forwarder.listen_port = config.listen_port;
  forwarder.max_sessions = config.max_sessions;
  forwarder.transports_per_session = config.transports_per_session;
  forwarder.inner_v4_pool = config.inner_v4_pool;
  forwarder.inner_v6_pool = config.inner_v6_pool;
  forwarder.token_instance = config.token_instance;
  forwarder.hugepages = rte_eal_has_hugepages() != 0;
  return forwarder;
}

EalSettings EalOf(const DataplaneConfig& config) {
  EalSettings settings;
  settings.workers = config.workers;
  settings.worker_cores = config.worker_cores;
  settings.memory_mib = config.memory_mib;
  settings.file_prefix = config.file_prefix;
  for (const PortDevice* device : {&config.wan, &config.core}) {
    if (!device->pci.empty()) settings.pci.push_back(device->pci);
  }
  settings.extra = config.extra_eal;
  return settings;
}

absl::StatusOr<DpdkDataplane::Ports> OpenPorts(const DataplaneConfig& config) {
  const std::uint16_t wan_mtu = std::max(kLeastMtu, OuterMtu(config.inner_mtu));
  const std::uint16_t core_mtu = std::max(kLeastMtu, config.inner_mtu);
  constexpr std::uint32_t kLinkBytes = 14 + 4 + 4;  // Ethernet, tag, frame check
  DpdkDataplane::Ports ports;
  auto pools = PacketPools::Create(config.workers, config.memory_mib, wan_mtu + kLinkBytes);
  if (!pools.ok()) return pools.status();
  ports.pools = *std::move(pools);
  auto wan = Port::Open(config.wan, {PortSide::kWan, config.workers, wan_mtu}, *ports.pools);
  if (!wan.ok()) return wan.status();
  ports.wan = *std::move(wan);
  auto core = Port::Open(config.core, {PortSide::kCore, config.workers, core_mtu}, *ports.pools);
  if (!core.ok()) return core.status();
  ports.core = *std::move(core);
  return ports;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Dataplane>> Dataplane::Create(const DataplaneConfig& config,
                                                             std::vector<Lane*> lanes) {
  auto hugepages = ChooseHugepages(config.hugepages, config.memory_mib, ThisMachine());
  if (!hugepages.ok()) return hugepages.status();
  auto eal = Eal::Start(EalOf(config), *hugepages);
  if (!eal.ok()) return eal.status();
  auto ports = OpenPorts(config);
  if (!ports.ok()) return ports.status();
  auto dataplane = DpdkDataplane::Assemble(config, lanes, *std::move(ports));
  if (!dataplane.ok()) return dataplane.status();
  (*dataplane)->eal_ = *std::move(eal);
  return *std::move(dataplane);
}

absl::StatusOr<std::unique_ptr<DpdkDataplane>> DpdkDataplane::Assemble(
    const DataplaneConfig& config, const std::vector<Lane*>& lanes, Ports ports) {
  CHECK(lanes.size() == config.workers);
  std::unique_ptr<DpdkDataplane> made(new DpdkDataplane(config, std::move(ports)));
  auto handoff = Handoff::Create(config.workers);
  if (!handoff.ok()) return handoff.status();
  made->handoff_ = *std::move(handoff);
  ForwarderConfig forwarder = ForwarderOf(config, *made->ports_.wan, *made->ports_.core);
  for (std::uint32_t i = 0; i < config.workers; ++i) {
    forwarder.self = WorkerId{static_cast<std::uint8_t>(i)};
    auto worker = Worker::Create(forwarder, {.wan = made->ports_.wan.get(),
                                             .core = made->ports_.core.get(),
                                             .handoff = made->handoff_.get(),
                                             .pool = made->ports_.pools->of(i),
                                             .lane = lanes[i]});
    if (!worker.ok()) return worker.status();
    made->workers_.push_back(*std::move(worker));
  }
  return made;
}

DpdkDataplane::DpdkDataplane(const DataplaneConfig& config, Ports ports)
    : idle_(config.idle), ports_(std::move(ports)) {}

DpdkDataplane::~DpdkDataplane() { Stop(); }

MacAddress DpdkDataplane::mac(PortSide side) const {
  return side == PortSide::kWan ? ports_.wan->mac() : ports_.core->mac();
}

bool DpdkDataplane::without_hugepages() const { return rte_eal_has_hugepages() == 0; }

int DpdkDataplane::RunWorker(void* running) {
  const auto* run = static_cast<const Running*>(running);
  if (run->enter != nullptr) run->enter();
  run->worker->Run(run->idle, *run->stop);
  return 0;
}

absl::Status DpdkDataplane::Launch(void (*enter)()) {
  stop_.store(false);
  running_.clear();
  running_.reserve(workers_.size());
  for (const auto& worker : workers_) {
    running_.push_back({worker.get(), idle_, &stop_, enter});
    const auto lcore = static_cast<unsigned>(running_.size());  // EalArguments: worker i is i + 1
    if (rte_eal_remote_launch(&RunWorker, &running_.back(), lcore) != 0) {
      running_.pop_back();
      Stop();
      return absl::InternalError(absl::StrCat("worker ", lcore - 1, " does not start"));
    }
  }
  return absl::OkStatus();
}

void DpdkDataplane::Stop() {
  stop_.store(true);
  for (std::size_t i = 0; i < running_.size(); ++i) {
    rte_eal_wait_lcore(static_cast<unsigned>(i + 1));
  }
  running_.clear();
  // Rings first, for they hold buffers; buffers live in pools, and pools in DPDK's memory. Workers
  // stay, for whoever still reads their statistics.
  handoff_.reset();
  ports_.wan.reset();
  ports_.core.reset();
  ports_.pools.reset();
  eal_.reset();
}

const WorkerStats& DpdkDataplane::stats(std::uint32_t worker) const {
  return workers_[worker]->stats();
}

}  // namespace jvpn
