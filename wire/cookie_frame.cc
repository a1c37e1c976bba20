#include "wire/cookie_frame.h"

#include "base/byte_cursor.h"
#include "base/check.h"

namespace jvpn {

std::optional<CookieFrame> DecodeCookieFrame(ByteView frame) {
  if (frame.size() != kCookieFrameBytes) return std::nullopt;
  if (frame[0] != static_cast<std::uint8_t>(FrameType::kCookieReply)) return std::nullopt;
  if (frame[1] != kWireVersion || LoadBe16(frame.data() + 2) != 0) return std::nullopt;
  return CookieFrame{.handshake_index = LoadBe32(frame.data() + 4),
                     .nonce = frame.subspan(kHandshakeHeaderBytes, kCookieNonceBytes),
                     .sealed = frame.last(kSealedCookieBytes)};
}

Bytes EncodeCookieFrame(const CookieFrame& frame) {
  Bytes bytes(kCookieFrameBytes);
  ByteWriter writer(bytes);
  writer.U8(static_cast<std::uint8_t>(FrameType::kCookieReply));
  writer.U8(kWireVersion);
  writer.U16(0);
  writer.U32(frame.handshake_index);
  writer.Copy(frame.nonce);
  writer.Copy(frame.sealed);
  CHECK(writer.ok() && writer.written() == kCookieFrameBytes);
  return bytes;
}

}  // namespace jvpn
