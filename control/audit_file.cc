#include "control/audit_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/sha256.h"
#include "nlohmann/json.hpp"

namespace jvpn {
namespace {

constexpr std::size_t kSeqDigits = 12;

// Nonblocking, so that a pipe without a reader cannot hold the writer's thread for ever.
UniqueFd OpenForAppend(const std::string& path) {
  return UniqueFd(
      open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640));
}

std::uint64_t SizeOf(int fd) {
  struct stat info {};
  return fstat(fd, &info) == 0 && S_ISREG(info.st_mode) ? static_cast<std::uint64_t>(info.st_size)
                                                        : 0;
}

std::string ReadTail(int fd) {
  struct stat info {};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return {};
  const off_t from = std::max<off_t>(0, info.st_size - AuditFile::kScanBytes);
  std::string tail(static_cast<std::size_t>(info.st_size - from), '\0');
  const ssize_t got = pread(fd, tail.data(), tail.size(), from);
  tail.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return tail;
}

std::uint64_t SeqOf(std::string_view line) {
  const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return 0;
  const auto seq = json.find("seq");
  return seq != json.end() && seq->is_number_unsigned() ? seq->get<std::uint64_t>() : 0;
}

// Of the last whole line that is one of ours.
AuditHead HeadOf(std::string_view tail) {
  for (std::size_t end = tail.rfind('\n'); end != std::string_view::npos; end = tail.rfind('\n')) {
    tail = tail.substr(0, end);
    const std::size_t before = tail.rfind('\n');
    const std::string_view line = tail.substr(before == std::string_view::npos ? 0 : before + 1);
    if (const std::uint64_t seq = SeqOf(line); seq != 0) {
      return {.seq = seq, .hash = Sha256Hex(line)};
    }
  }
  return {};
}

absl::flat_hash_set<std::string> EndedIn(std::string_view tail) {
  constexpr std::string_view kEnd = "\"event_type\":\"SessionTerminated\"";
  absl::flat_hash_set<std::string> ended;
  for (std::size_t at = tail.find(kEnd); at != std::string_view::npos; at = tail.find(kEnd, at)) {
    const std::size_t begin = tail.rfind('\n', at) + 1;  // npos + 1 = 0
    const std::size_t end = tail.find('\n', at);
    if (end == std::string_view::npos) break;
    const auto line = nlohmann::json::parse(tail.substr(begin, end - begin), nullptr, false);
    const auto id = line.is_object() ? line.find("session_id") : line.end();
    if (id != line.end() && id->is_string()) ended.insert(id->get<std::string>());
    at = end;
  }
  return ended;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditFile>> AuditFile::Open(const std::string& path,
                                                           Complain complain,
                                                           std::uint64_t max_bytes) {
  const auto directory = std::filesystem::path(path).parent_path();
  if (!directory.empty()) {
    std::error_code ignored;  // what stands in the way is told by the open below
    std::filesystem::create_directory(directory, ignored);
  }
  UniqueFd fd = OpenForAppend(path);
  if (!fd.valid()) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot open the audit log \"", path, "\": ", std::strerror(errno),
                     "; set gateway.audit_log to a file that this user may write"));
  }
  const std::string tail = ReadTail(fd.get());
  std::unique_ptr<AuditFile> file(new AuditFile(path, std::move(fd), std::move(complain)));
  file->head_ = HeadOf(tail);
  file->ended_ = EndedIn(tail);
  file->max_bytes_ = max_bytes;
  if (!tail.empty() && tail.back() != '\n') file->Write("\n");
  return file;
}

AuditFile::AuditFile(std::string path, UniqueFd fd, Complain complain)
    : path_(std::move(path)), fd_(std::move(fd)), complain_(std::move(complain)) {}

std::size_t AuditFile::Write(std::string_view bytes) {
  if (max_bytes_ > 0 && at_line_start_ && SizeOf(fd_.get()) >= max_bytes_) Rotate(bytes);
  const ssize_t taken = write(fd_.get(), bytes.data(), bytes.size());
  if (taken > 0) {
    in_trouble_ = false;
    at_line_start_ = bytes[static_cast<std::size_t>(taken) - 1] == '\n';
    return static_cast<std::size_t>(taken);
  }
  if (!std::exchange(in_trouble_, true)) {
    complain_(absl::StrCat("the audit log \"", path_, "\" takes no lines: ", std::strerror(errno)));
  }
  return 0;
}

void AuditFile::Rotate(std::string_view next_line) {
  const std::uint64_t seq = SeqOf(next_line.substr(0, next_line.find('\n')));
  if (seq == 0) return;
  // Named after the line with which the next file begins, and in the order of the names.
  const std::string digits = std::to_string(seq);
  const std::string old =
      path_ + '.' + std::string(kSeqDigits - std::min(kSeqDigits, digits.size()), '0') + digits;
  if (renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, old.c_str(), RENAME_NOREPLACE) == 0) {
    return Reopen();
  }
  complain_(absl::StrCat("cannot rename the audit log \"", path_, "\" to \"", old,
                         "\": ", std::strerror(errno), "; it goes on growing"));
  max_bytes_ = 0;
}

void AuditFile::Reopen() {
  UniqueFd fd = OpenForAppend(path_);
  if (!fd.valid()) {
    complain_(absl::StrCat("cannot reopen the audit log \"", path_, "\": ", std::strerror(errno),
                           "; the old file stays in use"));
    return;
  }
  fd_ = std::move(fd);
}

void AuditFile::Sync() { fdatasync(fd_.get()); }

}  // namespace jvpn
