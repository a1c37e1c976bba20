#include "session/policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "session/policy_id.h"
#include "session/policy_key.h"

namespace jvpn {
namespace {

std::string Rules(const std::vector<PolicyFault>& faults) {
  std::string rules;
  for (const PolicyFault& fault : faults) rules += (rules.empty() ? "" : " ") + fault.rule;
  return rules;
}

TEST(Policy, HasThreeProfilesThatBreakNoRule) {
  for (const char* name : {"reference", "default", "fast"}) {
    const std::optional<Policy> policy = Policy::FromProfile(name);
    ASSERT_TRUE(policy) << name;
    EXPECT_EQ(policy->profile, name);
    EXPECT_EQ(Rules(HardFaults(*policy)), "") << name;
    EXPECT_EQ(Rules(Warnings(*policy)), "") << name;
  }
  EXPECT_FALSE(Policy::FromProfile("Reference"));
}

TEST(Policy, ProbesSuspectsAsOftenAsTheVerdictNeeds) {
  EXPECT_EQ(Policy::Reference().SuspectProbeInterval(), Millis{100});
  EXPECT_EQ(Policy::Default().SuspectProbeInterval(), Millis{50});
  EXPECT_EQ(Policy::Fast().SuspectProbeInterval(), Millis{12});
  Policy many = Policy::Fast();
  many.loss_min_samples = 1'000;
  EXPECT_EQ(many.SuspectProbeInterval(), Millis{10});
}

struct RuleCase {
  const char* rules;
  std::function<void(Policy&)> breaks;
};

// Each case breaks one rule of the reference profile, by as little as possible.
TEST(Policy, NamesTheRuleThatIsBroken) {
  const RuleCase cases[] = {
      {"PR01",
       [](Policy& p) {
         p.heartbeat_interval = Millis{501};
         p.heartbeat_volatile = Millis{1'001};
       }},
      {"PR02", [](Policy& p) { p.transport_dead = Millis{1'999}; }},
      {"PR01 PR03",
       [](Policy& p) {
         p.heartbeat_interval = Millis{1'001};
         p.heartbeat_volatile = Millis{2'000};
       }},
      {"PR05", [](Policy& p) { p.loss_recover_threshold = 201; }},
      {"PR06", [](Policy& p) { p.stability_window = Millis{1'999}; }},
      {"PR07",
       [](Policy& p) {
         p.candidate_probe_interval = Millis{501};
         p.candidate_fresh = Millis{1'500};
       }},
      {"PR08", [](Policy& p) { p.candidate_fresh = Millis{499}; }},
      {"PR08", [](Policy& p) { p.candidate_fresh = Millis{2'001}; }},
      {"PR09",
       [](Policy& p) {
         p.loss_min_samples = 201;
         p.loss_window = Millis{2'000};
       }},
      {"PR10", [](Policy& p) { p.recovery_window = Millis{15'001}; }},
      {"PR11",
       [](Policy& p) {
         p.switch_cooldown = Millis{15'000};
         p.volatile_to_degraded = Millis{60'000};
       }},
      {"PR12", [](Policy& p) { p.handshake_timeout = Millis{15'001}; }},
      {"PR12", [](Policy& p) { p.max_lifetime = Millis{15'000}; }},
      {"PR13", [](Policy& p) { p.switch_cooldown = Millis{249}; }},
      {"PR15", [](Policy& p) { p.key_max_age = p.max_lifetime + Millis{1}; }},
  };
  for (const RuleCase& one : cases) {
    Policy policy = Policy::Reference();
    one.breaks(policy);
    EXPECT_EQ(Rules(HardFaults(policy)), one.rules);
  }
}

TEST(Policy, NamesTheBoundThatMakesARuleUnbreakable) {
  Policy policy = Policy::Reference();
  policy.loss_window = Millis{79};
  EXPECT_EQ(Rules(HardFaults(policy)), "volatility.loss_window_ms PR03 PR04 PR09");
  policy = Policy::Reference();
  policy.switch_improvement_factor = 999;
  EXPECT_EQ(Rules(HardFaults(policy)), "switching.switch_improvement_factor PR14");
}

TEST(Policy, AllowsADrainAsLongAsTheCooldown) {
  Policy policy = Policy::Reference();
  policy.switch_cooldown = policy.drain;
  EXPECT_EQ(Rules(HardFaults(policy)), "");
}

TEST(Policy, WarnsOfWhatIsLegalAndOdd) {
  const RuleCase cases[] = {
      {"PR16", [](Policy& p) { p.volatile_to_degraded = Millis{1'499}; }},
      {"PR17", [](Policy& p) { p.max_switches_per_min = 41; }},
      {"PR18", [](Policy& p) { p.transport_dead = Millis{2'001}; }},
      {"PR19", [](Policy& p) { p.transport_lost_ttl = Millis{9'999}; }},
  };
  for (const RuleCase& one : cases) {
    Policy policy = Policy::Reference();
    one.breaks(policy);
    EXPECT_EQ(Rules(Warnings(policy)), one.rules);
    EXPECT_EQ(Rules(HardFaults(policy)), "");
  }
}

TEST(Policy, HoldsEveryKeyWithinItsBounds) {
  for (const PolicyKey& key : PolicyKeys()) {
    EXPECT_TRUE(key.InBounds(key.min)) << key.name;
    EXPECT_TRUE(key.InBounds(key.max)) << key.name;
    EXPECT_FALSE(key.InBounds(std::uint64_t{key.max} + 1)) << key.name;
    if (key.min > 1) {
      EXPECT_FALSE(key.InBounds(key.min - 1)) << key.name;
    }
    Policy policy;
    key.Set(policy, key.max);
    EXPECT_EQ(key.Get(policy), key.max) << key.name;
  }
}

TEST(PolicyWire, CarriesEveryParameterInOrder) {
  Policy sent = Policy::Fast();
  sent.recovery_expiry_action = ExpiryAction::kTerminate;
  sent.key_max_age = Millis{3'600'000};
  const auto parameters = ToWireParameters(sent);
  ASSERT_EQ(parameters.size(), 33U);
  for (std::size_t i = 0; i < parameters.size(); ++i) EXPECT_EQ(parameters[i].first, i + 1);
  EXPECT_EQ(parameters[0].second, 28'800'000U);
  EXPECT_EQ(parameters[8].second, 200U);  // permille
  EXPECT_EQ(parameters[16].second, 1U);   // terminate
  EXPECT_EQ(parameters[31].second, 3'600'000U);

  std::optional<Policy> received = FromWireParameters(parameters);
  ASSERT_TRUE(received);
  received->version = sent.version;  // these two are not sent
  received->profile = sent.profile;
  EXPECT_EQ(*received, sent);
}

TEST(PolicyWire, RefusesAListThatOmitsRepeatsOrBreaksABound) {
  const auto good = ToWireParameters(Policy::Reference());
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto omitted = good;
    omitted.erase(omitted.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(FromWireParameters(omitted)) << i;
    auto repeated = good;
    repeated.push_back(good[i]);
    EXPECT_FALSE(FromWireParameters(repeated)) << i;
    auto broken = good;
    broken[i].second = 0xffff'ffff;
    EXPECT_FALSE(FromWireParameters(broken)) << i;
  }
  auto rule = good;
  rule[1].second = 4'000;  // PR10, PR12
  EXPECT_FALSE(FromWireParameters(rule));
}

TEST(PolicyWire, IgnoresUnknownNumbersAndOrder) {
  auto parameters = ToWireParameters(Policy::Default());
  parameters.emplace_back(std::uint8_t{200}, 7);
  std::reverse(parameters.begin(), parameters.end());
  EXPECT_TRUE(FromWireParameters(parameters));
}

TEST(PolicyId, NamesTheContentAndNotTheVersionAlone) {
  EXPECT_EQ(PolicyId(Policy::Default()), PolicyId(Policy::Default()));
  EXPECT_TRUE(PolicyId(Policy::Default()).starts_with("1.0-"));
  for (const PolicyKey& key : PolicyKeys()) {
    Policy other;
    key.Set(other, key.Get(other) == key.min ? key.max : key.min);
    EXPECT_NE(PolicyId(other), PolicyId(Policy::Default())) << key.name;
  }
  Policy strict;
  strict.apply_mode = ApplyMode::kStrict;
  EXPECT_NE(PolicyId(strict), PolicyId(Policy::Default()));
  Policy tcp;
  tcp.allowed_protocols = {"tcp"};
  EXPECT_NE(PolicyId(tcp), PolicyId(Policy::Default()));
}

}  // namespace
}  // namespace jvpn
