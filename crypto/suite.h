// Suite: the AEADs of data frames, with their wire numbers (docs/wire.md 3.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace jvpn {

enum class Suite : std::uint8_t {
  kAes128Gcm = 1,
  kAes256Gcm = 2,
  kChaCha20Poly1305 = 3,
};

constexpr std::string_view Name(Suite suite) {
  switch (suite) {
    case Suite::kAes128Gcm:
      return "aes128gcm";
    case Suite::kAes256Gcm:
      return "aes256gcm";
    case Suite::kChaCha20Poly1305:
      return "chacha20poly1305";
  }
  return "unknown";
}

constexpr std::optional<Suite> SuiteFromWire(std::uint8_t value) {
  if (value < 1 || value > 3) return std::nullopt;
  return static_cast<Suite>(value);
}

std::optional<Suite> constexpr SuiteFromName(std::string_view name) {
  for (const Suite s : {Suite::kAes128Gcm, Suite::kAes256Gcm, Suite::kChaCha20Poly1305}) {
    if (Name(s) == name) return s;
  }
  return std::nullopt;
}

}  // namespace jvpn
