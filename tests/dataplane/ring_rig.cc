#include "tests/dataplane/ring_rig.h"

#include <rte_eth_ring.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include <algorithm>
#include <string>

#include "base/check.h"

namespace jvpn::testing {
namespace {

constexpr std::uint32_t kOutsideBuffers = 2047;

// Names are process-wide in DPDK.
std::string Named(const char* what) {
  static int serial = 0;
  return std::string(what) + std::to_string(serial++);
}

rte_ring* MakeRing(std::uint32_t room) {
  rte_ring* ring = rte_ring_create(Named("wire").c_str(), room, SOCKET_ID_ANY,
                                   RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
  CHECK(ring != nullptr);
  return ring;
}

DataplaneConfig ConfigOf(const RingOptions& options, const GatewayScene& scene) {
  DataplaneConfig config;
  config.workers = options.workers;
  config.memory_mib = options.memory_mib;
  config.wan.addresses = scene.Wan().addresses;
  config.wan.next_hops = scene.Wan().next_hops;
  config.core.addresses = scene.Core().addresses;
  config.core.next_hops = scene.Core().next_hops;
  config.listen_port = kListenPort;
  config.max_sessions = 16;
  config.transports_per_session = 4;
  config.inner_v4_pool = *Prefix::Parse("10.64.0.0/16");
  config.inner_v6_pool = *Prefix::Parse("fd00:64::/64");
  config.token_instance = 0x1122'3344'5566'7788;
  return config;
}

}  // namespace

RingRig::RingRig(const RingOptions& options) : config(ConfigOf(options, scene)) {
  outside_ = rte_pktmbuf_pool_create(Named("outside").c_str(), kOutsideBuffers, 0, 0,
                                     RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
  CHECK(outside_ != nullptr);
  const std::uint32_t queues = options.queues == 0 ? options.workers : options.queues;
  wan_ = MakeWire(queues, options.tx_room);
  core_ = MakeWire(queues, options.tx_room);
  std::vector<Lane*> borrowed;
  for (std::uint32_t i = 0; i < options.workers; ++i) {
    lanes.push_back(std::make_unique<Lane>());
    borrowed.push_back(lanes.back().get());
  }
  DpdkDataplane::Ports ports;
  auto pools = PacketPools::Create(options.workers, options.memory_mib, 1522);
  CHECK(pools.ok());
  ports.pools = *std::move(pools);
  auto wan = Port::Adopt(wan_.port, {PortSide::kWan, options.workers, 1500}, *ports.pools);
  CHECK(wan.ok());
  ports.wan = *std::move(wan);
  auto core = Port::Adopt(core_.port, {PortSide::kCore, options.workers, 1500}, *ports.pools);
  CHECK(core.ok());
  ports.core = *std::move(core);
  auto made = DpdkDataplane::Assemble(config, borrowed, std::move(ports));
  CHECK(made.ok());
  dataplane = *std::move(made);
  scene.wan_mac = dataplane->mac(PortSide::kWan);
  scene.core_mac = dataplane->mac(PortSide::kCore);
}

RingRig::~RingRig() {
  dataplane.reset();
  for (const Wire* wire : {&wan_, &core_}) {
    for (const auto* rings : {&wire->in, &wire->out}) {
      for (rte_ring* ring : *rings) {
        void* left = nullptr;
        // Only buffers of the outside pool can still be read; those of the workers went with
        // theirs.
        while (rte_ring_sc_dequeue(ring, &left) == 0) {
        }
        rte_ring_free(ring);
      }
    }
  }
  rte_mempool_free(outside_);
}

RingRig::Wire RingRig::MakeWire(std::uint32_t queues, std::uint32_t tx_room) {
  Wire wire;
  for (std::uint32_t i = 0; i < queues; ++i) {
    wire.in.push_back(MakeRing(1023));
    wire.out.push_back(MakeRing(tx_room));
  }
  const int port =
      rte_eth_from_rings(Named("port").c_str(), wire.in.data(), queues, wire.out.data(), queues, 0);
  CHECK(port >= 0);
  wire.port = static_cast<std::uint16_t>(port);
  return wire;
}

rte_mbuf* RingRig::NewBuffer(const Bytes& frame) {
  rte_mbuf* buffer = rte_pktmbuf_alloc(outside_);
  CHECK(buffer != nullptr);
  char* to = rte_pktmbuf_append(buffer, static_cast<std::uint16_t>(frame.size()));
  CHECK(to != nullptr);
  std::copy(frame.begin(), frame.end(), to);
  return buffer;
}

void RingRig::ArriveBuffer(PortSide side, rte_mbuf* buffer, std::uint32_t queue) {
  CHECK(rte_ring_sp_enqueue(wire(side).in[queue], buffer) == 0);
}

void RingRig::Arrive(PortSide side, const Bytes& frame, std::uint32_t queue) {
  ArriveBuffer(side, NewBuffer(frame), queue);
}

std::vector<Bytes> RingRig::Sent(PortSide side, std::uint32_t queue) {
  std::vector<Bytes> frames;
  void* taken = nullptr;
  while (rte_ring_sc_dequeue(wire(side).out[queue], &taken) == 0) {
    auto* buffer = static_cast<rte_mbuf*>(taken);
    const auto* data = rte_pktmbuf_mtod(buffer, const std::uint8_t*);
    CHECK(rte_pktmbuf_pkt_len(buffer) == rte_pktmbuf_data_len(buffer));
    frames.emplace_back(data, data + rte_pktmbuf_pkt_len(buffer));
    rte_pktmbuf_free(buffer);
  }
  return frames;
}

void RingRig::Command(const WorkerCommand& command, std::uint32_t worker) {
  CHECK(lanes[worker]->commands.TryPush(command));
}

void RingRig::Install(const SessionProgram& program, WorkerId owner) {
  Command(program, Value(owner));
  for (std::uint32_t worker = 0; worker < config.workers; ++worker) {
    for (const auto& neighbor : scene.Neighbors()) Command(neighbor, worker);
    for (const auto& route : scene.Routes(program, owner)) Command(route, worker);
    while (!lanes[worker]->commands.Empty()) Poll(worker);
  }
}

std::uint64_t RingRig::DroppedInAll() const {
  std::uint64_t all = 0;
  for (std::uint32_t worker = 0; worker < config.workers; ++worker) {
    for (const Counter& counter : dataplane->stats(worker).drops) all += counter.Get();
  }
  return all;
}

std::int64_t RingRig::Balance() const {
  std::int64_t missing = kOutsideBuffers - std::int64_t{rte_mempool_avail_count(outside_)};
  for (std::uint32_t worker = 0; worker < config.workers; ++worker) {
    missing += std::int64_t{dataplane->pools().buffers_each()} -
               std::int64_t{rte_mempool_avail_count(dataplane->pools().of(worker))};
  }
  return missing;
}

}  // namespace jvpn::testing
