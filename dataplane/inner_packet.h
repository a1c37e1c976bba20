// What the gateway asks of an inner packet, and the one thing it changes: the hop count.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "dataplane/ip_layout.h"
#include "dataplane/session_slab.h"
#include "wire/ip_address.h"

namespace jvpn {

// The family of a whole IP packet: version, header and length field fit the plaintext exactly
// (docs/wire.md 5). kNone: they do not.
IpFamily WholeInnerPacket(ByteView plaintext);

inline const std::uint8_t* InnerDestination(IpFamily family, const std::uint8_t* packet) {
  return packet + (family == IpFamily::kV4 ? kV4DestinationOffset : kV6DestinationOffset);
}

// The source is one of the session's own addresses or lies in one of its allowed prefixes.
bool IsInnerSourceAllowed(SessionSlab slab, IpFamily family, const std::uint8_t* packet);

// False, and unchanged, when this was the last hop. Mends the IPv4 header checksum (RFC 1624).
bool DecrementTtl(IpFamily family, std::uint8_t* packet);

// May not be forwarded by any router: multicast, loopback, link-local, unspecified, broadcast.
bool IsUnroutable(IpFamily family, const std::uint8_t* address);

// IPv6, or IPv4 with "don't fragment": the sender wants to hear when it is too big.
bool WantsTooBig(IpFamily family, const std::uint8_t* packet);

}  // namespace jvpn
