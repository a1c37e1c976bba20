#include "control/inner_addresses.h"

#include <algorithm>

#include "base/check.h"

namespace jvpn {
namespace {

absl::flat_hash_set<IpAddress> FixedAddresses(const ControlConfig& config, IpFamily family) {
  absl::flat_hash_set<IpAddress> fixed;
  for (const PeerConfig& peer : config.peers) {
    fixed.insert(family == IpFamily::kV4 ? peer.inner_v4 : peer.inner_v6);
  }
  return fixed;
}

}  // namespace

AddressPool::AddressPool(const Prefix& pool, absl::flat_hash_set<IpAddress> reserved)
    : network_(pool.Network()), reserved_(std::move(reserved)) {
  const bool v4 = pool.address.is_v4();
  const unsigned host_bits = (v4 ? 32U : 128U) - pool.length;
  // 2^32 addresses are more than there will ever be sessions.
  const std::uint64_t size = std::uint64_t{1} << std::min(host_bits, 32U);
  next_ = 2;  // the network, the gateway
  end_ = v4 && host_bits > 1 ? size - 1 : size;
}

IpAddress AddressPool::At(std::uint64_t offset) const {
  IpAddress address = network_.address;
  for (std::size_t i = address.size(); offset != 0 && i-- > 0; offset >>= 8) {
    address.bytes[i] = static_cast<std::uint8_t>(address.bytes[i] | (offset & 0xff));
  }
  return address;
}

std::optional<IpAddress> AddressPool::Take(const std::optional<IpAddress>& previous) {
  if (previous && free_.erase(*previous) == 1) return previous;
  while (next_ < end_) {
    const IpAddress address = At(next_++);
    if (!reserved_.contains(address) && !claimed_.contains(address)) return address;
  }
  while (!returned_.empty()) {
    const IpAddress address = returned_.front();
    returned_.pop_front();
    if (free_.erase(address) == 1) return address;
  }
  return std::nullopt;
}

bool AddressPool::Claim(const IpAddress& address) {
  if (free_.erase(address) == 1) return true;
  const bool pooled = address.family == network_.address.family && network_.Contains(address) &&
                      !reserved_.contains(address);
  const bool special = address == At(0) || address == At(1) ||
                       (address.is_v4() && end_ < (std::uint64_t{1} << 32) && address == At(end_) &&
                        network_.length < 31);
  return pooled && !special && claimed_.insert(address).second;
}

void AddressPool::GiveBack(const IpAddress& address) {
  CHECK(free_.insert(address).second);
  // Entries of addresses that their old owner took back are dropped now and then, so that the queue
  // stays as long as the pool at most.
  if (returned_.size() > 2 * free_.size() + 16) {
    std::erase_if(returned_,
                  [&](const IpAddress& a) { return !free_.contains(a) || a == address; });
  }
  returned_.push_back(address);
}

InnerAddresses::InnerAddresses(const ControlConfig& config) {
  owners_.reserve(config.peers.size());
  for (const PeerConfig& peer : config.peers) {
    Owner owner;
    owner.fixed_v4 = peer.inner_v4;
    owner.fixed_v6 = peer.inner_v6;
    owners_.push_back(owner);
  }
  if (!config.inner_v4_pool.address.is_none()) {
    v4_.emplace(config.inner_v4_pool, FixedAddresses(config, IpFamily::kV4));
  }
  if (!config.inner_v6_pool.address.is_none()) {
    v6_.emplace(config.inner_v6_pool, FixedAddresses(config, IpFamily::kV6));
  }
}

std::optional<InnerPair> InnerAddresses::Acquire(std::size_t peer) {
  Owner& owner = owners_[peer];
  const bool pool_v4 = owner.fixed_v4.is_none() && v4_;
  const bool pool_v6 = owner.fixed_v6.is_none() && v6_;
  if (owner.users == 0) {
    if (pool_v4) {
      const auto taken = v4_->Take(owner.last_v4);
      if (!taken) return std::nullopt;
      owner.last_v4 = taken;
    }
    if (pool_v6) {
      const auto taken = v6_->Take(owner.last_v6);
      if (!taken) {
        if (pool_v4) v4_->GiveBack(*owner.last_v4);
        return std::nullopt;
      }
      owner.last_v6 = taken;
    }
  }
  InnerPair pair{.v4 = pool_v4 ? *owner.last_v4 : owner.fixed_v4,
                 .v6 = pool_v6 ? *owner.last_v6 : owner.fixed_v6};
  if (pair.v4.is_none() && pair.v6.is_none()) return std::nullopt;
  ++owner.users;
  return pair;
}

bool InnerAddresses::Reclaim(std::size_t peer, const InnerPair& pair) {
  Owner& owner = owners_[peer];
  const bool pool_v4 = owner.fixed_v4.is_none() && v4_;
  const bool pool_v6 = owner.fixed_v6.is_none() && v6_;
  if (!pool_v4 && pair.v4 != owner.fixed_v4) return false;
  if (!pool_v6 && pair.v6 != owner.fixed_v6) return false;
  if (owner.users > 0) {
    const bool same =
        (!pool_v4 || owner.last_v4 == pair.v4) && (!pool_v6 || owner.last_v6 == pair.v6);
    if (same) ++owner.users;
    return same;
  }
  if (pool_v4 && !v4_->Claim(pair.v4)) return false;
  if (pool_v6 && !v6_->Claim(pair.v6)) {
    if (pool_v4) v4_->GiveBack(pair.v4);
    return false;
  }
  if (pool_v4) owner.last_v4 = pair.v4;
  if (pool_v6) owner.last_v6 = pair.v6;
  ++owner.users;
  return true;
}

void InnerAddresses::Release(std::size_t peer) {
  Owner& owner = owners_[peer];
  CHECK(owner.users > 0);
  if (--owner.users > 0) return;
  if (owner.fixed_v4.is_none() && v4_) v4_->GiveBack(*owner.last_v4);
  if (owner.fixed_v6.is_none() && v6_) v6_->GiveBack(*owner.last_v6);
}

}  // namespace jvpn
