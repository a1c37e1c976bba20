#include "client/poller.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace jvpn {
namespace {

constexpr std::uint64_t kTimerTag = ~std::uint64_t{0};

absl::Status Error(const char* what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<Poller> Poller::Create() {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return Error("epoll");
  UniqueFd timer(timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!timer.valid()) return Error("timerfd");
  const int timer_fd = timer.get();
  Poller poller(std::move(epoll), std::move(timer));
  if (const absl::Status status = poller.Add(timer_fd, kTimerTag); !status.ok()) return status;
  return poller;
}

absl::Status Poller::Add(int fd, std::uint64_t tag) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = tag;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return Error("epoll_ctl");
  return absl::OkStatus();
}

const std::vector<std::uint64_t>& Poller::Wait(Instant deadline) {
  // Setting the timer also clears its readiness. 0 would disarm it, so what is due waits 1 ns.
  itimerspec when{};
  if (deadline != Instant::max()) {
    const std::int64_t ns = std::max<std::int64_t>(deadline.time_since_epoch().count(), 1);
    when.it_value.tv_sec = ns / 1'000'000'000;
    when.it_value.tv_nsec = ns % 1'000'000'000;
  }
  timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
  std::array<epoll_event, 64> events;
  const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
  ready_.clear();
  for (int i = 0; i < count; ++i) {
    const std::uint64_t tag = events[static_cast<std::size_t>(i)].data.u64;
    if (tag != kTimerTag) ready_.push_back(tag);
  }
  return ready_;
}

}  // namespace jvpn
