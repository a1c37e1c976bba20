// Traffic: sessions as a control core would program them, and the frames that their clients and the
// core network would send. Frames are made before a window's clock starts.
//
// Units      `size` is the length of the inner IP packet, which is what the AEAD works on.
// Ownership  One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/random.h"
#include "channel/worker_command.h"
#include "crypto/aead.h"

namespace jvpn {

inline constexpr MacAddress kRouterMac{{0x02, 0, 0, 0, 0, 0x03}};
inline constexpr std::uint16_t kBenchPort = 4600;
inline constexpr std::uint32_t kBenchTransports = 4;  // room for, of which one is used

// Our side of the wire, the same for every session.
struct BenchAddresses {
  Prefix wan;         // the gateway's WAN address
  Prefix core;        // its core address
  IpAddress client;   // every client's outer address; they differ by port
  IpAddress server;   // behind the core port, on-link
  Prefix inner_pool;  // session i has the address pool + 2 + i
  static BenchAddresses Make();
};

class Traffic {
 public:
  Traffic(Suite suite, std::uint32_t sessions, std::uint32_t flow_slots, AeadEngine& engine,
          Random& random);

  // What the control core would send: everything that makes session `i` forward.
  SessionProgram ProgramOf(std::uint32_t i, Generation generation) const;
  RouteProgram RouteOf(std::uint32_t i, Generation generation) const;

  // One frame as it comes from the WAN, sealed with the session's next counter, or one inner packet
  // as it comes from the core network; the link address of the port is for the caller to fill in.
  // `to` has room for size + 128 bytes; returns the frame's length.
  std::uint16_t UplinkFrame(std::uint32_t session, std::uint16_t size, std::uint8_t* to);
  std::uint16_t DownlinkFrame(std::uint32_t session, std::uint16_t size, std::uint8_t* to);

  // Where the tunnel frame's 16-byte header begins in what UplinkFrame made.
  static constexpr std::size_t kTunnelOffset = 14 + 20 + 8;

 private:
  struct Client {
    Secret32 to_gateway;
    Secret32 to_client;
    AeadKey seal_key;
    std::uint64_t counter = 0;
    FlowIndex index;
  };

  // What the frames of all sessions have in common, for one size: filling must be quick, or it
  // pushes what is measured out of the caches.
  struct Mould {
    std::uint16_t size = 0;
    Bytes frame;
  };
  const Mould& UplinkMould(std::uint16_t size);
  const Mould& DownlinkMould(std::uint16_t size);
  IpAddress InnerAddress(std::uint32_t session) const;

  const BenchAddresses addresses_;
  const Suite suite_;
  AeadEngine& engine_;
  std::vector<Client> clients_;
  Mould uplink_;
  Mould downlink_;
};

}  // namespace jvpn
