#include "session/client_path.h"

#include <algorithm>

namespace jvpn {
namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(250);
constexpr Duration kLongestPause = std::chrono::milliseconds(4000);

}  // namespace

void PathChallenger::Start(Instant now) {
  next_ = now;
  pause_ = kFirstPause;
  sent_ = 0;
  answered_ = false;
}

void PathChallenger::Stop() {
  next_ = Instant::max();
  sent_ = 0;
}

std::uint64_t PathChallenger::NextValue(Instant now, Random& random) {
  const std::uint64_t value = random.U64();
  open_[sent_ % kOutstanding] = value;
  ++sent_;
  next_ = now + pause_;
  pause_ = std::min(pause_ * 2, kLongestPause);
  return value;
}

bool PathChallenger::OnResponse(std::uint64_t value) {
  const auto end = open_.begin() + std::min<std::uint32_t>(sent_, kOutstanding);
  if (std::find(open_.begin(), end, value) == end) return false;
  answered_ = true;
  return true;
}

}  // namespace jvpn
