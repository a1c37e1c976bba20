// Schedule: one run before it runs: who takes part, under which policy, and what goes wrong when.
// All of it follows from the seed; leaving steps out moves no other.
#pragma once

#include <string>
#include <vector>

#include "session/policy.h"
#include "tests/sim/fault.h"
#include "tests/sim/policy_offer.h"
#include "tests/sim/skewed_clock.h"

namespace jvpn::sim {

struct LinkSetup {
  Duration delay{};  // one way
  Duration jitter{};
};

struct ClientSetup {
  SkewedClock clock;
  std::vector<LinkSetup> links;
  Duration starts{};
  Duration packet_every{};  // inner packets, each direction
};

// In force from `at` to `until`; both on the simulation's time line.
struct Step {
  Fault fault{};
  Duration at{};
  Duration until{};
  std::uint32_t client = 0;
  std::uint32_t link = 0;
  std::uint32_t amount = 0;  // permille, ms, bytes, a count or an offer, as the fault wants it
};

struct Schedule {
  std::uint64_t seed = 0;
  Policy policy;
  SkewedClock gateway_clock;
  std::uint32_t workers = 1;
  bool full_crypto = false;
  std::vector<ClientSetup> clients;
  std::vector<PolicyOffer> offers;  // by the `amount` of their steps
  std::vector<Step> steps;          // by `at`
  Duration heals{};                 // every step is over

  bool Has(Fault fault) const;
  // What the gateway is given when everything heals: it bars nothing, and no client of this run
  // probes too slowly for it.
  Policy HealingPolicy() const;
  // Whatever may come to be in force at an end.
  std::vector<Policy> AllPolicies() const;
};

Schedule MakeSchedule(std::uint64_t seed);
std::string ToText(const Step& step);

}  // namespace jvpn::sim
