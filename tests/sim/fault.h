// Fault: what can go wrong in a simulated run. One list gives the enum, the name and the weight.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace jvpn::sim {

// X(enumerator, "name", weight): how often a schedule draws it, against the others.
#define JVPN_SIM_FAULTS(X)                       \
  X(kLoss, "loss", 6)                            \
  X(kBurstLoss, "burst_loss", 4)                 \
  X(kLossOfLarge, "loss_of_large", 2)            \
  X(kDelay, "delay", 4)                          \
  X(kJitter, "jitter", 3)                        \
  X(kReorder, "reorder", 3)                      \
  X(kDuplicate, "duplicate", 3)                  \
  X(kCorrupt, "corrupt", 3)                      \
  X(kTruncate, "truncate", 2)                    \
  X(kBlackhole, "blackhole", 14)                 \
  X(kBlackholeUp, "blackhole_up", 6)             \
  X(kBlackholeDown, "blackhole_down", 6)         \
  X(kLinkDown, "link_down", 10)                  \
  X(kSendRefused, "send_refused", 3)             \
  X(kFlap, "flap", 4)                            \
  X(kBlackout, "blackout", 4)                    \
  X(kRebind, "rebind", 5)                        \
  X(kMove, "move", 4)                            \
  X(kHold, "hold", 4)                            \
  X(kDropControl, "drop_control", 5)             \
  X(kHoldControl, "hold_control", 4)             \
  X(kDropHandshake, "drop_handshake", 2)         \
  X(kReplay, "replay", 3)                        \
  X(kReplayElsewhere, "replay_elsewhere", 3)     \
  X(kInject, "inject", 3)                        \
  X(kSpoof, "spoof", 3)                          \
  X(kPortDown, "port_down", 2)                   \
  X(kControlStall, "control_stall", 3)           \
  X(kWorkerStall, "worker_stall", 3)             \
  X(kClientStall, "client_stall", 3)             \
  X(kClientRestart, "client_restart", 2)         \
  X(kClientTerminate, "client_terminate", 1)     \
  X(kOperatorTerminate, "operator_terminate", 1) \
  X(kPolicyReload, "policy_reload", 6)           \
  X(kGatewayStop, "gateway_stop", 1)             \
  X(kGatewayRestart, "gateway_restart", 8)       \
  X(kStoreFails, "store_fails", 2)               \
  X(kStoreStalls, "store_stalls", 2)             \
  X(kStoreTears, "store_tears", 2)               \
  X(kNeighborSilent, "neighbor_silent", 2)       \
  X(kTraffic, "traffic", 3)

enum class Fault : std::uint8_t {
#define X(enumerator, name, weight) enumerator,
  JVPN_SIM_FAULTS(X)
#undef X
};

inline constexpr auto kFaultNames = std::to_array<std::string_view>({
#define X(enumerator, name, weight) name,
    JVPN_SIM_FAULTS(X)
#undef X
});
inline constexpr auto kFaultWeights = std::to_array<std::uint32_t>({
#define X(enumerator, name, weight) weight,
    JVPN_SIM_FAULTS(X)
#undef X
});
inline constexpr std::size_t kFaults = kFaultNames.size();

constexpr std::string_view Name(Fault fault) {
  return kFaultNames[static_cast<std::size_t>(fault)];
}

}  // namespace jvpn::sim
