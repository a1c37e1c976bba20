// Trace: everything that happens in a run, as one number that two equal runs share and, when asked
// for, as lines for people.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/time.h"

namespace jvpn::sim {

class Trace {
 public:
  explicit Trace(bool print) : print_(print) {}

  void At(Duration now) { now_ = now; }
  Duration now() const { return now_; }
  bool printing() const { return print_; }

  void Number(std::uint64_t value) {
    hash_ = (hash_ ^ value) * 0x0000'0100'0000'01b3U;
    hash_ ^= hash_ >> 29;
  }
  // What a person reads; it counts as well.
  void Line(std::string_view who, std::string_view text) {
    Number(static_cast<std::uint64_t>(now_.count()));
    for (const char c : text) Number(static_cast<std::uint8_t>(c));
    if (print_) Print(who, text);
  }
  // For people only.
  void Note(std::string_view who, const std::string& text) const {
    if (print_) Print(who, text);
  }
  std::uint64_t hash() const { return hash_; }

 private:
  void Print(std::string_view who, std::string_view text) const {
    std::printf("%10.3f  %-9.*s %.*s\n", static_cast<double>(now_.count()) / 1e6,
                static_cast<int>(who.size()), who.data(), static_cast<int>(text.size()),
                text.data());
  }

  bool print_;
  Duration now_{};
  std::uint64_t hash_ = 0xcbf2'9ce4'8422'2325U;
};

}  // namespace jvpn::sim
