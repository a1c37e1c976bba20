// ClientChannel: the client's end of a session's keys: seals and opens data frames and session
// control frames (docs/wire.md 2, 4, 5, 6). Moves no counter and no window: those belong to the
// transport.
//
// Ownership  One per session, with the client loop. Keys are wiped when it dies.
// Errors     nullopt: the tag did not verify. Hostile input can do nothing else here.
#pragma once

#include <optional>

#include "base/random.h"
#include "crypto/aead.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"
#include "wire/data_header.h"
#include "wire/session_control.h"

namespace jvpn {

class ClientChannel {
 public:
  static constexpr KeyEpoch kFirstEpoch{1};

  ClientChannel(const Secret32& root, Suite suite, AeadEngine& engine, Random& random);
  ~ClientChannel();
  ClientChannel(const ClientChannel&) = delete;
  ClientChannel& operator=(const ClientChannel&) = delete;

  // A whole data frame. `flow` is the gateway's index for the transport.
  Bytes SealData(TransportId transport, FlowIndex flow, std::uint64_t counter, ByteView plaintext);
  // Opens in place; the plaintext lies in `frame`. `header` is the frame's own, already decoded.
  std::optional<ByteView> OpenData(TransportId transport, const DataHeader& header,
                                   MutableBytes frame);
  // The next epoch's keys, from both ends' fresh bytes. Every counter and window begins anew.
  void NextEpoch(const EpochMix& mix);
  KeyEpoch epoch() const { return epoch_; }
  std::uint8_t key_phase() const { return Value(epoch_) & 3; }

  Bytes SealControlFrame(FlowIndex flow, const SessionMessage& message);
  std::optional<SessionMessage> OpenControlFrame(ByteView frame) const;

 private:
  void Expand(const Secret32& secret);

  Secret32 root_;
  KeyEpoch epoch_ = kFirstEpoch;
  Suite suite_;
  AeadEngine& engine_;
  Random& random_;
  AeadKey seal_key_;
  AeadKey open_key_;
  Secret32 control_seal_key_;
  Secret32 control_open_key_;
};

}  // namespace jvpn
