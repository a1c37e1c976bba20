// The same AEADs by libsodium, one packet at a time: what AeadEngine is tested against.
//
// libsodium has no AES-128-GCM; the test suite takes nettle for that one.
#pragma once

#include <optional>

#include "crypto/secret.h"
#include "crypto/suite.h"

namespace jvpn {

bool ReferenceSupports(Suite suite);
// ciphertext || tag. CHECKs ReferenceSupports(suite).
Bytes ReferenceSeal(Suite suite, const Secret32& key, ByteView nonce, ByteView aad,
                    ByteView plaintext);
std::optional<Bytes> ReferenceOpen(Suite suite, const Secret32& key, ByteView nonce, ByteView aad,
                                   ByteView sealed);

}  // namespace jvpn
