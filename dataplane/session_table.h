// SessionTable: the session slabs of one worker, their flow indices, and how a program changes
// them.
//
// Ownership  One worker.
// Apply      Idempotent by generation. What a nonce depends on outlives every program: a transmit
//            counter starts again only under another key.
// When wrong A slot or transport beyond the configured ones is a bug of the control core: CHECK.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "dataplane/flow_table.h"
#include "dataplane/session_slab.h"

namespace jvpn {

class SessionTable {
 public:
  static absl::StatusOr<std::unique_ptr<SessionTable>> Create(std::uint32_t max_sessions,
                                                              std::uint32_t transports,
                                                              bool hugepages);

  // False when the slab's generation is not older; nothing changes then.
  bool Apply(const SessionProgram& program, AeadEngine& engine, Instant now);

  SessionSlab slab(SessionSlot slot) const {
    DCHECK(Value(slot) < max_sessions_);
    return {memory_.at() + std::size_t{Value(slot)} * layout_.stride, &layout_};
  }
  void Prefetch(SessionSlot slot) const { __builtin_prefetch(slab(slot).bytes().data()); }
  const FlowTable& flows() const { return flows_; }
  std::uint32_t max_sessions() const { return max_sessions_; }
  std::uint32_t transports() const { return transports_; }
  // All slabs, for tests that look for what must not be there.
  ByteView memory() const { return {memory_.at(), std::size_t{max_sessions_} * layout_.stride}; }

 private:
  SessionTable(TableMemory memory, FlowTable flows, std::uint32_t max_sessions,
               std::uint32_t transports);

  void Remove(SessionSlab slab, Generation generation);
  // Which directions have another key than before: another session in this slot, or a new epoch.
  struct KeyChange {
    bool rx = false;
    bool tx = false;
  };
  KeyChange InstallKeys(SessionSlab slab, const SessionProgram& program, AeadEngine& engine);
  void InstallTransport(SessionSlab slab, const SessionProgram& program, std::uint32_t transport,
                        KeyChange change);

  TableMemory memory_;
  SlabLayout layout_;
  FlowTable flows_;
  std::uint32_t max_sessions_;
  std::uint32_t transports_;
};

// Names a remote endpoint in 64 bits: an IPv4 one exactly, an IPv6 one by a mix of all its bits.
// Compared with each frame's source, to see that a peer moved (row P1); never 0.
std::uint64_t EndpointTag(IpFamily family, const std::uint8_t* address, std::uint16_t port);

}  // namespace jvpn
