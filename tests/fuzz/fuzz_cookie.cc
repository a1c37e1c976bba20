// Target: cookie replies.
#include <algorithm>

#include "base/check.h"
#include "tests/fuzz/fuzz_target.h"
#include "wire/cookie_frame.h"

namespace jvpn {

bool FuzzTarget(ByteView input) {
  const auto frame = DecodeCookieFrame(input);
  if (!frame) return false;
  CHECK(std::ranges::equal(EncodeCookieFrame(*frame), input));
  return true;
}

}  // namespace jvpn
