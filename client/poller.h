// Poller: waits for descriptors, a point of the boot clock, or both.
//
// Ownership  One thread. A descriptor that is closed leaves by itself.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "base/time.h"
#include "base/unique_fd.h"

namespace jvpn {

class Poller {
 public:
  static absl::StatusOr<Poller> Create();

  // `tag` is what Wait() returns while `fd` is readable.
  absl::Status Add(int fd, std::uint64_t tag);
  // Until something is readable or `deadline` has come, in CLOCK_BOOTTIME, which also counts the
  // time that a machine sleeps.
  const std::vector<std::uint64_t>& Wait(Instant deadline);

 private:
  Poller(UniqueFd epoll, UniqueFd timer) : epoll_(std::move(epoll)), timer_(std::move(timer)) {}

  UniqueFd epoll_;
  UniqueFd timer_;
  std::vector<std::uint64_t> ready_;
};

}  // namespace jvpn
