// AuditSink: where finished audit lines go. A seam, so that a test can be a disk that hangs.
//
// Ownership  Only the audit log's writer thread calls it. It may block that thread, nobody else.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace jvpn {

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
