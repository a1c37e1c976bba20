#include "bench/dataplane_bench.h"

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <random>
#include <span>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "bench/bare_loop.h"
#include "bench/paired.h"
#include "bench/ring_gateway.h"
#include "channel/worker_command.h"
#include "crypto/sodium_random.h"

namespace jvpn {
namespace {

// Frames of one pass. Making them leaves the CPU with the maker's lines and branches; the first
// ones, not timed, bring back those of the loop, as in a forwarder that never stops.
constexpr std::uint32_t kFrames = 768;
constexpr std::uint32_t kWarmUp = 256;
constexpr std::uint32_t kTimed = kFrames - kWarmUp;
static_assert(kWarmUp % kBurstPackets == 0);

// The same buffers, filled in the same way, for the gateway's windows and the base's.
class Bed {
 public:
  Bed(Suite suite, std::uint32_t sessions, AeadEngine& engine, Random& random)
      : traffic_(suite, sessions, FlowTableSlots(std::bit_ceil(sessions), kBenchTransports), engine,
                 random),
        sessions_(sessions) {}

  absl::Status Start() {
    auto gateway = RingGateway::Create(traffic_, sessions_);
    if (!gateway.ok()) return gateway.status();
    gateway_ = *std::move(gateway);
    return absl::OkStatus();
  }

  double GatewayPass(PortSide in, std::uint16_t size) {
    Fill(in, size);
    return PerPacket(gateway_->Pass(in, frames_, kWarmUp));
  }

  double BarePass(BareLoop& bare, PortSide in, std::uint16_t size) {
    Fill(in, size);
    std::array<std::uint8_t*, kFrames> tunnels;
    for (std::uint32_t i = 0; i < kFrames; ++i) {
      tunnels[i] = rte_pktmbuf_mtod(frames_[i], std::uint8_t*);
      if (in == PortSide::kWan) tunnels[i] += Traffic::kTunnelOffset;
    }
    const std::span<std::uint8_t* const> all(tunnels);
    const auto run = [&](std::span<std::uint8_t* const> some) {
      return in == PortSide::kWan ? bare.Open(some, size) : bare.Seal(some, size);
    };
    run(all.first(kWarmUp));
    const std::uint64_t begin = rte_rdtsc_precise();
    run(all.subspan(kWarmUp));
    const std::uint64_t ticks = rte_rdtsc_precise() - begin;
    rte_pktmbuf_free_bulk(frames_.data(), kFrames);
    return PerPacket(ticks);
  }

 private:
  static double PerPacket(std::uint64_t ticks) { return static_cast<double>(ticks) / kTimed; }

  void Fill(PortSide in, std::uint16_t size) {
    CHECK(rte_pktmbuf_alloc_bulk(gateway_->pool(), frames_.data(), kFrames) == 0);
    for (rte_mbuf* frame : frames_) {
      auto* data = rte_pktmbuf_mtod(frame, std::uint8_t*);
      const auto session = static_cast<std::uint32_t>(order_() % sessions_);
      const std::uint16_t length = in == PortSide::kWan
                                       ? traffic_.UplinkFrame(session, size, data)
                                       : traffic_.DownlinkFrame(session, size, data);
      std::ranges::copy(gateway_->mac(in).bytes, data);
      frame->data_len = length;
      frame->pkt_len = length;
    }
  }

  Traffic traffic_;
  const std::uint32_t sessions_;
  std::mt19937 order_{1};  // the same in every run
  std::unique_ptr<RingGateway> gateway_;
  std::array<rte_mbuf*, kFrames> frames_{};
};

void AppendRows(const std::string& name, std::uint16_t size, const PairedResult& result,
                std::vector<ResultRow>& rows) {
  if (size <= 128) {
    rows.push_back({name + ".cost", result.ratio, "gateway/bare", "lower", result.ratio_p25,
                    result.ratio_p75});
  } else {
    rows.push_back({name + ".efficiency", 1 / result.ratio, "bare/gateway", "higher",
                    1 / result.ratio_p75, 1 / result.ratio_p25});
  }
  rows.push_back({name + ".cycles", result.a_cycles, "TSC cycles/packet", "lower", result.a_cycles,
                  result.a_cycles});
  rows.push_back({name + ".bare_cycles", result.b_cycles, "TSC cycles/packet", "lower",
                  result.b_cycles, result.b_cycles});
}

}  // namespace

absl::StatusOr<std::vector<ResultRow>> RunDataplaneBench(const DataplaneBench& bench) {
  auto engine = AeadEngine::Create(AeadEngine::Sharing::kProcess);
  if (!engine.ok()) return engine.status();
  SodiumRandom random;
  std::vector<ResultRow> rows;
  for (const Suite suite : bench.suites) {
    Secret32 hot_key;
    random.Fill(hot_key.writable());
    BareLoop bare(suite, hot_key);
    Bed bed(suite, bench.sessions, **engine, random);
    if (absl::Status started = bed.Start(); !started.ok()) return started;
    for (const PortSide in : {PortSide::kWan, PortSide::kCore}) {
      for (const std::uint16_t size : bench.sizes) {
        const std::string name = absl::StrCat(in == PortSide::kWan ? "uplink." : "downlink.",
                                              std::string(Name(suite)), ".", size);
        const PairedResult result =
            MeasurePaired([&] { return bed.GatewayPass(in, size); },
                          [&] { return bed.BarePass(bare, in, size); }, bench.quads);
        std::fprintf(stderr, "%-32s %3u quads, %u of %u passes disturbed\n", name.c_str(),
                     result.quads, result.disturbed, result.passes);
        if (result.quads == 0) {
          return absl::UnavailableError(
              "nearly every pass was disturbed: something else needs this CPU; try again");
        }
        AppendRows(name, size, result, rows);
      }
    }
  }
  return rows;
}

}  // namespace jvpn
