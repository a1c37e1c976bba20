// PrefixMatch: a prefix as masks, to test raw addresses of packets without building an IpAddress.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "wire/ip_address.h"

namespace jvpn {

class PrefixMatch {
 public:
  PrefixMatch() = default;
  explicit PrefixMatch(const Prefix& prefix) : family_(prefix.address.family) {
    const std::uint8_t* first = prefix.address.bytes.data();
    if (family_ == IpFamily::kV4) {
      low_mask_ = Mask(prefix.length, 32) & 0xffff'ffffU;
      low_ = LoadBe32(first) & low_mask_;
    } else if (family_ == IpFamily::kV6) {
      high_mask_ = Mask(prefix.length, 64);
      low_mask_ = prefix.length > 64 ? Mask(prefix.length - 64U, 64) : 0;
      high_ = LoadBe64(first) & high_mask_;
      low_ = LoadBe64(first + 8) & low_mask_;
    }
  }

  IpFamily family() const { return family_; }
  // `address`: 4 or 16 bytes, of this prefix's family; the caller has compared families.
  bool Contains(const std::uint8_t* address) const {
    if (family_ == IpFamily::kV4) return (LoadBe32(address) & low_mask_) == low_;
    return family_ == IpFamily::kV6 && (LoadBe64(address) & high_mask_) == high_ &&
           (LoadBe64(address + 8) & low_mask_) == low_;
  }
  // The first address of the prefix; an IPv4 one is all in low().
  std::uint64_t high() const { return high_; }
  std::uint64_t low() const { return low_; }

 private:
  static std::uint64_t Mask(unsigned length, unsigned width) {
    return length == 0 ? 0 : ~std::uint64_t{0} << (width - (length < width ? length : width));
  }

  IpFamily family_ = IpFamily::kNone;
  std::uint64_t high_ = 0;
  std::uint64_t low_ = 0;
  std::uint64_t high_mask_ = 0;
  std::uint64_t low_mask_ = 0;
};

}  // namespace jvpn
