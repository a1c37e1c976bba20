// TransportHealth: what the client knows of the life of one transport: when it was last heard, how
// long its answers take, what it loses, whether it is dead. Sans-IO; times are of the caller's one
// clock.
//
// Units   Round trips in microseconds. Silence is judged in whole milliseconds, strictly: a
//         transport silent for exactly transport_dead_ms lives (requirements, "all comparisons are
//         strict").
// Source  Smoothing as in RFC 6298 2; percentile over the last kSamples answers; loss and
//         heartbeats as in requirements 2, "verdict" and "instability".
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "session/candidate_table.h"
#include "session/client_heartbeats.h"
#include "session/input.h"
#include "session/loss_account.h"
#include "session/policy.h"
#include "wire/path_frame.h"

namespace jvpn {

class TransportHealth {
 public:
  static constexpr std::size_t kSamples = 32;

  // What of the transport is not kept here.
  struct Counters {
    const ReplayWindow& window;  // of its frames
    std::uint64_t sent = 0;      // ours
  };

  // The next probe to send.
  Probe NextProbe(Instant now, const Policy& policy);
  // The answer came in the frame with this counter. False: to no probe of ours, which an
  // authenticated peer never sends.
  bool OnReply(Instant now, const ProbeReply& reply, std::uint64_t counter,
               const Counters& counters, const Policy& policy);
  // What the peer says of this transport on another one.
  void OnReport(Instant now, const PathReport& report, const Counters& counters,
                const Policy& policy);
  PathReport Report(TransportId id, const Counters& counters) const;
  // An authenticated, never seen frame came.
  void OnHeard(Instant now, const ReplayWindow& window);
  // It was a challenge: the gateway hears us, but sends nothing else to where we are. A sign of
  // life for the round trip that the gateway needs to move, and so only the first after others.
  void OnChallenged(Instant now, const ReplayWindow& window);
  // What time alone decides: which frames and heartbeats are lost.
  void OnTime(Instant now, const ReplayWindow& window, const Policy& policy);
  // It is dead until it is heard again; what was measured before tells nothing about after.
  void Die();
  // The peer has just said that it will use it.
  void Revive(Instant now);
  // Both ends count from 0 again, and what was lost under dead keys says nothing of the new ones.
  void BeginEpoch() {
    account_ = LossAccount{};
    heartbeats_.Restart();
  }

  bool dead() const { return dead_; }
  // A probe of ours was answered at least once: both ends proved this transport to each other.
  bool proven() const { return proven_; }
  // Was silent for longer than `limit`; false while it was never heard.
  bool Silent(Instant now, Millis limit) const;
  // When it dies of silence, a heartbeat is lost or an account settles, should nothing be heard; if
  // `counted_fresh`, when it stops being fresh; if `counted_quiet`, when its silence makes it
  // unstable.
  Instant NextDeadline(const Policy& policy, bool counted_fresh, bool counted_quiet) const;

  TransportFacts Facts(Instant now, const Policy& policy) const;
  // Why it is unstable, should it be the bound one; empty when it is not, or dead.
  std::optional<Instability> Unstable(Instant now, const Policy& policy) const;
  // Since when its verdict is OK with a loss of at most loss_recover_threshold.
  std::optional<InstantMs> steady_since() const { return steady_since_; }
  // When the answer to the last probe is late; Instant::max() when none is awaited.
  Instant OverdueAt() const;
  LossStanding Loss(Instant now, const Policy& policy) const;
  const ReceiveSums& arrived() const { return account_.reported(); }  // of ours, as the peer says

  std::uint32_t rtt_us() const { return smoothed_us_; }  // 0 = not known
  std::uint32_t jitter_us() const { return variation_us_; }
  std::uint32_t p95_us() const { return p95_us_; }
  std::optional<Instant> last_heard() const { return last_heard_; }
  std::optional<Instant> last_probe() const { return last_probe_; }
  std::uint32_t probes_sent() const { return next_sequence_; }
  // Probes sent after the newest one that was answered.
  std::uint32_t unanswered() const { return next_sequence_ - answered_sequence_; }

 private:
  bool Fresh(Instant now, const Policy& policy) const;
  // How long an answer may take, by those before it.
  Duration AnswerTime() const;
  // After which a heartbeat without an answer is lost: a long way is no loss.
  Millis HeartbeatTime(const Policy& policy) const;
  void Live(Instant now, const ReplayWindow& window);
  void Weigh(Instant now, const Policy& policy);
  void Sample(std::uint32_t rtt_us);

  bool dead_ = false;
  bool proven_ = false;
  bool failed_before_ = false;
  bool challenged_ = false;  // by the last frame heard
  std::optional<Instant> last_heard_;
  std::optional<Instant> last_answer_;
  std::optional<Instant> last_probe_;
  std::optional<InstantMs> clean_since_;  // fresh and not LOSSY
  std::optional<InstantMs> steady_since_;
  LossAccount account_;
  Heartbeats heartbeats_;
  std::uint32_t next_sequence_ = 0;
  std::uint32_t answered_sequence_ = 0;  // newest answered, plus one
  std::uint32_t smoothed_us_ = 0;
  std::uint32_t variation_us_ = 0;
  std::uint32_t p95_us_ = 0;
  std::array<std::uint32_t, kSamples> samples_{};
  std::uint32_t sample_count_ = 0;  // ever; the ring holds the last kSamples
};

}  // namespace jvpn
