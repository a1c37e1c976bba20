#include "dataplane/inner_packet.h"

#include <algorithm>

#include "dataplane/checksum.h"
#include "dataplane/prefix_match.h"

namespace jvpn {

IpFamily WholeInnerPacket(ByteView plaintext) {
  if (plaintext.size() < kV4Bytes) return IpFamily::kNone;
  const std::uint8_t* header = plaintext.data();
  if (header[0] >> 4 == 4) {
    const std::size_t header_bytes = (header[0] & 15U) * 4;
    const bool whole = header_bytes >= kV4Bytes && header_bytes <= plaintext.size() &&
                       LoadBe16(header + kV4LengthOffset) == plaintext.size();
    return whole ? IpFamily::kV4 : IpFamily::kNone;
  }
  const bool whole = header[0] >> 4 == 6 && plaintext.size() >= kV6Bytes &&
                     LoadBe16(header + kV6LengthOffset) + std::size_t{kV6Bytes} == plaintext.size();
  return whole ? IpFamily::kV6 : IpFamily::kNone;
}

bool IsInnerSourceAllowed(SessionSlab slab, IpFamily family, const std::uint8_t* packet) {
  const SessionHot& hot = slab.hot();
  const std::uint8_t* source =
      packet + (family == IpFamily::kV4 ? kV4SourceOffset : kV6SourceOffset);
  if (family == IpFamily::kV4) {
    if (hot.has_v4 && std::equal(hot.inner_v4.begin(), hot.inner_v4.end(), source)) return true;
  } else {
    if (hot.has_v6 && std::equal(hot.inner_v6.begin(), hot.inner_v6.end(), source)) return true;
  }
  const SessionCold& cold = slab.cold();
  for (std::uint8_t i = 0; i < hot.allowed_count; ++i) {
    if (cold.allowed_family[i] != family) continue;
    const PrefixMatch allowed({{family, cold.allowed_address[i]}, cold.allowed_length[i]});
    if (allowed.Contains(source)) return true;
  }
  return false;
}

bool DecrementTtl(IpFamily family, std::uint8_t* packet) {
  if (family == IpFamily::kV6) {
    if (packet[kV6HopLimitOffset] <= 1) return false;
    --packet[kV6HopLimitOffset];
    return true;
  }
  if (packet[kV4TtlOffset] <= 1) return false;
  --packet[kV4TtlOffset];
  // TTL is the upper byte of its 16-bit word: one less there is 0x0100 more in the complement.
  std::uint32_t sum = LoadBe16(packet + kV4ChecksumOffset) + 0x0100U;
  if (sum >= 0xffff) ++sum;
  StoreBe16(packet + kV4ChecksumOffset, static_cast<std::uint16_t>(sum));
  return true;
}

bool IsUnroutable(IpFamily family, const std::uint8_t* address) {
  if (family == IpFamily::kV4) {
    const bool link_local = address[0] == 169 && address[1] == 254;
    return address[0] == 0 || address[0] == 127 || address[0] >= 224 || link_local;
  }
  if (address[0] == 0xff || (address[0] == 0xfe && (address[1] & 0xc0) == 0x80)) return true;
  // :: and ::1
  return std::all_of(address, address + 15, [](std::uint8_t b) { return b == 0; }) &&
         address[15] <= 1;
}

bool WantsTooBig(IpFamily family, const std::uint8_t* packet) {
  return family == IpFamily::kV6 || (LoadBe16(packet + kV4FragmentOffset) & kV4DontFragment) != 0;
}

}  // namespace jvpn
