// NeighborTable: link addresses, as the control core resolved them, by id and by address.
//
// Ownership  One worker. The control core assigns ids (NeighborProgram) and answers kNeedNeighbor.
// When wrong An address that is not resolved gives a null link address; the packet is dropped as
//            kNoNeighbor and the address asked for, at a bounded rate.
#pragma once

#include <array>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "channel/worker_command.h"
#include "dataplane/forwarder_config.h"
#include "dataplane/prefix_match.h"

namespace jvpn {

class NeighborTable {
 public:
  explicit NeighborTable(const ForwarderConfig& config);

  void Apply(const NeighborProgram& program);

  // The link address of an id; nullptr while it is not resolved.
  const MacAddress* Find(NeighborId id) const {
    const auto index = static_cast<std::size_t>(id);
    if (index >= entries_.size() || entries_[index].mac.is_zero()) return nullptr;
    return &entries_[index].mac;
  }

  // Where a packet for `address` leaves `side`: the address itself if it is on-link, else the next
  // hop of its family.
  struct Hop {
    const MacAddress* mac = nullptr;  // nullptr: not resolved
    IpAddress address;                // whose link address that is; family kNone: no way there
  };
  Hop Resolve(PortSide side, IpFamily family, const std::uint8_t* address) const;

  // Resolve() for the packet path: few destinations get most packets, and what was resolved last
  // for one of them needs no hashing. nullptr: ask Resolve() why.
  const MacAddress* Link(PortSide which, IpFamily family, const std::uint8_t* address) {
    const Name name = NameOf(family, address);
    Recent& recent = side(which).recent[name.low % kRecent];
    if (recent.mac == nullptr || recent.name != name) [[unlikely]] {
      recent = {name, Resolve(which, family, address).mac};
    }
    return recent.mac;
  }

 private:
  static constexpr std::size_t kRecent = 64;
  // An address as numbers, quickly made and compared.
  struct Name {
    IpFamily family = IpFamily::kNone;
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    friend bool operator==(const Name&, const Name&) = default;
  };
  static Name NameOf(IpFamily family, const std::uint8_t* address) {
    if (family == IpFamily::kV4) return {family, 0, LoadBe32(address)};
    return {family, LoadBe64(address), LoadBe64(address + 8)};
  }
  struct Recent {
    Name name;
    const MacAddress* mac = nullptr;
  };

  struct Entry {
    PortSide side = PortSide::kWan;
    IpAddress address;
    MacAddress mac;
  };
  struct Side {
    std::vector<PrefixMatch> on_link;
    IpAddress next_hop_v4;
    IpAddress next_hop_v6;
    NeighborId next_hop_v4_id = NeighborId::kNone;
    NeighborId next_hop_v6_id = NeighborId::kNone;
    absl::flat_hash_map<IpAddress, NeighborId> by_address;
    std::array<Recent, kRecent> recent{};  // empty after every change
  };

  Side& side(PortSide which) { return sides_[static_cast<std::size_t>(which)]; }
  const Side& side(PortSide which) const { return sides_[static_cast<std::size_t>(which)]; }
  static NeighborId IdOf(const Side& side, const IpAddress& address);

  std::array<Side, 2> sides_;
  std::array<Entry, kMaxNeighbors> entries_;
};

}  // namespace jvpn
