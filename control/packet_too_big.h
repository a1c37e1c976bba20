// PacketTooBig: tells a host on the core side that its packet does not fit into the tunnel.
//
// Source     RFC 792 and RFC 1191 (fragmentation needed), RFC 4443, 3.2 (packet too big); when not
// to
//            answer: RFC 1122, 3.2.2 and RFC 4443, 2.4 (e).
#pragma once

#include <optional>

#include "base/bytes.h"
#include "control/control_config.h"

namespace jvpn {

// The Ethernet frame to send back for `frame`, whose IP packet is larger than `mtu`; it may have
// been cut on its way here. nullopt when no answer is due, or the port has no address of the
// family.
std::optional<Bytes> PacketTooBig(const PortConfig& port, std::uint16_t mtu, ByteView frame);

}  // namespace jvpn
