// AuditFile: the audit log on disk, append only, mode 0640, one JSON object a line. A file that has
// reached `max_bytes` is moved aside between two lines; none is ever removed.
//
// When full or broken  Write() takes nothing and tells errno once an episode; the audit log keeps
// what it has and counts what it cannot keep.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "base/unique_fd.h"
#include "control/audit_sink.h"

namespace jvpn {

class AuditFile final : public AuditSink {
 public:
  // More than is written while a store that works takes a write.
  static constexpr std::int64_t kScanBytes = 16 << 20;

  // `complain` gets one sentence a trouble, from the writer's thread.
  using Complain = std::function<void(const std::string&)>;

  // Makes the file's directory if only the last step of it is missing. A line that a crash cut
  // short is closed with a newline, so that it cannot swallow the next.
  static absl::StatusOr<std::unique_ptr<AuditFile>> Open(const std::string& path, Complain complain,
                                                         std::uint64_t max_bytes = 0);

  // The last whole line found at opening: a restart goes on from it.
  const AuditHead& head() const { return head_; }
  // Sessions of whose end the last kScanBytes of the file tell, as found at opening.
  const absl::flat_hash_set<std::string>& ended() const { return ended_; }

  std::size_t Write(std::string_view bytes) override;
  void Reopen() override;
  void Sync() override;

 private:
  AuditFile(std::string path, UniqueFd fd, Complain complain);
  // Moves a full file aside, as `path`.<seq>, and begins a new one.
  void Rotate(std::string_view next_line);

  std::string path_;
  UniqueFd fd_;
  Complain complain_;
  AuditHead head_;
  absl::flat_hash_set<std::string> ended_;
  std::uint64_t max_bytes_ = 0;  // 0 = no limit
  bool at_line_start_ = true;
  bool in_trouble_ = false;
};

}  // namespace jvpn
