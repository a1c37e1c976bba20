// AuditLog: the client's own events, one JSON object a line, appended to a file.
//
// Errors  A line that the disk does not take is counted; the first of a row is told to the log. It
//         never delays or changes what happens (requirements C-38).
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"
#include "session/event.h"

namespace jvpn {

class AuditLog {
 public:
  // `node`: who writes, the node_id of the events.
  static absl::StatusOr<AuditLog> Open(const std::string& path, std::string node);

  // False: the line was lost, and the one before was not.
  bool Append(const Event& event);
  std::uint64_t lost() const { return lost_; }

 private:
  AuditLog(UniqueFd fd, std::string node) : fd_(std::move(fd)), node_(std::move(node)) {}

  UniqueFd fd_;
  std::string node_;
  std::uint64_t lost_ = 0;
  bool failing_ = false;
};

}  // namespace jvpn
