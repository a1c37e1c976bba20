// Time as values: points and spans of one monotonic clock that does not stop while the machine
// sleeps.
//
// Nothing below the outer loops reads a clock; `now` is an argument. The session rules count whole
// milliseconds (InstantMs, Millis); everything that measures counts nanoseconds (Instant,
// Duration).
#pragma once

#include <chrono>
#include <cstdint>

namespace jvpn {

// The tag of our time line. It has no now(): only a Clock has, and only outer loops hold one.
struct MonotonicTime {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<MonotonicTime, duration>;
  static constexpr bool is_steady = true;
};

using Duration = std::chrono::nanoseconds;
using Instant = std::chrono::time_point<MonotonicTime, Duration>;
using Millis = std::chrono::milliseconds;
using InstantMs = std::chrono::time_point<MonotonicTime, Millis>;

constexpr InstantMs FloorMs(Instant t) { return std::chrono::floor<Millis>(t); }

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant Now() const = 0;
};

}  // namespace jvpn
