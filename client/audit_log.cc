#include "client/audit_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace jvpn {

absl::StatusOr<AuditLog> AuditLog::Open(const std::string& path, std::string node) {
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
  if (!fd.valid()) {
    return absl::UnavailableError(
        absl::StrCat("cannot open the audit log ", path, ": ", std::strerror(errno)));
  }
  return AuditLog(std::move(fd), std::move(node));
}

bool AuditLog::Append(const Event& event) {
  const std::string line = ToJson(event, node_) + '\n';
  const bool written =
      write(fd_.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const bool first_loss = !written && !failing_;
  failing_ = !written;
  if (!written) ++lost_;
  return !first_loss;
}

}  // namespace jvpn
