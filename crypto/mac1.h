// mac1: proves that the sender knows the receiver's public key, before any public-key work is
// spent.
#pragma once

#include "crypto/secret.h"

namespace jvpn {

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
