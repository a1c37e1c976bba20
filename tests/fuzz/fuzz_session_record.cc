// Target: the plaintext of a record. Only what this node has sealed comes so far, but an older
// version of it may have. What is taken is written again as it was read.
#include <algorithm>

#include "base/check.h"
#include "control/session_record.h"
#include "tests/fuzz/fuzz_target.h"

namespace jvpn {

bool FuzzTarget(ByteView input) {
  SessionId id;
  id.bytes.fill(0xa5);
  const auto record = DecodeRecord(id, input);
  if (!record) return false;
  const Bytes written = EncodeRecord(*record);
  CHECK(std::equal(written.begin(), written.end(), input.begin(), input.end()));
  return true;
}

}  // namespace jvpn
