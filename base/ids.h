// Strong types for what is counted and named, so that no two integers of one kind stand side by
// side.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

namespace jvpn {

// The stable identity of a session: 128 random bits, never on the wire in clear.
struct SessionId {
  std::array<std::uint8_t, 16> bytes{};

  friend auto operator<=>(const SessionId&, const SessionId&) = default;
  // 32 lower-case hex digits, as in the audit log and in jvpnctl.
  std::string ToString() const {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string text;
    text.reserve(32);
    for (const std::uint8_t byte : bytes) {
      text.push_back(kHex[byte >> 4]);
      text.push_back(kHex[byte & 15]);
    }
    return text;
  }

  template <typename H>
  friend H AbslHashValue(H h, const SessionId& id) {
    return H::combine(std::move(h), id.bytes);
  }
};

// One way to reach the peer within a session, 0 .. kMaxTransports-1; never reused in the session.
// It is part of the nonce (docs/wire.md 4), so every transport has its own counter space.
enum class TransportId : std::uint32_t {
  kNone = std::numeric_limits<std::uint32_t>::max(),
};
constexpr std::uint32_t Value(TransportId id) { return static_cast<std::uint32_t>(id); }

// Generation of traffic keys; two packets of one epoch and direction share a key.
enum class KeyEpoch : std::uint32_t {};
constexpr std::uint32_t Value(KeyEpoch epoch) { return static_cast<std::uint32_t>(epoch); }

// Which worker owns a session.
enum class WorkerId : std::uint8_t {};
constexpr std::uint8_t Value(WorkerId id) { return static_cast<std::uint8_t>(id); }

// Which of the owner's session slabs holds a session.
enum class SessionSlot : std::uint32_t {};
constexpr std::uint32_t Value(SessionSlot slot) { return static_cast<std::uint32_t>(slot); }

// The 32 bits that name (session, transport) on the wire: owner worker (8) + random slot (24), so
// that whoever receives a packet knows whose it is without a lookup. 0 names nothing.
struct FlowIndex {
  std::uint32_t value = 0;

  static constexpr FlowIndex Of(WorkerId owner, std::uint32_t slot) {
    return FlowIndex{(static_cast<std::uint32_t>(owner) << 24) | (slot & 0x00ff'ffffU)};
  }
  constexpr WorkerId owner() const { return static_cast<WorkerId>(value >> 24); }
  constexpr std::uint32_t slot() const { return value & 0x00ff'ffffU; }

  friend auto operator<=>(const FlowIndex&, const FlowIndex&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const FlowIndex& index) {
    return H::combine(std::move(h), index.value);
  }
};

// Numbers the programs that the control core sends to a worker; the worker reports the last
// applied.
enum class Generation : std::uint64_t {};
constexpr std::uint64_t Value(Generation g) { return static_cast<std::uint64_t>(g); }

}  // namespace jvpn
