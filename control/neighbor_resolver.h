// NeighborResolver: link addresses of the gateway's next hops, by ARP and neighbor discovery.
//
// Pure: it says what to ask (requests) and what changed (programs); somebody else sends. An entry
// is asked for at once, again with growing pauses until it answers, and refreshed while it is
// known; after three unanswered refreshes it counts as unresolved again.
//
// Ownership  The control core. A NeighborId stays valid while it is held (Acquire/Release).
// When full  An entry that nobody holds makes room, unresolved before resolved, oldest first; else
//            kNone.
// Source     RFC 826; RFC 4861, 7.2 and 7.3, in its useful part.
#pragma once

#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/time.h"
#include "channel/worker_command.h"

namespace jvpn {

struct NeighborRequest {
  PortSide side = PortSide::kWan;
  IpAddress target;
};

class NeighborResolver {
 public:
  // Resolves `address` from now on and keeps it fresh while anybody holds it.
  NeighborId Acquire(PortSide side, const IpAddress& address, Instant now);
  void Release(NeighborId id);
  // The same for nobody in particular: the entry may go when room is needed.
  NeighborId Want(PortSide side, const IpAddress& address, Instant now);
  // A neighbor said this of itself. Only what we asked for is believed.
  void Heard(PortSide side, const IpAddress& address, const MacAddress& mac, Instant now);

  // Zero while it is not resolved.
  MacAddress Find(NeighborId id) const;

  // Appends what is to be asked now.
  void Turn(Instant now, std::vector<NeighborRequest>& requests);
  Instant NextDeadline() const { return next_deadline_; }
  // Takes the entries whose program has changed since the last call.
  std::vector<NeighborProgram> TakeChanges();

 private:
  struct Entry {
    PortSide side = PortSide::kWan;
    IpAddress address{};
    MacAddress mac{};
    std::uint32_t holders = 0;
    std::uint32_t unanswered = 0;  // requests since it was last heard
    Instant wanted_at{};
    Instant ask_at{};
    bool changed = false;
  };
  struct Key {
    PortSide side;
    IpAddress address;
    friend bool operator==(const Key&, const Key&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Key& key) {
      return H::combine(std::move(h), key.side, key.address);
    }
  };

  std::optional<std::size_t> Place(PortSide side, const IpAddress& address, Instant now);
  std::optional<std::size_t> Room();
  void Ask(Entry& entry, Instant now, std::vector<NeighborRequest>& requests);
  void Change(std::size_t index);

  std::vector<Entry> entries_;
  absl::flat_hash_map<Key, std::size_t> by_address_;
  std::vector<std::size_t> changed_;
  Instant next_deadline_ = Instant::max();
};

}  // namespace jvpn
