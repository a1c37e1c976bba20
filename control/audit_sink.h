// AuditSink: where finished audit lines go. A seam, so that a test can be a disk that hangs.
//
// Ownership  Only the audit log's writer thread calls it. It may block that thread, nobody else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace jvpn {

// Where the chain of lines stands: each line names the hash of the one before it.
struct AuditHead {
  std::uint64_t seq = 0;
  std::string hash = std::string(64, '0');  // SHA-256 of the line without its newline
  friend bool operator==(const AuditHead&, const AuditHead&) = default;
};

class AuditSink {
 public:
  virtual ~AuditSink() = default;
  // Takes some of `bytes` and says how many; 0 = not now, the caller repeats.
  virtual std::size_t Write(std::string_view bytes) = 0;
  // Begins a new file at the same path, after logrotate took the old one away.
  virtual void Reopen() = 0;
  // What was written is on the disk when this returns, as far as the disk says so.
  virtual void Sync() = 0;
};

}  // namespace jvpn
