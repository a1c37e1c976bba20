#include "control/path_validator.h"

#include <algorithm>

namespace jvpn {
namespace {

constexpr Duration kGiveUpAfter = Millis(3000);
constexpr Duration kRepeatAfter = Millis(100);

}  // namespace

void PathValidator::Expire(Instant now) {
  std::erase_if(out_, [now](const PathChallengeOut& c) { return now - c.begun_at > kGiveUpAfter; });
}

std::optional<std::uint64_t> PathValidator::Begin(TransportId transport, const Endpoint& remote,
                                                  const Endpoint& local, bool asked, Instant now,
                                                  Random& random) {
  Expire(now);
  for (PathChallengeOut& challenge : out_) {
    if (challenge.transport != transport || challenge.remote != remote) continue;
    challenge.asked |= asked;
    if (now - challenge.sent_at < kRepeatAfter) return std::nullopt;
    challenge.sent_at = now;
    challenge.local = local;
    return challenge.value;
  }
  if (out_.size() == kMaxChallenges) {
    out_.erase(std::min_element(out_.begin(), out_.end(), [](const auto& a, const auto& b) {
      return a.begun_at < b.begun_at;
    }));
  }
  out_.push_back({.transport = transport,
                  .remote = remote,
                  .local = local,
                  .value = random.U64(),
                  .asked = asked,
                  .begun_at = now,
                  .sent_at = now});
  return out_.back().value;
}

std::optional<PathChallengeOut> PathValidator::Answered(TransportId transport,
                                                        const Endpoint& remote, std::uint64_t value,
                                                        Instant now) {
  Expire(now);
  const auto found = std::find_if(out_.begin(), out_.end(), [&](const PathChallengeOut& c) {
    return c.transport == transport && c.remote == remote && c.value == value;
  });
  if (found == out_.end()) return std::nullopt;
  const PathChallengeOut challenge = *found;
  out_.erase(found);
  return challenge;
}

}  // namespace jvpn
