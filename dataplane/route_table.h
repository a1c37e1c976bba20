// RouteTable: inner destination -> owner worker and session slot. Each worker has its own copy.
//
// Addresses of the two pools are indexed directly, by distance from the pool's first address; other
// prefixes lie in one hash table a length, searched longest first.
// Ownership  One worker. A program may allocate; a lookup never does.
// When wrong A prefix inside a pool that is not a host, or beyond the indexed part, goes to the
// hash
//            tables as any other.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "channel/worker_command.h"
#include "dataplane/prefix_match.h"
#include "dataplane/table_memory.h"

namespace jvpn {

struct Route {
  WorkerId owner{};
  SessionSlot session{};
};

class RouteTable {
 public:
  // `hosts`: how many sessions there can be on all workers, which bounds what is worth indexing.
  static absl::StatusOr<RouteTable> Create(const Prefix& v4_pool, const Prefix& v6_pool,
                                           std::uint64_t hosts, bool hugepages);

  void Apply(const RouteProgram& program);

  // `address`: 4 or 16 bytes, network order.
  bool Find(IpFamily family, const std::uint8_t* address, Route& route) const;
  void Prefetch(IpFamily family, const std::uint8_t* address) const;
  // True when the address lies in a pool, whether or not a session has it.
  bool InPool(IpFamily family, const std::uint8_t* address) const;

 private:
  // owner (8) | slot + 1 (24): 0 is no route.
  using Packed = std::uint32_t;
  using ByAddress = absl::flat_hash_map<IpAddress, Packed>;
  // A length that has routes, longest first.
  using ByLength = std::map<std::uint8_t, ByAddress, std::greater<>>;

  class Pool {
   public:
    Pool() = default;
    Pool(const Prefix& prefix, TableMemory memory);
    // The entry of an address, nullptr when it is not indexed.
    Packed* At(const std::uint8_t* address) const;
    bool Contains(const std::uint8_t* address) const { return match_.Contains(address); }

   private:
    PrefixMatch match_;
    std::uint64_t hosts_ = 0;  // indexed
    TableMemory memory_;
  };

  static absl::StatusOr<Pool> MakePool(const Prefix& prefix, std::uint64_t hosts, bool hugepages);
  const Pool& pool(IpFamily family) const { return family == IpFamily::kV4 ? v4_ : v6_; }

  Pool v4_;
  Pool v6_;
  ByLength v4_prefixes_;
  ByLength v6_prefixes_;
};

}  // namespace jvpn
