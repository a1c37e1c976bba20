// Where the fields of Ethernet, IPv4, IPv6 and UDP headers lie, as far as the gateway reads or
// writes them. Byte offsets from each header's start (RFC 791, 768, 8200; IEEE 802.1Q).
#pragma once

#include <cstdint>

namespace jvpn {

inline constexpr std::uint16_t kEthernetBytes = 14;
inline constexpr std::uint16_t kVlanTagBytes = 4;
inline constexpr std::uint16_t kEtherTypeOffset = 12;
inline constexpr std::uint16_t kEtherTypeV4 = 0x0800;
inline constexpr std::uint16_t kEtherTypeArp = 0x0806;
inline constexpr std::uint16_t kEtherTypeVlan = 0x8100;
inline constexpr std::uint16_t kEtherTypeV6 = 0x86dd;

inline constexpr std::uint16_t kV4Bytes = 20;  // without options
inline constexpr std::uint16_t kV4LengthOffset = 2;
inline constexpr std::uint16_t kV4FragmentOffset = 6;
inline constexpr std::uint16_t kV4TtlOffset = 8;
inline constexpr std::uint16_t kV4ProtocolOffset = 9;
inline constexpr std::uint16_t kV4ChecksumOffset = 10;
inline constexpr std::uint16_t kV4SourceOffset = 12;
inline constexpr std::uint16_t kV4DestinationOffset = 16;
inline constexpr std::uint16_t kV4DontFragment = 0x4000;
inline constexpr std::uint16_t kV4MoreOrOffset = 0x3fff;  // a fragment, if any bit is set

inline constexpr std::uint16_t kV6Bytes = 40;
inline constexpr std::uint16_t kV6LengthOffset = 4;  // of what follows the header
inline constexpr std::uint16_t kV6NextHeaderOffset = 6;
inline constexpr std::uint16_t kV6HopLimitOffset = 7;
inline constexpr std::uint16_t kV6SourceOffset = 8;
inline constexpr std::uint16_t kV6DestinationOffset = 24;

inline constexpr std::uint16_t kUdpBytes = 8;
inline constexpr std::uint16_t kUdpLengthOffset = 4;

inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint8_t kProtocolV6Fragment = 44;
inline constexpr std::uint8_t kProtocolIcmp6 = 58;
inline constexpr std::uint8_t kOuterTtl = 64;

}  // namespace jvpn
