// HostResponder: the gateway as a host on its two networks.
//
// Answers ARP, neighbor solicitations and echo requests for the gateway's own addresses, and
// packets too big for the tunnel; tells the resolver what neighbors say of themselves. Pure: a
// frame in, at most one frame out.
//
// Ownership  The control core.
// Errors     Whatever is not for us or not well formed is counted and dropped; answers are limited
// in
//            rate, because anybody on the link can ask.
#pragma once

#include <optional>

#include "control/control_config.h"
#include "control/neighbor_resolver.h"
#include "control/token_bucket.h"
#include "wire/drop_reason.h"
#include "wire/link_frame.h"

namespace jvpn {

class HostResponder {
 public:
  // Both must outlive it.
  HostResponder(const ControlConfig& config, NeighborResolver& resolver, DropCounters& drops);

  std::optional<Bytes> Answer(PortSide side, ByteView frame, Instant now);
  // The frame that asks for a neighbor; empty when the side has no address of that family.
  Bytes Ask(const NeighborRequest& request) const;

 private:
  std::optional<Bytes> AnswerArp(PortSide side, const EthernetFrame& frame, Instant now);
  std::optional<Bytes> AnswerIp(PortSide side, const EthernetFrame& frame, ByteView whole,
                                Instant now);
  std::optional<Bytes> AnswerNeighbor(PortSide side, const EthernetFrame& frame,
                                      const IpPacket& packet, Instant now);
  std::optional<Bytes> AnswerEcho(PortSide side, const EthernetFrame& frame, const IpPacket& packet,
                                  Instant now);
  std::nullopt_t Drop(DropReason reason);
  bool Within(TokenBucket& bucket, Instant now);

  const ControlConfig& config_;
  NeighborResolver& resolver_;
  DropCounters& drops_;
  TokenBucket resolution_{1000, 256};  // ARP and neighbor discovery
  TokenBucket icmp_{200, 100};         // echo, and errors (RFC 4443, 2.4 (f))
};

}  // namespace jvpn
