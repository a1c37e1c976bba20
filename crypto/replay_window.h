// ReplayWindow: accepts each packet counter of one key and transport at most once (RFC 6479).
//
// Units      Counters count packets, from 0. Of four 64-bit blocks one is always being recycled, so
//            the window reaches 192 packets behind the newest. One worker opens all packets of a
//            session in order, so it covers the network's reordering only, and fits one cache line.
// Ownership  One per transport and direction, with the worker or client loop that owns the session.
// Order      Check() before opening, Accept() only after the tag verified, and again per packet:
//            two copies in one burst both pass Check().
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <limits>

namespace jvpn {

class ReplayWindow {
 public:
  static constexpr std::uint64_t kBlocks = 4;
  static constexpr std::uint64_t kSpan = (kBlocks - 1) * 64;

  // Might Accept() say yes? Moves nothing.
  bool Check(std::uint64_t counter) const {
    // The last counter of all would make next_ wrap to 0 and open the window to every replay.
    if (counter >= next_) return counter != std::numeric_limits<std::uint64_t>::max();
    if (next_ - counter > kSpan) return false;
    return (blocks_[(counter >> 6) % kBlocks] >> (counter & 63) & 1) == 0;
  }

  // True once per counter; records it.
  bool Accept(std::uint64_t counter) {
    if (!Check(counter)) return false;
    const std::uint64_t block = counter >> 6;
    if (counter >= next_) {
      const std::uint64_t newest = next_ == 0 ? 0 : (next_ - 1) >> 6;
      const std::uint64_t steps = block - newest < kBlocks ? block - newest : kBlocks;
      for (std::uint64_t i = 1; i <= steps; ++i) blocks_[(newest + i) % kBlocks] = 0;
      next_ = counter + 1;
    }
    blocks_[block % kBlocks] |= std::uint64_t{1} << (counter & 63);
    ++count_;
    return true;
  }

  std::uint64_t next() const { return next_; }    // greatest counter accepted, plus one
  std::uint64_t count() const { return count_; }  // how many were accepted

  // From here on each counter is remembered by itself.
  std::uint64_t first_kept() const {
    const std::uint64_t newest = next_ == 0 ? 0 : (next_ - 1) >> 6;
    return newest < kBlocks ? 0 : (newest - (kBlocks - 1)) << 6;
  }
  // How many counters below `bound` were accepted. REQUIRES: bound >= first_kept().
  std::uint64_t CountBelow(std::uint64_t bound) const {
    std::uint64_t above = 0;
    for (std::uint64_t block = bound >> 6; block << 6 < next_; ++block) {
      const std::uint64_t skip = block == bound >> 6 ? bound & 63 : 0;
      above += static_cast<std::uint64_t>(std::popcount(blocks_[block % kBlocks] >> skip));
    }
    return count_ - above;
  }

 private:
  std::uint64_t next_ = 0;
  std::uint64_t count_ = 0;
  std::array<std::uint64_t, kBlocks> blocks_{};
};

}  // namespace jvpn
