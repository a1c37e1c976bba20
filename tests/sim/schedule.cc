#include "tests/sim/schedule.h"

#include <algorithm>
#include <numeric>

#include "tests/sim/dice.h"

namespace jvpn::sim {
namespace {

// What both ends may take for an answer.
constexpr Millis kTurns{20};

Policy AnyProfile(Dice& dice) {
  const std::uint32_t which = dice.Below(10);
  return which < 4 ? Policy::Reference() : which < 9 ? Policy::Default() : Policy::Fast();
}

// One deviation from the profile; the cross-field rules decide later whether it may stay.
void Bend(Policy& policy, Dice& dice) {
  switch (dice.Below(19)) {
    case 0:
    case 1:
      policy.max_switches_per_min = dice.OneOf({0U, 1U, 2U, 3U});
      return;
    case 2:
      policy.switch_cooldown = Millis{dice.OneOf({250, 500, 1000, 4000})};
      return;
    case 3:
    case 4:
      policy.transport_lost_ttl = Millis{dice.OneOf({8'000, 9'000, 12'000})};
      return;
    case 5:
      policy.recovery_window = Millis{dice.OneOf({100, 400, 2'000})};
      return;
    case 6:
      policy.strict_validation = !policy.strict_validation;
      return;
    case 7:
      policy.max_validation_failures = dice.Below(3);
      return;
    case 8:
      policy.drain = Millis{dice.OneOf({0, 50, 500})};
      return;
    case 9:
      policy.max_lifetime = Millis{dice.Between(16'000, 30'000)};
      return;
    case 10:
      policy.recovery_expiry_action = ExpiryAction::kTerminate;
      return;
    case 11:
      policy.volatile_to_degraded = Millis{dice.OneOf({0, 500, 2'000})};
      return;
    case 12:
      policy.max_candidate_count = dice.OneOf({1U, 2U});
      return;
    case 13:
      policy.reattach_proof_max_age = Millis{dice.OneOf({500, 2'000})};
      return;
    case 14:
    case 15:
      policy.transport_dead = policy.heartbeat_volatile * dice.OneOf({2, 3, 5});
      return;
    case 16:
      policy.loss_volatile_threshold = dice.OneOf({50U, 100U, 400U});
      policy.loss_recover_threshold = policy.loss_volatile_threshold / 2;
      return;
    case 17:
      policy.max_consecutive_drops = dice.OneOf({1U, 2U, 6U});
      return;
    case 18:
      policy.rebind_max_per_min = dice.OneOf({0U, 1U, 2U});
      return;
  }
}

Policy AnyPolicy(Dice& dice) {
  Policy policy = AnyProfile(dice);
  for (std::uint32_t bends = dice.Below(4); bends > 0; --bends) {
    Policy bent = policy;
    Bend(bent, dice);
    if (HardFaults(bent).empty()) policy = bent;
  }
  return policy;
}

// A window shorter than a round trip grants nothing, however healed the network is.
void OutlastRoundTrip(Policy& policy, const std::vector<ClientSetup>& clients) {
  for (const ClientSetup& client : clients) {
    for (const LinkSetup& link : client.links) {
      const Millis least = std::chrono::ceil<Millis>(2 * (link.delay + link.jitter)) + kTurns;
      if (policy.recovery_window < least) policy.recovery_window = least;
    }
  }
}

// Mostly the run's own with other limits; from another profile it may suit no client that is there.
PolicyOffer AnyOffer(const Schedule& schedule, Dice& dice) {
  PolicyOffer offer;
  offer.policy = dice.Chance(850) ? schedule.policy : AnyProfile(dice);
  for (std::uint32_t bends = 1 + dice.Below(3); bends > 0; --bends) {
    Policy bent = offer.policy;
    Bend(bent, dice);
    if (HardFaults(bent).empty()) offer.policy = bent;
  }
  offer.policy.version = "2." + std::to_string(schedule.offers.size());
  offer.policy.apply_mode = dice.Chance(500) ? ApplyMode::kStrict : ApplyMode::kGrace;
  if (dice.Chance(200)) offer.policy.allowed_protocols = {"quic"};
  if (dice.Chance(200)) offer.policy.switching_enabled = false;
  offer.lasting = dice.Chance(500);
  offer.taken_back = dice.Chance(500);
  OutlastRoundTrip(offer.policy, schedule.clients);
  offer.broken = dice.Chance(120);
  if (offer.broken) offer.policy.recovery_window = offer.policy.transport_lost_ttl + Millis{1};
  return offer;
}

ClientSetup AnyClient(Dice& dice) {
  ClientSetup client;
  client.clock = {std::chrono::seconds(dice.Between(1, 100'000)), dice.Between(-300, 300)};
  client.starts = Millis{dice.Between(0, 50)};
  client.packet_every = Millis{dice.OneOf({20, 50, 50, 100, 100, 200, 1000})};
  const std::uint32_t links = dice.OneOf({1U, 2U, 2U, 3U});
  const bool uneven = dice.Chance(300);
  for (std::uint32_t i = 0; i < links; ++i) {
    LinkSetup link;
    link.delay = Millis{dice.OneOf({1, 5, 10, 20, 20, 40, 80})};
    // Whole milliseconds make things happen at one instant; others make them happen never so.
    if (uneven) link.delay += std::chrono::microseconds(dice.Below(1000));
    if (dice.Chance(300)) link.jitter = Millis{dice.Between(1, 10)};
    client.links.push_back(link);
  }
  return client;
}

Fault AnyFault(Dice& dice) {
  static const std::uint32_t kTotal =
      std::accumulate(kFaultWeights.begin(), kFaultWeights.end(), 0U);
  std::uint32_t point = dice.Below(kTotal);
  std::size_t i = 0;
  while (point >= kFaultWeights[i]) point -= kFaultWeights[i++];
  return static_cast<Fault>(i);
}

std::uint32_t AnyAmount(Fault fault, Dice& dice) {
  switch (fault) {
    case Fault::kDelay:
    case Fault::kJitter:
    case Fault::kReorder:
      return dice.OneOf({5U, 30U, 100U, 300U, 800U});  // ms
    case Fault::kLossOfLarge:
      return dice.OneOf({100U, 400U, 1100U, 1199U});  // bytes that still pass
    case Fault::kFlap:
      return dice.OneOf({20U, 200U, 500U, 1500U});  // ms up, ms down
    case Fault::kReplay:
    case Fault::kReplayElsewhere:
    case Fault::kInject:
    case Fault::kSpoof:
      return 1 + dice.Below(40);  // frames
    default:
      return dice.OneOf({10U, 50U, 150U, 250U, 400U, 700U, 1000U});  // permille
  }
}

// How far after another step a rule's limit is reached: there two things happen at one instant.
Millis AnyBoundary(const Policy& policy, Dice& dice) {
  const Millis limits[] = {Millis{0},
                           policy.transport_dead,
                           policy.heartbeat_volatile,
                           policy.candidate_fresh,
                           policy.switch_cooldown,
                           policy.recovery_window,
                           policy.volatile_to_degraded,
                           policy.drain,
                           policy.stability_window,
                           policy.heartbeat_interval};
  // One statement a throw: the order within an expression is the compiler's.
  const Millis limit = dice.OneOf(limits);
  return limit + Millis{dice.Between(-1, 2)};
}

Step AnyStep(const Schedule& schedule, Duration longest, Dice& dice) {
  Step step;
  step.fault = AnyFault(dice);
  step.client = dice.Below(static_cast<std::uint32_t>(schedule.clients.size()));
  step.link = dice.Below(static_cast<std::uint32_t>(schedule.clients[step.client].links.size()));
  step.amount = AnyAmount(step.fault, dice);
  const auto span_ms = std::chrono::floor<Millis>(longest).count();
  step.at = Millis{dice.Between(dice.Chance(100) ? 0 : 700, 700 + span_ms)};
  if (!schedule.steps.empty() && dice.Chance(400)) {
    const Step& other =
        schedule.steps[dice.Below(static_cast<std::uint32_t>(schedule.steps.size()))];
    const Duration from = dice.Chance(500) ? other.at : other.until;
    step.at = std::max<Duration>(Duration{0}, from + AnyBoundary(schedule.policy, dice));
  }
  const std::int64_t scale = dice.OneOf({30, 300, 1'000, 3'000, 9'000});
  step.until = step.at + Millis{dice.Between(1, scale)};
  if (dice.Chance(150)) {
    step.until = step.at + std::max(Millis{1}, AnyBoundary(schedule.policy, dice));
  }
  return step;
}

}  // namespace

bool Schedule::Has(Fault fault) const {
  return std::any_of(steps.begin(), steps.end(), [&](const Step& s) { return s.fault == fault; });
}

Policy Schedule::HealingPolicy() const {
  Policy healing = policy;
  for (const PolicyOffer& offer : offers) {
    if (offer.broken || FitsProbingOf(offer.policy, healing)) continue;
    healing = *Policy::FromProfile(offer.policy.profile);
  }
  healing.version = "3.0";
  healing.apply_mode = ApplyMode::kStrict;
  return healing;
}

std::vector<Policy> Schedule::AllPolicies() const {
  std::vector<Policy> all = {policy, HealingPolicy()};
  for (const PolicyOffer& offer : offers) {
    if (!offer.broken) all.push_back(offer.policy);
  }
  return all;
}

Schedule MakeSchedule(std::uint64_t seed) {
  Dice dice(seed, 1);
  Schedule schedule;
  schedule.seed = seed;
  schedule.policy = AnyPolicy(dice);
  schedule.gateway_clock.offset = std::chrono::seconds(dice.Between(1, 100'000));
  schedule.workers = dice.Chance(250) ? 2 : 1;
  schedule.full_crypto = dice.Chance(125);
  const std::uint32_t clients = dice.Chance(200) ? 2 : 1;
  for (std::uint32_t i = 0; i < clients; ++i) schedule.clients.push_back(AnyClient(dice));
  OutlastRoundTrip(schedule.policy, schedule.clients);
  const std::uint32_t steps = 1 + dice.Below(dice.Chance(300) ? 10 : 4);
  const Duration longest = Millis{dice.OneOf({2'000, 4'000, 8'000})};
  for (std::uint32_t i = 0; i < steps; ++i) {
    schedule.steps.push_back(AnyStep(schedule, longest, dice));
  }
  for (Step& step : schedule.steps) {
    if (step.fault != Fault::kPolicyReload) continue;
    step.amount = static_cast<std::uint32_t>(schedule.offers.size());
    schedule.offers.push_back(AnyOffer(schedule, dice));
  }
  std::stable_sort(schedule.steps.begin(), schedule.steps.end(),
                   [](const Step& a, const Step& b) { return a.at < b.at; });
  schedule.heals = Millis{1'000};
  for (const Step& step : schedule.steps) schedule.heals = std::max(schedule.heals, step.until);
  return schedule;
}

std::string ToText(const Step& step) {
  const auto ms = [](Duration t) { return std::to_string(std::chrono::floor<Millis>(t).count()); };
  return std::string(Name(step.fault)) + " client " + std::to_string(step.client) + " link " +
         std::to_string(step.link) + " amount " + std::to_string(step.amount) + " from " +
         ms(step.at) + " to " + ms(step.until);
}

}  // namespace jvpn::sim
