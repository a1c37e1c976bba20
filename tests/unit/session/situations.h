// Sessions brought into each state, for tests that begin there. All of them stand before kLater.
#pragma once

#include <vector>

#include "tests/unit/session/timeline.h"

namespace jvpn {

inline constexpr std::int64_t kLater = 10'100;

inline Policy WithLifetime(std::int64_t ms) {
  Policy policy = Policy::Reference();
  policy.max_lifetime = Millis{ms};
  return policy;
}

// VOLATILE since 10 000: A is bound and lossy (35 %), and there is no candidate.
inline Timeline InVolatile(Policy policy = Policy::Reference()) {
  Timeline t = Timeline::Attached({}, std::move(policy));
  t.Loses(10'000, 35, 100);
  t.Take();
  return t;
}

// DEGRADED since 10 000: A is dead, and there is no candidate.
inline Timeline InDegraded(Policy policy = Policy::Reference()) {
  Timeline t = Timeline::Attached({}, std::move(policy));
  t.Dies(10'000, kA);
  t.Take();
  return t;
}

// DEGRADED since 9001: A is bound and lossy (35 %), and there is no candidate.
inline Timeline InDegradedBound(Policy policy = Policy::Reference()) {
  Timeline t = Timeline::Attached({}, std::move(policy));
  t.Loses(5'000, 35, 100);
  t.Run(9'001);
  t.Take();
  return t;
}

// RECOVERING since 10 000: A is dead, the target is B, and `more` are known.
inline Timeline InRecovering(Policy policy = Policy::Reference(),
                             std::vector<TransportId> more = {}) {
  more.insert(more.begin(), kB);
  Timeline t = Timeline::Attached(more, std::move(policy));
  t.Dies(10'000, kA);
  t.Take();
  return t;
}

// RECOVERING since 10 000 on B: A is bound and lossy (35 %).
inline Timeline InRecoveringBound(Policy policy = Policy::Reference()) {
  Timeline t = Timeline::Attached({kB}, std::move(policy));
  t.Loses(10'000, 35, 100);
  t.Take();
  return t;
}

// RECOVERING since 10 000 in place: A is bound and clean again.
inline Timeline InRecoveringInPlace(Policy policy = Policy::Reference(),
                                    std::vector<TransportId> more = {}) {
  Timeline t = Timeline::Attached({}, std::move(policy));
  t.Loses(8'000, 35, 100);
  t.Feed(10'000, ActiveStable{});
  for (const TransportId id : more) t.Learns(10'000, id);
  t.Take();
  return t;
}

inline std::vector<Timeline> EveryLiveState(Policy policy = Policy::Reference()) {
  std::vector<Timeline> all;
  policy.handshake_timeout = Millis{60'000};
  policy.volatile_to_degraded = policy.recovery_window = Millis{500'000};
  policy.transport_lost_ttl = Millis{60'000};
  Policy sane = policy;
  sane.recovery_window = Millis{60'000};
  if (policy.max_lifetime > policy.transport_lost_ttl) policy = sane;
  all.emplace_back(policy);
  all.push_back(Timeline::Attached({kB}, policy));
  all.push_back(InVolatile(policy));
  all.push_back(InDegraded(policy));
  all.push_back(InRecovering(policy));
  return all;
}

inline std::vector<Input> SomeInputs() {
  return {AttachOk{kA},
          AttachFail{},
          TransportDied{kA},
          TransportDied{kB},
          Instability{},
          ActiveStable{},
          CandidateUpdate{kB, Good()},
          OperatorTerminate{},
          HardFault{},
          PeerClose{},
          PolicyUpdate{},
          ChallengeAnswered{},
          Tick{}};
}

}  // namespace jvpn
