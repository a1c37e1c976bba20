// Dice: where every chance of a simulated run comes from. The same numbers for the same seed with
// every compiler and library, which std:: distributions do not promise.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/random.h"

namespace jvpn::sim {

class Dice {
 public:
  // Streams of one seed are independent: what one part of a run draws does not move another.
  Dice(std::uint64_t seed, std::uint64_t stream) : state_(Mix(Mix(seed) ^ stream)) {}

  // splitmix64 (Steele, Lea, Flood 2014).
  std::uint64_t Next() { return Mix(state_ += 0x9e37'79b9'7f4a'7c15U); }
  // 0 .. limit - 1; limit is not 0 and fits 32 bits.
  std::uint32_t Below(std::uint32_t limit) {
    return static_cast<std::uint32_t>(((Next() >> 32) * limit) >> 32);
  }
  std::int64_t Between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(Below(static_cast<std::uint32_t>(most - least + 1)));
  }
  bool Chance(std::uint32_t permille) { return Below(1000) < permille; }
  template <typename T, std::size_t N>
  T OneOf(const T (&values)[N]) {
    return values[Below(N)];
  }

 private:
  static std::uint64_t Mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9U;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebU;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

class DiceRandom final : public Random {
 public:
  DiceRandom(std::uint64_t seed, std::uint64_t stream) : dice_(seed, stream) {}
  void Fill(MutableBytes out) override {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      bits = i % 8 == 0 ? dice_.Next() : bits >> 8;
      out[i] = static_cast<std::uint8_t>(bits);
    }
  }

 private:
  Dice dice_;
};

}  // namespace jvpn::sim
