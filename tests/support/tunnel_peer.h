// TunnelPeer: the client's end of one session's data frames, for tests of the gateway's end.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "channel/worker_command.h"
#include "crypto/aead.h"

namespace jvpn::testing {

class TunnelPeer {
 public:
  // Keys and flow indices follow from the seed; different seeds never share one.
  TunnelPeer(SessionSlot session, WorkerId owner, Suite suite, std::uint8_t seed);

  // The whole program of this session with `count` transports in use, all of them validated from
  // remote(k) to `local`, the first one bound.
  SessionProgram Program(Generation generation, std::uint8_t count) const;

  // A data frame of transport k; the next counter, or the one given.
  Bytes Seal(std::uint32_t transport, ByteView plaintext);
  Bytes SealAt(std::uint32_t transport, std::uint64_t counter, ByteView plaintext);
  // The plaintext of a frame of the gateway on transport k; nullopt when it does not open.
  std::optional<Bytes> Open(std::uint32_t transport, ByteView frame);

  FlowIndex rx_index(std::uint32_t transport) const;          // the gateway's
  FlowIndex tx_index(std::uint32_t transport) const;          // ours
  std::uint64_t last_opened() const { return last_opened_; }  // counter of the last frame opened
  const Secret32& rx_key() const { return rx_key_; }
  const Secret32& tx_key() const { return tx_key_; }

 private:
  SessionSlot session_;
  WorkerId owner_;
  Suite suite_;
  std::uint8_t seed_;
  Secret32 rx_key_;  // as the gateway names them
  Secret32 tx_key_;
  std::unique_ptr<AeadEngine> engine_;
  AeadKey sealing_;
  AeadKey opening_;
  std::array<std::uint64_t, kMaxTransports> counters_{};
  std::uint64_t last_opened_ = 0;
};

}  // namespace jvpn::testing
