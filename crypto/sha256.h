// SHA-256 (FIPS 180-4) as text: for what people and other programs check, such as the audit chain.
#pragma once

#include <string>
#include <string_view>

namespace jvpn {

// 64 lower-case hex digits, as sha256sum prints them.
std::string Sha256Hex(std::string_view text);

}  // namespace jvpn
