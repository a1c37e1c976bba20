// Target: session control frames, and messages as if they had been opened: what lies between nonce
// and tag stands for the plaintext.
#include <algorithm>

#include "base/check.h"
#include "tests/fuzz/fuzz_target.h"
#include "wire/session_control.h"

namespace jvpn {

bool FuzzTarget(ByteView input) {
  const auto header = DecodeControlHeader(input);
  if (!header) return false;
  std::uint8_t again[kControlHeaderBytes];
  EncodeControlHeader(*header, again);
  CHECK(std::ranges::equal(again, input.first(kControlHeaderBytes)));

  const ByteView plaintext =
      input.subspan(kControlHeaderBytes + kControlNonceBytes, input.size() - kControlOverheadBytes);
  const auto message = DecodeSessionMessage(plaintext);
  if (!message) return false;
  CHECK(std::ranges::equal(EncodeSessionMessage(*message), plaintext));
  return true;
}

}  // namespace jvpn
