// Bytes from hex, and bytes from a seed, for the tests of crypto/.
#pragma once

#include <random>
#include <string_view>

#include "base/check.h"
#include "base/random.h"

namespace jvpn {

inline Bytes FromHex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  Bytes bytes;
  CHECK(hex.size() % 2 == 0);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(digit(hex[i]) * 16 + digit(hex[i + 1])));
  }
  return bytes;
}

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}

  void Fill(MutableBytes out) override {
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(engine_());
  }
  std::uint64_t Next() { return engine_(); }
  Bytes Some(std::size_t size) {
    Bytes bytes(size);
    Fill(bytes);
    return bytes;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace jvpn
