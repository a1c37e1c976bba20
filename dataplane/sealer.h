// Sealer: plaintexts in, tunnel frames out: counter, header, seal, outer headers, a burst at a
// time.
//
// Ownership  One worker. Between Add() and Flush() the caller leaves packets and paths alone.
// Order      A frame's counter is taken by Add(), so frames leave in the order they were added.
#pragma once

#include "dataplane/aead_batch.h"
#include "dataplane/outer_header.h"
#include "dataplane/session_slab.h"

namespace jvpn {

class Sealer {
 public:
  Sealer(AeadEngine& engine, OuterHeader outer, std::uint16_t listen_port, WorkerStats& stats)
      : engine_(engine), outer_(outer), listen_port_(listen_port), stats_(stats) {}

  // packet.data is the plaintext, and goes where the transport does. False, and the packet dropped,
  // when the transport's counter is used up or the buffer has no room.
  bool Add(Packet& packet, SessionSlab slab, std::uint32_t transport, const MacAddress& next_hop);
  // The same, to another address than the transport's own.
  bool AddTowards(Packet& packet, SessionSlab slab, std::uint32_t transport, const OuterPath& path);
  // Seals what was added; each packet then leaves the WAN port.
  void Flush();

 private:
  bool Number(Packet& packet, SessionSlab slab, std::uint32_t transport);

  struct Pending {
    Packet* packet;
    OuterPath path;
  };

  AeadEngine& engine_;
  OuterHeader outer_;
  std::uint16_t listen_port_;
  WorkerStats& stats_;
  AeadBatch batch_;
  std::array<Pending, kBurstPackets> pending_;
  std::uint32_t count_ = 0;
};
}  // namespace jvpn
