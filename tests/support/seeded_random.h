// SeededRandom: the same bytes for the same seed. For tests only.
#pragma once

#include <random>

#include "base/random.h"

namespace jvpn {

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  void Fill(MutableBytes out) override {
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(engine_());
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace jvpn
