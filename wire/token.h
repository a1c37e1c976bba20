// Token: the gateway's process instance and clock, carried back by requests (docs/wire.md 6.4).
#pragma once

#include <compare>
#include <cstdint>

namespace jvpn {

struct Token {
  std::uint64_t instance = 0;  // random, once per gateway process
  std::uint64_t time_ms = 0;   // the gateway's monotonic clock

  friend auto operator<=>(const Token&, const Token&) = default;
};

inline constexpr std::size_t kTokenBytes = 16;

}  // namespace jvpn
