// UniqueFd: owns one file descriptor and closes it once. Not thread-safe.
#pragma once

#include <unistd.h>

#include <utility>

namespace jvpn {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& from) noexcept : fd_(std::exchange(from.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& from) noexcept {
    if (this != &from) Reset(std::exchange(from.fd_, -1));
    return *this;
  }
  ~UniqueFd() { Reset(); }

  void Reset(int fd = -1) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace jvpn
