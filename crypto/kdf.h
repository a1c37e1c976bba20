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

// The traffic key of one direction and epoch; AES-128 takes its first half.
Secret32 DeriveTrafficKey(const Secret32& root, Direction direction, Suite suite, KeyEpoch epoch);

}  // namespace jvpn
