// Frames that cross a lane by value: what a worker cannot answer alone, and what the control core
// says.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/check.h"
#include "base/ids.h"
#include "base/limits.h"
#include "wire/ip_address.h"

namespace jvpn {

enum class PortSide : std::uint8_t { kWan = 0, kCore = 1 };

// At most kMaxLaneFrame bytes; a copy moves only the first `size`, the rest means nothing.
struct FrameBytes {
  std::uint16_t size = 0;
  std::array<std::uint8_t, kMaxLaneFrame> bytes;

  FrameBytes() = default;
  FrameBytes(const FrameBytes& from) { *this = from; }
  FrameBytes& operator=(const FrameBytes& from) {
    size = from.size;
    std::copy_n(from.bytes.begin(), size, bytes.begin());
    return *this;
  }
  // False, and unchanged, when `from` does not fit.
  bool Assign(std::span<const std::uint8_t> from) {
    if (from.size() > kMaxLaneFrame) return false;
    size = static_cast<std::uint16_t>(from.size());
    std::copy(from.begin(), from.end(), bytes.begin());
    return true;
  }
  std::span<const std::uint8_t> view() const { return {bytes.data(), size}; }
};

// Worker -> control core.
struct UpFrame {
  enum class Kind : std::uint8_t {
    kNone,
    kDatagram,    // a UDP payload for the tunnel port, not opened: session control, or, in the ring
                  // of its own, a handshake init
    kPathFrames,  // an opened, authenticated plaintext with a challenge or a response in it
    kLink,        // a whole Ethernet frame for one of our own addresses: ARP, ND, ICMP echo;
            // or one inner packet that is too big (kInnerTooBig), as received on the core side
  };
  Kind kind = Kind::kNone;
  PortSide side = PortSide::kWan;
  MacAddress source_mac;  // kDatagram: an answer goes back to where the frame came from
  Endpoint remote;        // kDatagram, kPathFrames
  Endpoint local;         // kDatagram, kPathFrames: which of our addresses it came to
  SessionSlot session{};  // kPathFrames
  TransportId transport = TransportId::kNone;  // kPathFrames
  bool highest = false;  // kPathFrames: the frame had the greatest counter of its transport
  FrameBytes bytes;
};

// Names an entry of the worker's table of link addresses; the control core resolves, the worker
// only indexes. kNone: no next hop, packets are dropped as kNoNeighbor.
enum class NeighborId : std::uint16_t { kNone = 0xffff };
inline constexpr std::size_t kMaxNeighbors = 1024;

// Control core -> worker: send this.
struct SendLink {  // a whole Ethernet frame, as it stands (without VLAN tag; the worker adds that)
  PortSide side = PortSide::kWan;
  FrameBytes frame;
};
struct SendSealed {  // a plaintext of path frames, to be sealed on the session's transport
  SessionSlot session{};
  Generation generation{};  // of the program it belongs to; an older slab drops it
  TransportId transport = TransportId::kNone;
  Endpoint remote;  // may differ from the transport's own: a challenge to a new address
  Endpoint local;
  NeighborId next_hop = NeighborId::kNone;  // towards `remote`
  FrameBytes plaintext;
};

}  // namespace jvpn
