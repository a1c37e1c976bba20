#include "dataplane/route_table.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace jvpn {
namespace {

std::uint8_t Bits(IpFamily family) { return family == IpFamily::kV4 ? 32 : 128; }

IpAddress ToAddress(IpFamily family, const std::uint8_t* address) {
  return family == IpFamily::kV4 ? IpAddress::V4({address, 4}) : IpAddress::V6({address, 16});
}

}  // namespace

RouteTable::Pool::Pool(const Prefix& prefix, TableMemory memory)
    : match_(prefix), hosts_(memory.size() / sizeof(Packed)), memory_(std::move(memory)) {}

RouteTable::Packed* RouteTable::Pool::At(const std::uint8_t* address) const {
  if (!Contains(address)) return nullptr;
  std::uint64_t low = 0;
  if (match_.family() == IpFamily::kV4) {
    low = LoadBe32(address);
  } else {
    // A pool shorter than /64 indexes the first addresses of its first /64.
    if (LoadBe64(address) != match_.high()) return nullptr;
    low = LoadBe64(address + 8);
  }
  const std::uint64_t distance = low - match_.low();
  if (distance >= hosts_) return nullptr;
  return reinterpret_cast<Packed*>(memory_.at()) + distance;
}

absl::StatusOr<RouteTable::Pool> RouteTable::MakePool(const Prefix& prefix, std::uint64_t hosts,
                                                      bool hugepages) {
  if (prefix.address.is_none()) return Pool();
  const std::uint32_t host_bits = std::uint32_t{Bits(prefix.address.family)} -
                                  std::min(prefix.length, Bits(prefix.address.family));
  // Four times the sessions: room for addresses that are skipped or held back after a session
  // ended.
  const std::uint64_t worth = std::bit_ceil(hosts * 4);
  const std::uint64_t indexed =
      host_bits < 63 ? std::min(worth, std::uint64_t{1} << host_bits) : worth;
  auto memory = TableMemory::Take(indexed * sizeof(Packed), hugepages, "table of inner addresses");
  if (!memory.ok()) return memory.status();
  return Pool(prefix, *std::move(memory));
}

absl::StatusOr<RouteTable> RouteTable::Create(const Prefix& v4_pool, const Prefix& v6_pool,
                                              std::uint64_t hosts, bool hugepages) {
  RouteTable table;
  auto v4 = MakePool(v4_pool, hosts, hugepages);
  if (!v4.ok()) return v4.status();
  auto v6 = MakePool(v6_pool, hosts, hugepages);
  if (!v6.ok()) return v6.status();
  table.v4_ = *std::move(v4);
  table.v6_ = *std::move(v6);
  return table;
}

void RouteTable::Apply(const RouteProgram& program) {
  const Prefix network = program.destination.Network();
  const IpFamily family = network.address.family;
  if (family == IpFamily::kNone) return;
  CHECK(Value(program.session) < (1U << 24) - 1);
  const Packed packed =
      program.present ? std::uint32_t{Value(program.owner)} << 24 | (Value(program.session) + 1)
                      : 0;
  if (network.length == Bits(family)) {
    if (Packed* entry = pool(family).At(network.address.bytes.data()); entry != nullptr) {
      *entry = packed;
      return;
    }
  }
  ByLength& lengths = family == IpFamily::kV4 ? v4_prefixes_ : v6_prefixes_;
  if (program.present) {
    lengths[network.length][network.address] = packed;
    return;
  }
  const auto of_length = lengths.find(network.length);
  if (of_length == lengths.end()) return;
  of_length->second.erase(network.address);
  if (of_length->second.empty()) lengths.erase(of_length);
}

bool RouteTable::Find(IpFamily family, const std::uint8_t* address, Route& route) const {
  Packed found = 0;
  if (const Packed* entry = pool(family).At(address); entry != nullptr) found = *entry;
  const ByLength& lengths = family == IpFamily::kV4 ? v4_prefixes_ : v6_prefixes_;
  if (found == 0 && !lengths.empty()) {
    const IpAddress whole = ToAddress(family, address);
    for (const auto& [length, routes] : lengths) {
      const auto at = routes.find(Prefix{whole, length}.Network().address);
      if (at == routes.end()) continue;
      found = at->second;
      break;
    }
  }
  if (found == 0) return false;
  route = {WorkerId{static_cast<std::uint8_t>(found >> 24)},
           SessionSlot{(found & 0x00ff'ffffU) - 1}};
  return true;
}

void RouteTable::Prefetch(IpFamily family, const std::uint8_t* address) const {
  if (const Packed* entry = pool(family).At(address); entry != nullptr) __builtin_prefetch(entry);
}

bool RouteTable::InPool(IpFamily family, const std::uint8_t* address) const {
  return pool(family).Contains(address);
}

}  // namespace jvpn
