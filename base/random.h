// Random: where unpredictable bytes come from. An argument everywhere, so that a run can be
// repeated from a seed; the shipped programs pass crypto/sodium_random.h.
#pragma once

#include "base/bytes.h"

namespace jvpn {

class Random {
 public:
  virtual ~Random() = default;
  virtual void Fill(MutableBytes out) = 0;

  std::uint32_t U32() {
    std::uint8_t raw[4];
    Fill(raw);
    return LoadBe32(raw);
  }
  std::uint64_t U64() {
    std::uint8_t raw[8];
    Fill(raw);
    return LoadBe64(raw);
  }
};

}  // namespace jvpn
