// The cookie reply (docs/wire.md 3.5): a loaded gateway's answer to an init whose source has proved
// nothing. Layout only: no key is touched here.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "wire/handshake_frame.h"

namespace jvpn {

inline constexpr std::size_t kCookieBytes = 16;
inline constexpr std::size_t kCookieNonceBytes = 24;
inline constexpr std::size_t kSealedCookieBytes = kCookieBytes + kTagBytes;
inline constexpr std::size_t kCookieFrameBytes =
    kHandshakeHeaderBytes + kCookieNonceBytes + kSealedCookieBytes;
static_assert(kCookieFrameBytes < kMinHandshakeInit, "a flood must not be answered with more");

struct CookieFrame {
  std::uint32_t handshake_index = 0;  // of the init that it answers
  ByteView nonce;                     // kCookieNonceBytes
  ByteView sealed;                    // kSealedCookieBytes
};

// nullopt: wrong type, version, reserved bits or length. The views are into `frame`.
std::optional<CookieFrame> DecodeCookieFrame(ByteView frame);
// REQUIRES: both views of their full length.
Bytes EncodeCookieFrame(const CookieFrame& frame);

}  // namespace jvpn
