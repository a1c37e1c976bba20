// SodiumRandom: the kernel's randomness through libsodium. Thread-safe.
#pragma once

#include "base/random.h"

namespace jvpn {

// Call once at start, before any other use of crypto/; a second call does nothing.
void InitCrypto();

class SodiumRandom final : public Random {
 public:
  void Fill(MutableBytes out) override;
};

}  // namespace jvpn
