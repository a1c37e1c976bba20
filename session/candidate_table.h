// CandidateTable: what is known of each transport of a session, who of them may be switched to, and
// which of those is best. The caller keeps the facts true; the table decides by them and `now`
// alone.
//
// Rules: requirements 2, `eligible`, `target`, `active_stable`; C-30, C-31, C-48.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/limits.h"
#include "base/time.h"
#include "session/policy.h"
#include "session/verdict.h"

namespace jvpn {

// Facts of one transport, as the owner of the accounts sees them now.
struct TransportFacts {
  bool known = false;      // validated both ways at least once; a transport that is not is none
  bool dead = false;       // hard error, peer statement or silence
  bool fresh = false;      // last valid probe answer no older than candidate_fresh_ms
  bool probe_gap = false;  // a probe unanswered in the loss window: with UNKNOWN, not eligible
  bool barred = false;     // policy: protocol, or switching off for it
  bool failed_before = false;
  Verdict verdict = Verdict::kUnknown;
  std::uint32_t loss_permille = 0;
  std::uint32_t latency_us = 0;  // p95
  InstantMs clean_since{};       // since when fresh and not LOSSY
  friend bool operator==(const TransportFacts&, const TransportFacts&) = default;
};

// A set of transports, one bit an id.
using TransportSet = std::uint32_t;
static_assert(kMaxTransports <= 32);
constexpr bool IsTransport(TransportId id) { return Value(id) < kMaxTransports; }
constexpr TransportSet SetOf(TransportId id) {
  return IsTransport(id) ? TransportSet{1} << Value(id) : TransportSet{0};
}

class CandidateTable {
 public:
  // REQUIRES: IsTransport(id).
  void Set(TransportId id, const TransportFacts& facts);
  // Of an id that is no transport: the facts of an unknown one.
  const TransportFacts& Get(TransportId id) const;
  // Candidates known and not dead, the active one not counted: `candidate_count` of the events.
  std::uint32_t Count(TransportId active) const;

  // Those that it counts, and the active one.
  std::vector<std::pair<TransportId, TransportFacts>> Alive(TransportId active) const;

  struct Situation {
    InstantMs now;
    TransportId active = TransportId::kNone;
    // Bound last, dead or alive: going back to it is no switch, so switching off does not bar it.
    TransportId previous = TransportId::kNone;
    bool by_loss_or_latency = false;  // the episode's causes: hysteresis applies while active lives
    bool active_stable = false;       // the active itself is a candidate, in place
  };
  // The part of eligible(c) that is about the transport alone. An attempt holds its target to this:
  // stability and hysteresis decide what to try, and do not end what was begun.
  bool Usable(TransportId id, const Situation& situation) const;
  // eligible(c) of requirements 2, before policy bars.
  bool Eligible(TransportId id, const Situation& situation, const Policy& policy) const;
  bool Barred(TransportId id, const Situation& situation, const Policy& policy) const;
  // Smallest by (loss in whole percent, latency, -stable time, id) among eligible ones that are not
  // barred and not in `excluded`; nullopt when there is none.
  std::optional<TransportId> Best(const Situation& situation, const Policy& policy,
                                  TransportSet excluded) const;
  bool AnyEligible(const Situation& situation, const Policy& policy, TransportSet excluded) const;
  // When time alone makes one more candidate eligible: a failed one that has been clean long
  // enough.
  std::optional<InstantMs> NextEligible(const Situation& situation, const Policy& policy) const;

 private:
  bool BeatsActive(TransportId id, const Situation& situation, const Policy& policy) const;

  std::array<TransportFacts, kMaxTransports> facts_{};
};

}  // namespace jvpn
