#include "dataplane/neighbor_table.h"

#include "base/check.h"

namespace jvpn {

NeighborTable::NeighborTable(const ForwarderConfig& config) {
  for (const PortSide which : {PortSide::kWan, PortSide::kCore}) {
    Side& to = side(which);
    for (const Prefix& own : config.side(which).addresses) to.on_link.emplace_back(own);
    to.by_address.reserve(kMaxNeighbors);
    for (const IpAddress& hop : config.side(which).next_hops) {
      (hop.is_v4() ? to.next_hop_v4 : to.next_hop_v6) = hop;
    }
  }
}

void NeighborTable::Apply(const NeighborProgram& program) {
  const auto index = static_cast<std::size_t>(program.id);
  CHECK(index < entries_.size());
  Entry& entry = entries_[index];
  // An id may be given to another address; the old one must not find it any more.
  auto& old_names = side(entry.side).by_address;
  const auto old = old_names.find(entry.address);
  if (old != old_names.end() && old->second == program.id) old_names.erase(old);
  entry = {program.side, program.address, program.mac};
  if (!program.address.is_none()) side(program.side).by_address[program.address] = program.id;
  for (Side& to : sides_) {
    to.recent.fill({});
    to.next_hop_v4_id = IdOf(to, to.next_hop_v4);
    to.next_hop_v6_id = IdOf(to, to.next_hop_v6);
  }
}

NeighborId NeighborTable::IdOf(const Side& side, const IpAddress& address) {
  const auto found = side.by_address.find(address);
  return found == side.by_address.end() ? NeighborId::kNone : found->second;
}

NeighborTable::Hop NeighborTable::Resolve(PortSide which, IpFamily family,
                                          const std::uint8_t* address) const {
  const Side& from = side(which);
  for (const PrefixMatch& link : from.on_link) {
    if (link.family() != family || !link.Contains(address)) continue;
    const IpAddress to =
        family == IpFamily::kV4 ? IpAddress::V4({address, 4}) : IpAddress::V6({address, 16});
    return {Find(IdOf(from, to)), to};
  }
  const bool v4 = family == IpFamily::kV4;
  return {Find(v4 ? from.next_hop_v4_id : from.next_hop_v6_id),
          v4 ? from.next_hop_v4 : from.next_hop_v6};
}

}  // namespace jvpn
