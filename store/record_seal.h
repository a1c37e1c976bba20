// RecordSeal: records as they lie in a store: sealed under the node key, XChaCha20-Poly1305.
//
//   format:8 | state:8 | reserved:16 | state version:32 | key id:8B | nonce:24B | ciphertext |
//   tag:16B
//
// The head is authenticated, and so is the record's key: a record cannot pose as another's. It
// stands in clear so that the audit log of a session whose record cannot be opened goes on where it
// stopped (row G4); nothing else is ever taken from a head that is not authenticated.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/random.h"
#include "crypto/secret.h"
#include "session/reason.h"
#include "session/state.h"

namespace jvpn {

struct RecordHead {
  State state = State::kBirth;
  std::uint32_t state_version = 0;
  friend bool operator==(const RecordHead&, const RecordHead&) = default;
};

class RecordSeal {
 public:
  // The last format that this program writes; it reads no other.
  static constexpr std::uint8_t kFormat = 1;

  explicit RecordSeal(const Secret32& node_key);

  Bytes Seal(const SessionId& key, const RecordHead& head, ByteView plaintext,
             Random& random) const;

  struct Opened {
    RecordHead head;  // of a record that was not opened: a hint, for the log only
    std::optional<Bytes> plaintext;
    Reason fault = Reason::kRecordUnreadable;  // or kKeyMaterialLost: sealed under another key
  };
  Opened Open(const SessionId& key, ByteView sealed) const;

 private:
  Secret32 key_;
  std::array<std::uint8_t, 8> key_id_{};
};

}  // namespace jvpn
