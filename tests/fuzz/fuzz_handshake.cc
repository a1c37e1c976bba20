// Target: handshake frames, and the payloads of both as if they had authenticated.
#include <algorithm>

#include "base/check.h"
#include "tests/fuzz/fuzz_target.h"
#include "wire/handshake_frame.h"

namespace jvpn {
namespace {

bool ReadFrame(ByteView input) {
  const auto frame = DecodeHandshakeFrame(input);
  if (!frame) return false;
  Bytes again = EncodeHandshakeFrame(frame->type, frame->handshake_index, frame->noise);
  std::ranges::copy(frame->mac1, again.end() - 2 * kMacBytes);
  std::ranges::copy(frame->mac2, again.end() - kMacBytes);
  CHECK(std::ranges::equal(again, input));
  return true;
}

bool ReadInit(ByteView input) {
  const auto payload = DecodeInitPayload(input);
  if (!payload) return false;
  Bytes again = EncodeInitPayload(*payload);
  CHECK(again.size() <= input.size());
  again.resize(input.size());  // more padding than needed is allowed
  CHECK(std::ranges::equal(again, input));
  return true;
}

bool ReadResponse(ByteView input) {
  const auto payload = DecodeResponsePayload(input);
  if (!payload) return false;
  CHECK(std::ranges::equal(EncodeResponsePayload(*payload), input));
  return true;
}

}  // namespace

bool FuzzTarget(ByteView input) {
  const bool frame = ReadFrame(input);
  const bool init = ReadInit(input);
  const bool response = ReadResponse(input);
  return frame || init || response;
}

}  // namespace jvpn
