// mac1: proves that the sender knows the receiver's public key, before any public-key work is
// spent.
#pragma once

#include <string_view>

#include "crypto/secret.h"

namespace jvpn {

// BLAKE2b-32(label || public key): a key that whoever knows the public key can make.
Secret32 PublicLabelKey(std::string_view label, const PublicKey& of);

// Whether `mac` is the 16-byte keyed BLAKE2b of the input. Constant time.
bool VerifyMac(ByteView key, ByteView input, ByteView mac);

class Mac1 {
 public:
  // Frames *to* the holder of this static public key.
  explicit Mac1(const PublicKey& receiver);

  void Compute(ByteView input, std::span<std::uint8_t, 16> mac) const;
  // Constant time.
  bool Verify(ByteView input, ByteView mac) const;

 private:
  Secret32 key_;
};

}  // namespace jvpn
