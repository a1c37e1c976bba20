// IpAddress, Endpoint, Prefix, MacAddress: addresses as values, trivially copyable, comparable.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace jvpn {

enum class IpFamily : std::uint8_t { kNone = 0, kV4 = 4, kV6 = 6 };

struct IpAddress {
  IpFamily family = IpFamily::kNone;
  std::array<std::uint8_t, 16> bytes{};  // network order; IPv4 uses the first four

  static IpAddress V4(ByteView four);
  static IpAddress V6(ByteView sixteen);
  // Dotted or colon form; nullopt when it is neither.
  static std::optional<IpAddress> Parse(std::string_view text);

  bool is_v4() const { return family == IpFamily::kV4; }
  bool is_v6() const { return family == IpFamily::kV6; }
  bool is_none() const { return family == IpFamily::kNone; }
  std::size_t size() const { return is_v4() ? 4 : is_v6() ? 16 : 0; }
  ByteView view() const { return ByteView(bytes.data(), size()); }
  std::string ToString() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const IpAddress& a) {
    return H::combine(std::move(h), a.family, a.bytes);
  }
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;  // host order

  // "192.0.2.1:4600" or "[2001:db8::1]:4600".
  std::string ToString() const;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Endpoint& e) {
    return H::combine(std::move(h), e.address, e.port);
  }
};

// An address and how many of its leading bits count. The address may have host bits set: an
// interface address is a Prefix too.
struct Prefix {
  IpAddress address;
  std::uint8_t length = 0;

  // "10.0.0.0/8"; an address alone is a host prefix.
  static std::optional<Prefix> Parse(std::string_view text);
  bool Contains(const IpAddress& candidate) const;
  Prefix Network() const;  // host bits cleared
  std::string ToString() const;
  friend auto operator<=>(const Prefix&, const Prefix&) = default;
};

struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};

  bool is_zero() const { return (LoadBe32(bytes.data()) | LoadBe16(bytes.data() + 4)) == 0; }
  std::string ToString() const;
  friend auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

}  // namespace jvpn
