// The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
#pragma once

#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace jvpn {

// The unfolded ones' complement sum of `bytes`, in the machine's byte order (RFC 1071 2(B)).
inline std::uint64_t OnesSum(ByteView bytes, std::uint64_t sum = 0) {
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t upper = 0;  // halves of 32 bits, so that no carry is lost
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    sum += static_cast<std::uint32_t>(word);
    upper += word >> 32;
  }
  sum += upper;
  if (left >= 4) {
    std::uint32_t word;
    std::memcpy(&word, at, sizeof word);
    sum += word;
    at += 4;
    left -= 4;
  }
  if (left >= 2) {
    std::uint16_t half;
    std::memcpy(&half, at, sizeof half);
    sum += half;
    at += 2;
    left -= 2;
  }
  if (left == 1) sum += *at;
  return sum;
}

// Folds and complements; the result is stored as it is, without a swap.
inline std::uint16_t FoldChecksum(std::uint64_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

inline void StoreChecksum(std::uint8_t* to, std::uint16_t folded) {
  std::memcpy(to, &folded, sizeof folded);
}

}  // namespace jvpn
