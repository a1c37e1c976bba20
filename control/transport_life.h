// TransportLife: what is known of one transport's life and loss, from its worker's signals.
//
// The worker says how long it has heard nothing and what its account of loss says; this keeps what
// follows from it, and from requests that came on the transport.
//
// Units      Whole milliseconds where requirements compare them (silence > limit ends, equal
// survives).
#pragma once

#include <optional>

#include "channel/health_signal.h"
#include "session/candidate_table.h"
#include "session/input.h"

namespace jvpn {

class TransportLife {
 public:
  void Observe(const HealthSignal& signal, Instant now, const Policy& policy);
  // A valid request came on this transport: it lives, whatever the worker has heard.
  void HeardRequest(Instant now);
  // Its port is down. True if it lived until now.
  bool Fail(Instant now);
  // True, once, when it has been silent for longer than `dead_after`.
  bool FallsSilent(Instant now, Millis dead_after);
  // Why it is unstable, should it be the active one: silence, heartbeats missing, loss. Empty when
  // it is not, or dead.
  std::optional<Instability> Unstable(Instant now, const Policy& policy) const;
  // Since when its verdict is OK with a loss of at most loss_recover_threshold.
  std::optional<InstantMs> steady_since() const { return steady_since_; }
  // When it may fall silent or unstable, or the facts change by time alone.
  InstantMs NextCheck(Instant now, const Policy& policy) const;

  TransportFacts Facts(bool known, Instant now, const Policy& policy) const;
  const HealthSignal& last() const { return last_; }
  bool heard() const { return last_.life != HealthSignal::Life::kUnknown; }
  Instant heard_at() const { return std::max(last_.last_heard, request_at_); }

 private:
  bool fresh() const { return last_.life == HealthSignal::Life::kFresh && !dead_; }
  Millis Silence(Instant now) const { return FloorMs(now) - FloorMs(heard_at()); }

  HealthSignal last_;
  Instant request_at_{};
  Instant died_at_{};
  std::optional<InstantMs> clean_since_;  // fresh and not LOSSY
  std::optional<InstantMs> steady_since_;
  bool dead_ = false;
  bool failed_before_ = false;
  std::uint32_t latency_us_ = 0;
};

}  // namespace jvpn
