// ReadTextFile, ReadTrustedFile: a whole file, as configuration is read.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace jvpn {

// The whole file, or one sentence that begins with its path.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);
// The same of a file that decides what a privileged process does: refused when others than its
// owner may write it.
absl::StatusOr<std::string> ReadTrustedFile(const std::string& path);

}  // namespace jvpn
