// TransportHealth: what the client knows of the life of one transport: when it was last heard, how
// long its answers take, whether it is dead. Sans-IO; times are of the caller's one clock.
//
// Units   Round trips in microseconds. Silence is judged in whole milliseconds, strictly: a
// transport
//         silent for exactly transport_dead_ms lives (requirements, "all comparisons are strict").
// Source  Smoothing as in RFC 6298 2; percentile over the last kSamples answers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "session/candidate_table.h"
#include "session/policy.h"
#include "wire/path_frame.h"

namespace jvpn {

class TransportHealth {
 public:
  static constexpr std::size_t kSamples = 32;

  // The next probe to send; the caller fills in `received`.
  Probe NextProbe(Instant now);
  // False: no probe of ours, which an authenticated peer never sends.
  bool OnReply(Instant now, const ProbeReply& reply, const Policy& policy);
  // An authenticated, never seen frame came.
  void OnHeard(Instant now);
  // It was a challenge: the gateway hears us, but sends nothing else to where we are. A sign of
  // life for the round trip that the gateway needs to move, and so only the first after others.
  void OnChallenged(Instant now);
  // It is dead until it is heard again; what was measured before tells nothing about after.
  void Die();

  bool dead() const { return dead_; }
  // A probe of ours was answered at least once: both ends proved this transport to each other.
  bool proven() const { return proven_; }
  // Was silent for longer than `limit`; false while it was never heard.
  bool Silent(Instant now, Millis limit) const;
  // When it dies of silence or, if `counted_fresh`, stops being fresh, should nothing be heard.
  Instant NextDeadline(const Policy& policy, bool counted_fresh) const;

  TransportFacts Facts(Instant now, const Policy& policy) const;

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
  void Sample(std::uint32_t rtt_us);

  bool dead_ = false;
  bool proven_ = false;
  bool failed_before_ = false;
  bool challenged_ = false;  // by the last frame heard
  std::optional<Instant> last_heard_;
  std::optional<Instant> last_answer_;
  std::optional<Instant> last_probe_;
  InstantMs clean_since_{};  // first answer of the present row of fresh ones
  std::uint32_t next_sequence_ = 0;
  std::uint32_t answered_sequence_ = 0;  // newest answered, plus one
  std::uint32_t smoothed_us_ = 0;
  std::uint32_t variation_us_ = 0;
  std::uint32_t p95_us_ = 0;
  std::array<std::uint32_t, kSamples> samples_{};
  std::uint32_t sample_count_ = 0;  // ever; the ring holds the last kSamples
};

}  // namespace jvpn
