#include "store/node_key.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/unique_fd.h"
#include "crypto/key_file.h"

namespace jvpn {
namespace {

absl::Status Fault(const std::string& path) {
  return absl::UnavailableError(absl::StrCat("node key ", path, ": ", std::strerror(errno)));
}

absl::Status Make(const std::string& path, const Secret32& key) {
  const UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.valid()) return Fault(path);
  std::string line = EncodeBase64(key.view()) + '\n';
  const bool written =
      write(file.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
      fsync(file.get()) == 0;
  sodium_memzero(line.data(), line.size());
  if (!written) return Fault(path);
  // The name must be as durable as the records that depend on it.
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const UniqueFd names(
      open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!names.valid() || fsync(names.get()) != 0) return Fault(path);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Secret32> ReadOrMakeNodeKey(const std::string& path, Random& random) {
  if (access(path.c_str(), F_OK) == 0 || errno != ENOENT) return ReadSecretKeyFile(path);
  Secret32 key;
  random.Fill(key.writable());
  if (absl::Status status = Make(path, key); !status.ok()) return status;
  return key;
}

}  // namespace jvpn
