// InnerAddresses: which peer has which inner address.
//
// A peer keeps the address it had: a fixed one always, one from the pool as long as nobody else has
// to take it. Addresses never used go first, then the one that was given back longest ago.
//
// Ownership  The control core. Acquire and Release count: the old and the new session of a peer
// share
//            its addresses while one replaces the other.
// When full  Acquire says no; nothing is taken.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "control/control_config.h"
#include "wire/ip_address.h"

namespace jvpn {

// The addresses of one pool. Never handed out: the network itself, its first host (the gateway's
// own), in IPv4 the broadcast address, and what is reserved.
class AddressPool {
 public:
  AddressPool(const Prefix& pool, absl::flat_hash_set<IpAddress> reserved);

  // `previous`: what this owner had before, preferred if it is free.
  std::optional<IpAddress> Take(const std::optional<IpAddress>& previous);
  // Takes this one if it is free. REQUIRES: nobody has it by Take().
  bool Claim(const IpAddress& address);
  void GiveBack(const IpAddress& address);

 private:
  IpAddress At(std::uint64_t offset) const;

  Prefix network_;
  std::uint64_t next_ = 0;  // offset of the next address never used
  std::uint64_t end_ = 0;
  absl::flat_hash_set<IpAddress> claimed_;  // ever: Take() goes past them
  absl::flat_hash_set<IpAddress> reserved_;
  std::deque<IpAddress> returned_;  // oldest first; an entry that is not in free_ is stale
  absl::flat_hash_set<IpAddress> free_;
};

struct InnerPair {
  IpAddress v4;  // family kNone = none
  IpAddress v6;
};

class InnerAddresses {
 public:
  explicit InnerAddresses(const ControlConfig& config);

  // The peer's addresses; nullopt when it would have none at all, or its pool is used up.
  std::optional<InnerPair> Acquire(std::size_t peer);
  // The addresses that its session had in an earlier process. False: the configuration gives the
  // peer others now, or somebody else has them.
  bool Reclaim(std::size_t peer, const InnerPair& pair);
  void Release(std::size_t peer);

 private:
  struct Owner {
    IpAddress fixed_v4;
    IpAddress fixed_v6;
    std::optional<IpAddress> last_v4;  // from the pool
    std::optional<IpAddress> last_v6;
    std::uint32_t users = 0;
  };

  std::vector<Owner> owners_;
  std::optional<AddressPool> v4_;
  std::optional<AddressPool> v6_;
};

}  // namespace jvpn
