// PolicyKey: one row a policy key. The bounds, the TOML reader and the wire parameters all walk
// this table, so that a key is described once (requirements 3, docs/wire.md 8).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "session/policy.h"

namespace jvpn {

struct PolicyKey {
  using Field = std::variant<Millis Policy::*, std::uint32_t Policy::*, bool Policy::*,
                             ExpiryAction Policy::*>;

  std::uint8_t wire_number;  // docs/wire.md 8
  std::string_view name;     // "table.key"
  Field field;
  // Bounds in the field's integer: ms, a count, or permille if `is_ratio`.
  std::uint32_t min = 0;
  std::uint32_t max = 1;
  bool is_ratio = false;
  bool zero_is_absent = false;

  std::uint64_t Get(const Policy& policy) const;
  // REQUIRES: `value` within bounds.
  void Set(Policy& policy, std::uint32_t value) const;
  bool InBounds(std::uint64_t value) const;
  // "1000 to 604800000", "0.001 to 1.000", "true or false", "degrade or terminate".
  std::string Allowed() const;
};

// In the order of the wire numbers, 1 .. 32.
std::span<const PolicyKey> PolicyKeys();

}  // namespace jvpn
