#include "bench/ring_gateway.h"

#include <rte_cycles.h>
#include <rte_eth_ring.h>
#include <rte_mbuf.h>

#include <bit>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace jvpn {
namespace {

constexpr std::uint16_t kMtu = 1500;
constexpr std::uint32_t kMemoryMib = 64;

DataplaneConfig ConfigFor(std::uint32_t sessions) {
  const BenchAddresses addresses = BenchAddresses::Make();
  DataplaneConfig config;
  config.wan.addresses = {addresses.wan};
  config.core.addresses = {addresses.core};
  config.listen_port = kBenchPort;
  config.max_sessions = std::bit_ceil(sessions);
  config.transports_per_session = kBenchTransports;
  config.inner_v4_pool = addresses.inner_pool;
  return config;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RingGateway>> RingGateway::Create(const Traffic& traffic,
                                                                 std::uint32_t sessions) {
  std::unique_ptr<RingGateway> gateway(new RingGateway());
  if (absl::Status rings = gateway->MakeRings(); !rings.ok()) return rings;
  auto pools = PacketPools::Create(1, kMemoryMib, kMtu + 22);
  if (!pools.ok()) return pools.status();
  auto wan = gateway->MakePort(PortSide::kWan, **pools);
  if (!wan.ok()) return wan.status();
  auto core = gateway->MakePort(PortSide::kCore, **pools);
  if (!core.ok()) return core.status();
  DpdkDataplane::Ports ports;
  ports.pools = *std::move(pools);
  ports.wan = *std::move(wan);
  ports.core = *std::move(core);
  auto dataplane =
      DpdkDataplane::Assemble(ConfigFor(sessions), {&gateway->lane_}, std::move(ports));
  if (!dataplane.ok()) return dataplane.status();
  gateway->dataplane_ = *std::move(dataplane);
  if (absl::Status status = gateway->Program(traffic, sessions); !status.ok()) return status;
  return gateway;
}

RingGateway::~RingGateway() {
  if (dataplane_ != nullptr) dataplane_->Stop();
  for (Side& side : sides_) {
    rte_ring_free(side.rx);
    rte_ring_free(side.tx);
  }
}

absl::Status RingGateway::MakeRings() {
  for (const PortSide which : {PortSide::kWan, PortSide::kCore}) {
    const std::string name = absl::StrCat("bench_", static_cast<int>(which));
    const auto make = [&](const char* end) {
      return rte_ring_create(absl::StrCat(name, end).c_str(), kRingSlots, SOCKET_ID_ANY,
                             RING_F_SP_ENQ | RING_F_SC_DEQ);
    };
    side(which) = {.rx = make("_rx"), .tx = make("_tx")};
    if (side(which).rx == nullptr || side(which).tx == nullptr) {
      return absl::ResourceExhaustedError("no memory for the benchmark's rings");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Port>> RingGateway::MakePort(PortSide which,
                                                            const PacketPools& pools) {
  static int devices = 0;  // names must differ over the life of the process
  const Side& ends = side(which);
  const int id = rte_eth_from_rings(absl::StrCat("bench", devices++).c_str(), &ends.rx, 1, &ends.tx,
                                    1, SOCKET_ID_ANY);
  if (id < 0) return absl::InternalError("DPDK makes no device from rings");
  return Port::Adopt(static_cast<std::uint16_t>(id), {which, 1, kMtu}, pools);
}

void RingGateway::Send(const WorkerCommand& command) {
  while (!lane_.commands.TryPush(command)) {
    dataplane_->worker(0).PollOnce(now_);
    DrainLane();
  }
}

absl::Status RingGateway::Program(const Traffic& traffic, std::uint32_t sessions) {
  now_ = Instant(std::chrono::hours(1));
  Send(NeighborProgram{.id = NeighborId{0},
                       .side = PortSide::kWan,
                       .address = BenchAddresses::Make().client,
                       .mac = kRouterMac});
  Send(NeighborProgram{.id = NeighborId{1},
                       .side = PortSide::kCore,
                       .address = BenchAddresses::Make().server,
                       .mac = kRouterMac});
  std::uint64_t generation = 0;
  for (std::uint32_t i = 0; i < sessions; ++i) {
    Send(traffic.ProgramOf(i, Generation{++generation}));
    Send(traffic.RouteOf(i, Generation{++generation}));
  }
  while (!lane_.commands.Empty()) {
    dataplane_->worker(0).PollOnce(now_);
    DrainLane();
  }
  return absl::OkStatus();
}

void RingGateway::DrainLane() {
  HealthSignal signal;
  while (lane_.signals.TryPop(signal)) {
  }
  UpFrame frame;
  while (lane_.frames.TryPop(frame)) {
  }
  while (lane_.handshakes.TryPop(frame)) {
  }
}

void RingGateway::PollUntil(const rte_ring* out, unsigned count) {
  Worker& worker = dataplane_->worker(0);
  for (unsigned turns = 0; rte_ring_count(out) < count; ++turns) {
    CHECK(turns < 10 * kRingSlots);  // a frame was dropped
    worker.PollOnce(now_);
  }
}

std::uint64_t RingGateway::Pass(PortSide in, std::span<rte_mbuf*> frames, std::uint32_t warm_up) {
  CHECK(frames.size() < kRingSlots);
  const Side& out = side(in == PortSide::kWan ? PortSide::kCore : PortSide::kWan);
  const auto count = static_cast<unsigned>(frames.size());
  void* const* pointers = reinterpret_cast<void* const*>(frames.data());
  CHECK(rte_ring_enqueue_bulk(side(in).rx, pointers, count, nullptr) == count);

  PollUntil(out.tx, warm_up);
  const std::uint64_t begin = rte_rdtsc_precise();
  PollUntil(out.tx, count);
  const std::uint64_t ticks = rte_rdtsc_precise() - begin;

  now_ += std::chrono::microseconds(100);
  DrainLane();
  void* sent[kRingSlots];
  CHECK(rte_ring_dequeue_bulk(out.tx, sent, count, nullptr) == count);
  rte_pktmbuf_free_bulk(reinterpret_cast<rte_mbuf**>(sent), count);
  return ticks;
}

}  // namespace jvpn
