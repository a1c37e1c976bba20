// AdminClient: one connection to a gateway's control socket, blocking, for a tool that a person
// runs.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"
#include "control/admin_protocol.h"

namespace jvpn {

class AdminClient {
 public:
  // Errors are sentences for the operator.
  static absl::StatusOr<AdminClient> Connect(const std::string& socket_path);

  // The result, or the gateway's own sentence; waits for 10 s at most.
  absl::StatusOr<Json> Call(const std::string& method, const Json& params);
  // As Call(), of an answer that comes in pages: their lists named `list` are joined, up to `most`
  // entries (0 = all). What lies beyond leaves "next" in the result.
  absl::StatusOr<Json> CallPages(const std::string& method, Json params, const std::string& list,
                                 std::size_t most);
  // The next line of a followed stream, without its newline; nullopt at its end. Waits for ever.
  std::optional<std::string> NextLine();

 private:
  AdminClient(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  // nullopt at the end of the connection or after `timeout_ms` without a byte (-1 = none).
  std::optional<std::string> ReadLine(int timeout_ms);

  std::string path_;
  UniqueFd fd_;
  std::string in_;
};

}  // namespace jvpn
