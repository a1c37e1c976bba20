// Every bound of the system, with its reason; relations between bounds are asserted here.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace jvpn {

// Transports of one session: the bound one and at most 16 candidates (policy
// transport.max_candidate_count). A gateway may carry fewer, to save memory.
inline constexpr std::uint32_t kMaxTransports = 17;

// Workers of one gateway: 8 bits of the flow index name the owner.
inline constexpr std::uint32_t kMaxWorkers = 32;
static_assert(kMaxWorkers <= 256, "the owner's field in a flow index has 8 bits");

// Packets a worker takes in one turn. More would delay the commands that wait behind the burst;
// less would waste the batch.
inline constexpr std::uint32_t kBurstPackets = 32;

// The largest UDP payload that crosses a lane by value: a handshake, a session control packet, a
// padded challenge or a frame for the gateway's own address. Everything longer is dropped, counted.
inline constexpr std::size_t kMaxLaneFrame = 1500;

// Lane depth. Commands and frames are repaired from state or resent by the peer, so a full ring
// costs time and never truth; these sizes absorb the burst of one busy turn.
inline constexpr std::uint32_t kLaneCommands = 1024;
inline constexpr std::uint32_t kLaneFrames = 512;
inline constexpr std::uint32_t kLaneSignals = 4096;
// A ring of its own: whoever floods inits takes no room from sessions. Deep enough for what comes
// while the control core works off one turn's share.
inline constexpr std::uint32_t kLaneHandshakes = 256;
static_assert(std::has_single_bit(kLaneCommands) && std::has_single_bit(kLaneFrames) &&
                  std::has_single_bit(kLaneSignals) && std::has_single_bit(kLaneHandshakes),
              "SpscRing masks its index");

// Allowed inner sources of a peer beyond its own two addresses.
inline constexpr std::size_t kMaxAllowedPrefixes = 4;

// Routes that a gateway pushes to a client; keeps a handshake response within
// kMaxHandshakeResponse.
inline constexpr std::size_t kMaxPushedRoutes = 24;

// While no transport is bound, a client holds at most this many inner packets, this long
// (requirements 2: "at most 64 packets are held for at most 200 ms").
inline constexpr std::size_t kHeldPackets = 64;
inline constexpr int kHoldMs = 200;

// A padded path challenge: proves that the path carries a full-sized packet, and keeps any answer
// of ours below what was received (docs/wire.md 5.3).
inline constexpr std::size_t kPathChallengeBytes = 1200;
static_assert(kPathChallengeBytes <= kMaxLaneFrame);

}  // namespace jvpn
