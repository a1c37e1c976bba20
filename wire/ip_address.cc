#include "wire/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "base/check.h"

namespace jvpn {
namespace {

IpAddress FromBytes(IpFamily family, ByteView raw) {
  IpAddress address;
  address.family = family;
  std::copy(raw.begin(), raw.end(), address.bytes.begin());
  return address;
}

// Plain decimal without sign, space or leading zero.
std::optional<std::uint8_t> ParseLength(std::string_view digits, std::size_t greatest) {
  if (digits.empty() || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
  unsigned value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc{} || stop != end || value > greatest) return std::nullopt;
  return static_cast<std::uint8_t>(value);
}

}  // namespace

IpAddress IpAddress::V4(ByteView four) {
  CHECK(four.size() == 4);
  return FromBytes(IpFamily::kV4, four);
}

IpAddress IpAddress::V6(ByteView sixteen) {
  CHECK(sixteen.size() == 16);
  return FromBytes(IpFamily::kV6, sixteen);
}

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  // inet_pton stops at a NUL and would take what stands before it.
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  std::array<std::uint8_t, 16> raw{};
  if (inet_pton(AF_INET, terminated.c_str(), raw.data()) == 1) {
    return FromBytes(IpFamily::kV4, ByteView(raw).first(4));
  }
  if (inet_pton(AF_INET6, terminated.c_str(), raw.data()) == 1) {
    return FromBytes(IpFamily::kV6, raw);
  }
  return std::nullopt;
}

std::string IpAddress::ToString() const {
  if (is_none()) return "none";
  char text[INET6_ADDRSTRLEN];
  CHECK(inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes.data(), text, sizeof text) != nullptr);
  return text;
}

std::string Endpoint::ToString() const {
  const std::string host = address.ToString();
  const std::string number = std::to_string(port);
  return address.is_v6() ? "[" + host + "]:" + number : host + ":" + number;
}

std::optional<Prefix> Prefix::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::Parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const std::size_t bits = address->size() * 8;
  if (slash == std::string_view::npos) return Prefix{*address, static_cast<std::uint8_t>(bits)};
  const auto length = ParseLength(text.substr(slash + 1), bits);
  if (!length) return std::nullopt;
  return Prefix{*address, *length};
}

bool Prefix::Contains(const IpAddress& candidate) const {
  DCHECK(length <= address.size() * 8);
  if (candidate.family != address.family || address.is_none()) return false;
  const std::size_t whole = length / 8;
  if (!std::equal(address.bytes.begin(), address.bytes.begin() + whole, candidate.bytes.begin())) {
    return false;
  }
  const unsigned rest = length % 8;
  if (rest == 0) return true;
  return ((address.bytes[whole] ^ candidate.bytes[whole]) >> (8 - rest)) == 0;
}

Prefix Prefix::Network() const {
  DCHECK(length <= address.size() * 8);
  Prefix network = *this;
  for (std::size_t i = 0; i < network.address.bytes.size(); ++i) {
    const std::size_t kept = length > i * 8 ? std::min<std::size_t>(length - i * 8, 8) : 0;
    network.address.bytes[i] &= static_cast<std::uint8_t>(0xff00U >> kept);
  }
  return network;
}

std::string Prefix::ToString() const {
  if (address.is_none()) return "none";
  return address.ToString() + "/" + std::to_string(length);
}

std::string MacAddress::ToString() const {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    if (!text.empty()) text.push_back(':');
    text.push_back(kHex[byte >> 4]);
    text.push_back(kHex[byte & 15]);
  }
  return text;
}

}  // namespace jvpn
