// Target: records as they lie in a store, whoever has written into its file. Only what this node
// has sealed opens; corpus/record was, under the key that stands here.
#include "base/check.h"
#include "store/record_seal.h"
#include "tests/fuzz/fuzz_target.h"

namespace jvpn {

bool FuzzTarget(ByteView input) {
  static const RecordSeal seal{Secret32{}};
  SessionId key;
  key.bytes.fill(0xa5);
  const RecordSeal::Opened opened = seal.Open(key, input);
  if (!opened.plaintext) {
    CHECK(opened.fault == Reason::kRecordUnreadable || opened.fault == Reason::kKeyMaterialLost);
    return false;
  }
  CHECK(opened.plaintext->size() < input.size());
  return true;
}

}  // namespace jvpn
