// Packet: one Ethernet frame in a buffer that somebody else owns, with room before and after it.
//
// Ownership  The burst functions work in place and leave their verdict in `fate`; the owner of the
//            buffer (a DPDK worker, or a simulator) then sends it, hands it over or frees it.
// Units      Lengths in bytes; `length` counts from the first byte of the Ethernet header.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "base/ids.h"
#include "channel/frame.h"
#include "channel/worker_stats.h"

namespace jvpn {

enum class Fate : std::uint8_t {
  kRelease,   // dropped and counted, or taken by value: free the buffer
  kTransmit,  // send it out of `side`
  kHandOver,  // to the worker `owner`; it arrives there as it came in here
};

struct Packet {
  std::uint8_t* data = nullptr;
  void* buffer = nullptr;  // the owner's handle
  std::uint16_t length = 0;
  std::uint16_t headroom = 0;
  std::uint16_t tailroom = 0;
  std::uint16_t vlan = 0;          // tag that the device took off the frame, 0 = none
  PortSide side = PortSide::kWan;  // where it came from; with kTransmit where it goes
  Fate fate = Fate::kRelease;
  WorkerId owner{};

  ByteView view() const { return {data, length}; }

  void Prepend(std::uint16_t bytes) {
    DCHECK(bytes <= headroom);
    data -= bytes;
    headroom = static_cast<std::uint16_t>(headroom - bytes);
    length = static_cast<std::uint16_t>(length + bytes);
  }
  void TrimFront(std::uint16_t bytes) {
    DCHECK(bytes <= length);
    data += bytes;
    headroom = static_cast<std::uint16_t>(headroom + bytes);
    length = static_cast<std::uint16_t>(length - bytes);
  }
  void SetLength(std::uint16_t bytes) {
    DCHECK(bytes <= length + tailroom);
    tailroom = static_cast<std::uint16_t>(length + tailroom - bytes);
    length = bytes;
  }
};

// Closes the gaps in a burst's list; where there is none, nothing is copied.
template <typename List>
void Keep(List& list, std::uint32_t to, std::uint32_t from) {
  if (to != from) list[to] = list[from];
}

inline void CountDrop(WorkerStats& stats, DropReason reason) {
  stats.drops[static_cast<std::size_t>(reason)].Add();
}
inline void Drop(Packet& packet, WorkerStats& stats, DropReason reason) {
  packet.fate = Fate::kRelease;
  CountDrop(stats, reason);
}

}  // namespace jvpn
