// Secret<N>: N bytes that are wiped when they die, compared in constant time and never printed.
#pragma once

#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace jvpn {

template <std::size_t N>
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::span<const std::uint8_t, N> from) {
    std::copy(from.begin(), from.end(), bytes_.begin());
  }
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret() { Wipe(); }

  void Wipe() { sodium_memzero(bytes_.data(), N); }
  std::span<const std::uint8_t, N> view() const { return bytes_; }
  std::span<std::uint8_t, N> writable() { return bytes_; }
  bool is_zero() const { return sodium_is_zero(bytes_.data(), N) == 1; }

  friend bool operator==(const Secret& a, const Secret& b) {
    return sodium_memcmp(a.bytes_.data(), b.bytes_.data(), N) == 0;
  }

 private:
  std::array<std::uint8_t, N> bytes_{};
};

using Secret32 = Secret<32>;
using PublicKey = std::array<std::uint8_t, 32>;

}  // namespace jvpn
