#include "store/sqlite_store.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace jvpn {
namespace {

// One transaction's share: bounds how long the first of them waits for the last.
constexpr std::size_t kGroup = 256;

void Ring(const UniqueFd& bell) {
  const std::uint64_t once = 1;
  // Full would mean 2^64 - 1 wake-ups that nobody has seen; one is enough.
  [[maybe_unused]] const ssize_t written = write(bell.get(), &once, sizeof once);
}

void AwaitRing(const UniqueFd& bell) {
  std::uint64_t count = 0;
  while (read(bell.get(), &count, sizeof count) < 0 && errno == EINTR) {
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& path) {
  auto file = SqliteFile::Open(path);
  if (!file.ok()) return file.status();
  UniqueFd wake(eventfd(0, EFD_CLOEXEC));
  if (!wake.valid()) {
    return absl::UnavailableError(absl::StrCat("store: eventfd: ", std::strerror(errno)));
  }
  return std::unique_ptr<SqliteStore>(new SqliteStore(*std::move(file), std::move(wake)));
}

SqliteStore::SqliteStore(std::unique_ptr<SqliteFile> file, UniqueFd wake)
    : file_(std::move(file)), wake_(std::move(wake)), thread_([this] { Work(); }) {}

SqliteStore::~SqliteStore() {
  stop_.store(true, std::memory_order_release);
  Ring(wake_);
  thread_.join();
}

bool SqliteStore::Submit(const StoreRequest& request) {
  if (outstanding_ == kStoreOutstanding) return false;
  CHECK(requests_.TryPush(request));
  ++outstanding_;
  Ring(wake_);
  return true;
}

bool SqliteStore::Poll(StoreAnswer& answer) {
  if (!answers_.TryPop(answer)) return false;
  --outstanding_;
  return true;
}

void SqliteStore::Work() {
  std::vector<StoreRequest> group;
  StoreRequest request;
  while (true) {
    // Looked at before the rings: what was submitted before the end is still written.
    const bool last = stop_.load(std::memory_order_acquire);
    group.clear();
    while (group.size() < kGroup && requests_.TryPop(request)) group.push_back(std::move(request));
    if (!group.empty()) {
      for (StoreAnswer& answer : file_->Apply(group)) CHECK(answers_.TryPush(answer));
    } else if (last) {
      return;
    } else {
      AwaitRing(wake_);
    }
  }
}

}  // namespace jvpn
