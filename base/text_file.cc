#include "base/text_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace jvpn {

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  // A folder opens like a file, and only its first byte tells.
  if (file) file.peek();
  std::ostringstream text;
  if (file.good()) text << file.rdbuf();
  if (!file.is_open() || file.bad() || text.bad()) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read: ", std::strerror(errno)));
  }
  return text.str();
}

absl::StatusOr<std::string> ReadTrustedFile(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && (info.st_mode & 022) != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat(path, ": others than its owner may write this file; run: chmod go-w ", path));
  }
  return ReadTextFile(path);
}

}  // namespace jvpn
