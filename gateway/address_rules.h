// Address rules: what may be an interface address, a next hop or an inner address.
#pragma once

#include <optional>
#include <string>

#include "wire/ip_address.h"

namespace jvpn {

bool Overlap(const Prefix& a, const Prefix& b);
// Why this cannot be the address of one host: "is a multicast address", …; nullopt when it can.
std::optional<std::string> NotAHost(const IpAddress& address);
// True for the all-zeros and all-ones IPv4 hosts of a prefix shorter than /31.
bool IsNetworkOrBroadcast(const IpAddress& address, const Prefix& prefix);
// True for what a pool never hands out: its network address, its first host, which is the gateway's
// own, and in IPv4 the broadcast address.
bool IsKeptByPool(const IpAddress& address, const Prefix& pool);

}  // namespace jvpn
