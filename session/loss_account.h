// LossAccount: what both directions of one transport lost, at the end that keeps it.
//
//   in    frames of the peer. A report says how many it has sent; what of them has not come a
//         settle delay later is lost, and stays so when it comes later still. Where nothing is
//         missing there is nothing to wait for.
//   out   our frames, as the peer has judged them: its sums.
//
// The account keeps no number of its own for each packet: the replay window and the counter of the
// sender know them all. What the window has forgotten before the delay is over can no longer
// arrive, and is judged all the same.
//
// Ownership  With the owner of the transport's replay window. Plain memory, nothing per packet.
// Source     requirements 2, "verdict"; docs/wire.md 5.4.
#pragma once

#include <optional>

#include "crypto/replay_window.h"
#include "session/verdict.h"
#include "wire/path_frame.h"

namespace jvpn {

// max(20, 2 x jitter) ms.
Millis SettleDelay(std::uint32_t jitter_us);

class LossAccount {
 public:
  // Nothing that was lost until now counts: the transport is new, or was dead.
  void Restart(const ReplayWindow& window);
  // The peer has sent `sent` frames so far. When nothing has come since the last judgement that is
  // silence, which has its own limits, and no loss yet.
  void OnReport(InstantMs now, std::uint64_t sent, const ReplayWindow& window, Millis settle,
                const LossLimits& limits);
  // When Settle() has something to judge.
  std::optional<InstantMs> settle_at() const;
  void Settle(InstantMs now, const ReplayWindow& window, const LossLimits& limits);
  // The peer's sums of what we sent, of which there are `sent` frames so far. Older ones than the
  // newest, and what cannot be, are ignored.
  void OnSums(InstantMs now, const ReceiveSums& sums, std::uint64_t sent, const LossLimits& limits);

  const ReceiveSums& sums() const { return sums_; }      // ours, for the peer
  const ReceiveSums& reported() const { return told_; }  // the peer's
  LossStanding Standing(InstantMs now, const LossLimits& limits) const;

 private:
  void Judge(InstantMs now, std::uint64_t bound, const ReplayWindow& window,
             const LossLimits& limits);
  std::uint64_t ArrivedBelow(std::uint64_t bound, const ReplayWindow& window) const;

  std::uint64_t bound_ = 0;    // counters below it are judged
  std::uint64_t below_ = 0;    // how many of those had come when they were
  std::uint64_t heard_ = 0;    // how many had come in all
  std::uint64_t pending_ = 0;  // the next bound, once it is settled; 0 = none
  InstantMs settle_at_{};
  ReceiveSums sums_;
  ReceiveSums told_;
  LossWindow in_;
  LossWindow out_;
};

}  // namespace jvpn
