#include "crypto/sodium_random.h"

#include <sodium.h>

#include "base/check.h"

namespace jvpn {

void InitCrypto() { CHECK(sodium_init() >= 0); }

void SodiumRandom::Fill(MutableBytes out) { randombytes_buf(out.data(), out.size()); }

}  // namespace jvpn
