// The key schedule of docs/wire.md 2, and BLAKE2b as it is used there.
#pragma once

#include <string_view>

#include "base/ids.h"
#include "crypto/secret.h"
#include "crypto/suite.h"

namespace jvpn {

enum class Direction : std::uint8_t { kToGateway = 0, kToClient = 1 };

// out = BLAKE2b of out.size() bytes (16..64) over message, keyed if key is not empty (RFC 7693).
void Blake2b(MutableBytes out, ByteView key, ByteView message);

// root = BLAKE2b-32(k1, "jvpn root" || k2 || h).
Secret32 DeriveRoot(const Secret32& k1, const Secret32& k2, ByteView handshake_hash);

// The key of session control frames, per direction.
Secret32 DeriveControlKey(const Secret32& root, Direction direction);

// What both ends and the gateway's process put into a key epoch after the first.
struct EpochMix {
  std::array<std::uint8_t, 16> client{};  // fresh bytes of each end
  std::array<std::uint8_t, 16> gateway{};
  std::uint64_t boot_epoch = 0;  // of the gateway: grows with each start of its process

  friend bool operator==(const EpochMix&, const EpochMix&) = default;
};

// secret = BLAKE2b-32(root, "jvpn epoch" || epoch || client || gateway || boot epoch). The first
// epoch has none of its own: its secret is the root.
Secret32 DeriveEpochSecret(const Secret32& root, KeyEpoch epoch, const EpochMix& mix);

// The traffic key of one direction and epoch; AES-128 takes its first half.
Secret32 DeriveTrafficKey(const Secret32& secret, Direction direction, Suite suite, KeyEpoch epoch);

}  // namespace jvpn
