// LossStanding: what the loss account of one transport says at an instant (requirements 2,
// verdict).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace jvpn {

enum class Verdict : std::uint8_t { kOk, kUnknown, kLossy };  // in order of badness
constexpr std::string_view Name(Verdict verdict) {
  constexpr std::array<std::string_view, 3> kNames = {"ok", "unknown", "lossy"};
  return kNames[static_cast<std::size_t>(verdict)];
}

// Of `sent` numbers, `lost` had not come in time.
struct LossCount {
  std::uint32_t sent = 0;
  std::uint32_t lost = 0;

  std::uint32_t permille() const {
    return sent == 0 ? 0 : static_cast<std::uint32_t>(std::uint64_t{lost} * 1000 / sent);
  }
  friend bool operator==(const LossCount&, const LossCount&) = default;
};

// The worse of a transport's two directions: LOSSY > UNKNOWN > OK.
struct LossStanding {
  Verdict verdict = Verdict::kUnknown;
  LossCount worse;   // of the direction that decided
  bool gap = false;  // a frame of either direction was lost in the window

  // UNKNOWN with a probe lost in the window: no candidate (requirements 2, eligible).
  bool doubtful() const { return verdict == Verdict::kUnknown && gap; }
  friend bool operator==(const LossStanding&, const LossStanding&) = default;
};

}  // namespace jvpn
