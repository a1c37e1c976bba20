// Verdict: what the loss account of one transport says (requirements 2).
//
// LossWindow is a sliding window of 8 buckets over reports of (sent, received); integers only.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"

namespace jvpn {

enum class Verdict : std::uint8_t { kOk, kUnknown, kLossy };  // in order of badness

class LossWindow {
 public:
  explicit LossWindow(Millis window);

  // Of `sent` numbers judged at `now`, `lost` had not come by then.
  void Add(InstantMs now, std::uint32_t sent, std::uint32_t lost);
  // sent < min_samples: kUnknown; lost x 1000 > threshold x sent: kLossy; else kOk.
  Verdict Judge(InstantMs now, std::uint32_t min_samples, std::uint32_t threshold_permille);
  std::uint32_t sent() const { return sent_; }
  std::uint32_t lost() const { return lost_; }
  std::uint32_t loss_permille() const {
    return sent_ == 0 ? 0 : static_cast<std::uint32_t>(std::uint64_t{lost_} * 1000 / sent_);
  }

 private:
  struct Bucket {
    std::int64_t index = -1;
    std::uint32_t sent = 0;
    std::uint32_t lost = 0;
  };
  void Expire(std::int64_t newest);

  Millis window_;
  std::array<Bucket, 8> buckets_{};
  std::uint32_t sent_ = 0;
  std::uint32_t lost_ = 0;
};

}  // namespace jvpn
