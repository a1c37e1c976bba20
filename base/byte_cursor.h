// ByteReader and ByteWriter: walk a buffer in wire order without ever leaving it.
//
// A reader that runs out sets ok() to false for good and yields zeros, so a decoder checks once, at
// its end. A writer that runs out does the same and writes nothing more. Not thread-safe.
#pragma once

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace jvpn {

class ByteReader {
 public:
  explicit ByteReader(ByteView from) : rest_(from) {}

  std::uint8_t U8() {
    const ByteView b = Take(1);
    return b.empty() ? std::uint8_t{0} : b[0];
  }
  std::uint16_t U16() {
    const ByteView b = Take(2);
    return b.empty() ? std::uint16_t{0} : LoadBe16(b.data());
  }
  std::uint32_t U32() {
    const ByteView b = Take(4);
    return b.empty() ? 0 : LoadBe32(b.data());
  }
  std::uint64_t U64() {
    const ByteView b = Take(8);
    return b.empty() ? 0 : LoadBe64(b.data());
  }
  // The next n bytes, or an empty view (and ok() == false) if there are fewer.
  ByteView Take(std::size_t n) {
    if (n > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const ByteView taken = rest_.first(n);
    rest_ = rest_.subspan(n);
    return taken;
  }
  template <std::size_t N>
  std::array<std::uint8_t, N> Array() {
    std::array<std::uint8_t, N> out{};
    const ByteView taken = Take(N);
    std::copy(taken.begin(), taken.end(), out.begin());
    return out;
  }

  bool ok() const { return ok_; }
  ByteView rest() const { return rest_; }

 private:
  ByteView rest_;
  bool ok_ = true;
};

class ByteWriter {
 public:
  explicit ByteWriter(MutableBytes to) : to_(to) {}

  void U8(std::uint8_t v) {
    Put(1, [&](std::uint8_t* p) { *p = v; });
  }
  void U16(std::uint16_t v) {
    Put(2, [&](std::uint8_t* p) { StoreBe16(p, v); });
  }
  void U32(std::uint32_t v) {
    Put(4, [&](std::uint8_t* p) { StoreBe32(p, v); });
  }
  void U64(std::uint64_t v) {
    Put(8, [&](std::uint8_t* p) { StoreBe64(p, v); });
  }
  void Copy(ByteView v) {
    Put(v.size(), [&](std::uint8_t* p) { std::copy(v.begin(), v.end(), p); });
  }
  void Zeros(std::size_t n) {
    Put(n, [&](std::uint8_t* p) { std::fill_n(p, n, std::uint8_t{0}); });
  }

  bool ok() const { return ok_; }
  std::size_t written() const { return at_; }

 private:
  template <typename Store>
  void Put(std::size_t n, Store store) {
    if (!ok_ || n > to_.size() - at_) {
      ok_ = false;
      return;
    }
    store(to_.data() + at_);
    at_ += n;
  }

  MutableBytes to_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace jvpn
