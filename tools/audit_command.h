// jvpnctl audit verify: reads files of an audit log and prints what AuditVerifier says of them.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace jvpn {

struct VerifyOptions {
  std::vector<std::string> files;
  std::int64_t late_ms = 100;
};

// The exit code: 0 all of it is verified; 1 a mismatch; 2 some of it cannot be read or judged.
int VerifyAudit(const VerifyOptions& options, bool json, std::ostream& out);

}  // namespace jvpn
