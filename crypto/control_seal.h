// Seals and opens session control frames: XChaCha20-Poly1305, random 192-bit nonce (docs/wire.md
// 6).
#pragma once

#include <optional>

#include "base/random.h"
#include "crypto/secret.h"

namespace jvpn {

// header (8 bytes, associated data) || nonce || ciphertext || tag, ready to send.
Bytes SealControl(const Secret32& key, ByteView header, ByteView message, Random& random);

// The plaintext of a whole frame, nullopt when the tag does not verify or the frame is too short.
std::optional<Bytes> OpenControl(const Secret32& key, ByteView frame);

}  // namespace jvpn
