// Target: the reader of an audit log and the verifier behind it. A log that is accepted is
// verified, in whole or in part; anything else must end in a mismatch, never in a crash.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "tests/fuzz/fuzz_target.h"
#include "tools/audit_verify.h"

namespace jvpn {

bool FuzzTarget(ByteView input) {
  const std::string_view text(reinterpret_cast<const char*>(input.data()), input.size());
  AuditVerifier verifier(Millis{100});
  // As the chain would hold a mutation back, each line is read, and replayed, without it as well.
  PolicyBook book;
  SessionReplay replay(Role::kGateway, book, Millis{100});
  bool good = true;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    good = good && verifier.Take(line, std::to_string(++number));
    const auto read = ReadAuditLine(line);
    const auto* entry = std::get_if<AuditLine>(&read);
    if (entry == nullptr) continue;
    if (const auto policy = ReadCanonicalPolicy(entry->event.policy)) {
      book.emplace(entry->event.policy_id, std::make_shared<const Policy>(*policy));
    } else if (entry->event.session_id != SessionId{}) {
      (void)replay.Take(entry->event);
    }
  }
  good = good && verifier.Finish() && verifier.summary().lines > 0;
  CHECK(good || verifier.mismatch() || verifier.summary().lines == 0);
  return good;
}

}  // namespace jvpn
