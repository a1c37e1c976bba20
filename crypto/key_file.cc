#include "crypto/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace jvpn {
namespace {

constexpr std::size_t kBase64Bytes = 44;  // 32 bytes, padded

// The only file descriptor of a key file; closed when it dies.
class File {
 public:
  explicit File(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

bool DecodeBase64(std::string_view base64, std::span<std::uint8_t, 32> key) {
  std::size_t decoded = 0;
  return base64.size() == kBase64Bytes &&
         sodium_base642bin(key.data(), key.size(), base64.data(), base64.size(), nullptr, &decoded,
                           nullptr, sodium_base64_VARIANT_ORIGINAL) == 0 &&
         decoded == key.size();
}

absl::Status NotAKey() {
  return absl::InvalidArgumentError("a key is 44 characters of base64 (32 bytes)");
}

absl::Status CheckMode(const std::string& path, int fd) {
  struct stat info {};
  if (fstat(fd, &info) != 0) {
    return absl::UnavailableError(absl::StrCat(path, ": ", std::strerror(errno)));
  }
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": not a regular file"));
  }
  if ((info.st_mode & 077) != 0) {
    return absl::PermissionDeniedError(absl::StrCat(
        path, ": others than its owner may use this secret key; run: chmod 600 ", path));
  }
  return absl::OkStatus();
}

}  // namespace

std::string EncodeBase64(ByteView key) {
  std::string text(sodium_base64_ENCODED_LEN(key.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), key.data(), key.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the terminator that libsodium counts
  return text;
}

absl::StatusOr<PublicKey> DecodePublicKey(const std::string& base64) {
  PublicKey key{};
  if (!DecodeBase64(base64, key)) return NotAKey();
  return key;
}

absl::StatusOr<Secret32> DecodeSecretKey(const std::string& base64) {
  Secret32 key;
  if (!DecodeBase64(base64, key.writable())) return NotAKey();
  return key;
}

absl::StatusOr<Secret32> ReadSecretKeyFile(const std::string& path) {
  const File file(path);
  if (file.fd() < 0) {
    const char* hint = errno == ENOENT ? "; make it with: jvpnctl genkey (or genpsk)" : "";
    return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno), hint));
  }
  if (absl::Status status = CheckMode(path, file.fd()); !status.ok()) return status;
  // One byte more than a key and its newline, so that a longer file shows itself.
  Secret<kBase64Bytes + 2> text;
  const ssize_t size = read(file.fd(), text.writable().data(), text.writable().size());
  if (size < 0) return absl::UnavailableError(absl::StrCat(path, ": ", std::strerror(errno)));
  std::string_view line(reinterpret_cast<const char*>(text.view().data()),
                        static_cast<std::size_t>(size));
  if (line.ends_with('\n')) line.remove_suffix(1);
  Secret32 key;
  if (!DecodeBase64(line, key.writable())) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": not a key; it must hold 44 characters of base64 and a newline"));
  }
  return key;
}

}  // namespace jvpn
