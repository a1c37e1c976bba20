// Classifier: what an Ethernet frame of one side is, from its headers alone.
//
// Sources    RFC 791, 8200 (outer headers), 826, 4861 (link frames), docs/wire.md 1 (frame types).
// When wrong A frame that is cut short, a fragment or somebody else's yields its DropReason;
// nothing
//            here trusts a length that the frame does not have.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dataplane/forwarder_config.h"
#include "dataplane/packet.h"

namespace jvpn {

struct Classified {
  enum class Kind : std::uint8_t {
    kDrop,       // for `reason`
    kData,       // WAN: a data frame, whole header and tag, reserved fields zero
    kHandshake,  // WAN: a handshake init, for the control core
    kDatagram,   // WAN: session control, for the control core
    kLink,       // ARP, neighbour discovery or echo for one of our addresses, for the control core
    kInner,      // core: an IP packet that is not ours, to be routed into a tunnel
  };
  Kind kind = Kind::kDrop;
  DropReason reason = DropReason::kMalformedEthernet;
  IpFamily family = IpFamily::kNone;
  // From the first byte of the frame: the IP header, and what is inside UDP (kData, kHandshake,
  // kDatagram) or the IP packet itself (kInner).
  std::uint16_t ip_offset = 0;
  std::uint16_t payload_offset = 0;
  std::uint16_t payload_length = 0;
};

class Classifier {
 public:
  Classifier(PortSide side, const SideConfig& config, std::uint16_t listen_port);

  // Written where the caller wants it: a small struct that is returned goes through the stack in
  // other sizes than it is read back, and each packet would wait for that.
  void Classify(const Packet& packet, Classified& what) const;
  // `address`: 4 or 16 bytes, network order.
  bool IsOwn(IpFamily family, const std::uint8_t* address) const;

 private:
  struct Ip {
    std::uint16_t offset;     // of the header
    std::uint16_t length;     // header and payload, as the header says
    std::uint16_t transport;  // offset of the payload
    std::uint8_t protocol;
    bool fragment;
  };

  void ClassifyArp(const Packet& packet, std::uint16_t offset, Classified& what) const;
  void ClassifyV4(const Packet& packet, std::uint16_t offset, Classified& what) const;
  void ClassifyV6(const Packet& packet, std::uint16_t offset, Classified& what) const;
  void ClassifyOwn(const Packet& packet, IpFamily family, const Ip& ip, Classified& what) const;
  void ClassifyUdp(const Packet& packet, IpFamily family, const Ip& ip, Classified& what) const;
  void ClassifyNeighbor(const Packet& packet, const Ip& ip, Classified& what) const;
  bool IsSolicitedNode(const std::uint8_t* address) const;

  PortSide side_;
  MacAddress mac_;
  std::uint16_t vlan_;
  std::uint16_t listen_port_;
  std::vector<std::uint32_t> own_v4_;
  std::vector<std::array<std::uint8_t, 16>> own_v6_;
};

// The source of an outer IP packet, read where Classified says.
Endpoint SourceOf(const Packet& packet, const Classified& what);
Endpoint DestinationOf(const Packet& packet, const Classified& what);

}  // namespace jvpn
