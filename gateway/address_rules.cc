#include "gateway/address_rules.h"

#include <algorithm>

namespace jvpn {

bool Overlap(const Prefix& a, const Prefix& b) {
  return a.length <= b.length ? a.Contains(b.address) : b.Contains(a.address);
}

std::optional<std::string> NotAHost(const IpAddress& address) {
  const ByteView bytes = address.view();
  if (std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; })) {
    return "is the unspecified address";
  }
  if (address.is_v4()) {
    if (bytes[0] == 127) return "is a loopback address";
    if (bytes[0] >= 224 && bytes[0] < 240) return "is a multicast address";
    if (bytes[0] >= 240) return "is a reserved address";
    return std::nullopt;
  }
  if (bytes[0] == 0xff) return "is a multicast address";
  if (bytes[15] == 1 &&
      std::all_of(bytes.begin(), bytes.end() - 1, [](std::uint8_t b) { return b == 0; })) {
    return "is a loopback address";
  }
  return std::nullopt;
}

bool IsNetworkOrBroadcast(const IpAddress& address, const Prefix& prefix) {
  if (!address.is_v4() || prefix.length >= 31) return false;
  const std::uint32_t hosts = LoadBe32(address.bytes.data()) & (0xffff'ffffU >> prefix.length);
  return hosts == 0 || hosts == (0xffff'ffffU >> prefix.length);
}

bool IsKeptByPool(const IpAddress& address, const Prefix& pool) {
  IpAddress first_host = pool.Network().address;
  if (address == first_host || IsNetworkOrBroadcast(address, pool)) return true;
  first_host.bytes[address.size() - 1] |= 1;
  return address == first_host;
}

}  // namespace jvpn
