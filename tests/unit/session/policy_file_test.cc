#include "session/policy_file.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

// The policy, or every fault, one a line.
std::variant<Policy, std::string> Parse(const std::string& text, std::string* warnings = nullptr) {
  std::vector<std::string> lines;
  const auto result = ParsePolicy(text, "p.toml", lines);
  const auto joined = [](const std::vector<std::string>& all) {
    std::string one;
    for (const std::string& line : all) one += line + '\n';
    return one;
  };
  if (warnings != nullptr) *warnings = joined(lines);
  if (const Policy* policy = std::get_if<Policy>(&result)) return *policy;
  return joined(std::get<ConfigFaults>(result));
}

Policy Good(const std::string& text) {
  const auto result = Parse(text);
  if (const auto* faults = std::get_if<std::string>(&result)) ADD_FAILURE() << *faults;
  return std::holds_alternative<Policy>(result) ? std::get<Policy>(result) : Policy{};
}

std::string Faults(const std::string& text) {
  const auto result = Parse(text);
  const auto* faults = std::get_if<std::string>(&result);
  return faults != nullptr ? *faults : "none";
}

// Two lines that every file begins with.
const std::string kHead = "version = \"1.0\"\nprofile = \"default\"\n";

TEST(PolicyFile, TakesTheProfileAsTheBaseOfAbsentKeys) {
  EXPECT_EQ(Good(kHead), Policy::Default());
  EXPECT_EQ(Good("version = \"1.0\"\nprofile = \"fast\""), Policy::Fast());
  Policy expected = Policy::Reference();
  expected.version = "2.7";
  expected.max_lifetime = Millis{600'000};
  expected.strict_validation = false;
  EXPECT_EQ(Good("version = \"2.7\"\nprofile = \"default\"\n"
                 "[session]\nmax_lifetime_ms = 600_000\n"
                 "[security]\nstrict_validation = false\n"
                 "[transport]\n"
                 "\n"),
            [] {
              Policy p;
              p.version = "2.7";
              p.max_lifetime = Millis{600'000};
              return p;
            }());
  // The base counts wherever it stands: TOML wants top-level keys first, but not in which order.
  EXPECT_EQ(Good("version = \"2.7\"\nprofile = \"reference\"\n"
                 "session.max_lifetime_ms = 600000\nsecurity.strict_validation = false\n"),
            expected);
}

// An empty file is a lost one, not the default policy.
TEST(PolicyFile, WantsAVersionAndAProfile) {
  const std::string version =
      "p.toml:1:1: version: is missing, every policy file names it; allowed: \"X.Y\", X and Y "
      "digits\n";
  const std::string profile =
      "p.toml:1:1: profile: is missing, every policy file names it; allowed: \"reference\", "
      "\"default\" or \"fast\"\n";
  EXPECT_EQ(Faults(""), profile + version);
  EXPECT_EQ(Faults("# nothing\n"), profile + version);
  EXPECT_EQ(Faults("profile = \"fast\"\n"), version);
  EXPECT_EQ(Faults("version = \"1.0\"\n[session]\nmax_lifetime_ms = 600000\n"), profile);
}

TEST(PolicyFile, ReadsEveryKindOfValue) {
  const Policy policy =
      Good(kHead +
           "apply_mode = \"strict\"\n"
           "[switching]\nenabled = false\nrecovery_expiry_action = \"terminate\"\n"
           "switch_improvement_factor = 2\n"
           "[volatility]\nloss_volatile_threshold = 0.375\n"
           "[transport]\nallowed_protocols = [\"udp\"]\n"
           "[security]\nkey_max_age_ms = 60000\n");
  EXPECT_EQ(policy.apply_mode, ApplyMode::kStrict);
  EXPECT_FALSE(policy.switching_enabled);
  EXPECT_EQ(policy.recovery_expiry_action, ExpiryAction::kTerminate);
  EXPECT_EQ(policy.switch_improvement_factor, 2'000U);
  EXPECT_EQ(policy.loss_volatile_threshold, 375U);
  EXPECT_EQ(policy.allowed_protocols, std::vector<std::string>{"udp"});
  EXPECT_EQ(policy.key_max_age, Millis{60'000});
}

TEST(PolicyFile, ReadsEveryRatioExactly) {
  for (std::uint32_t permille = 100; permille <= 1'000; ++permille) {
    const std::string text =
        std::to_string(permille / 1000) + '.' + std::to_string(1000 + permille % 1000).substr(1);
    EXPECT_EQ(Good(kHead + "[volatility]\nloss_volatile_threshold = " + text + " # x\n")
                  .loss_volatile_threshold,
              permille);
  }
}

TEST(PolicyFile, RejectsRatiosThatAreNoThousandths) {
  for (const char* text : {"0.2005", "2e-1", "0.2000", "+0.2", "0.1_5", "nan"}) {
    const std::string faults =
        Faults(kHead + "[volatility]\nloss_volatile_threshold = " + text + "\n");
    EXPECT_EQ(
        faults,
        "p.toml:4:27: volatility.loss_volatile_threshold: is not a decimal with at most three "
        "fraction digits; allowed: 0.001 to 1.000, at most three fraction digits\n")
        << text;
  }
}

TEST(PolicyFile, RefusesMoreThanTheMostOfAKey) {
  // The second would be a good value, had it only 32 bits.
  for (const char* value : {"604800001", "4294972296"}) {
    EXPECT_EQ(
        Faults(kHead + "[session]\nmax_lifetime_ms = " + value + "\n"),
        "p.toml:4:19: session.max_lifetime_ms: is out of bounds; allowed: 1000 to 604800000\n");
  }
}

TEST(PolicyFile, ReportsEveryFaultWithItsPlace) {
  EXPECT_EQ(
      Faults("profile = \"slow\"\n"
             "versoin = \"1.0\"\n"
             "version = \"one\"\n"
             "apply_mode = 3\n"
             "transport = 1\n"
             "[session]\n"
             "max_lifetime_ms = 999\n"
             "transport_lost_ttl_ms = \"60000\"\n"
             "handshake_timeout_ms = -1\n"
             "max_lifetime_s = 10\n"
             "[switching]\n"
             "enabled = 1\n"
             "recovery_expiry_action = \"retry\"\n"
             "max_switches_per_min = 8.0\n"),
      "p.toml:1:11: profile: unknown profile; allowed: \"reference\", \"default\" or \"fast\"\n"
      "p.toml:4:14: apply_mode: is not a mode; allowed: \"grace\" or \"strict\"\n"
      "p.toml:9:24: session.handshake_timeout_ms: is out of bounds; allowed: 500 to 60000\n"
      "p.toml:7:19: session.max_lifetime_ms: is out of bounds; allowed: 1000 to 604800000\n"
      "p.toml:10:1: session.max_lifetime_s: unknown key; allowed: max_lifetime_ms, "
      "transport_lost_ttl_ms, handshake_timeout_ms\n"
      "p.toml:8:25: session.transport_lost_ttl_ms: is not an integer; allowed: 1000 to 86400000\n"
      "p.toml:12:11: switching.enabled: is not a boolean; allowed: true or false\n"
      "p.toml:14:24: switching.max_switches_per_min: is not an integer; allowed: 0 to 1000\n"
      "p.toml:13:26: switching.recovery_expiry_action: is not an action; allowed: \"degrade\" or "
      "\"terminate\"\n"
      "p.toml:5:13: transport: is not a table; allowed: a table\n"
      "p.toml:3:11: version: is not a version; allowed: \"X.Y\", X and Y digits\n"
      "p.toml:2:1: versoin: unknown key; allowed: version, profile, apply_mode, [session], "
      "[volatility], [switching], [transport], [security]\n");
}

TEST(PolicyFile, RejectsProtocolsThatItDoesNotKnow) {
  const std::string allowed = "; allowed: a list of one or more of \"udp\", \"quic\", \"tcp\"\n";
  EXPECT_EQ(Faults(kHead + "[transport]\nallowed_protocols = [\"udp\", \"sctp\", \"udp\", 4]\n"),
            "p.toml:4:29: transport.allowed_protocols: unknown protocol" + allowed +
                "p.toml:4:37: transport.allowed_protocols: named twice" + allowed +
                "p.toml:4:44: transport.allowed_protocols: unknown protocol" + allowed);
  EXPECT_EQ(Faults(kHead + "[transport]\nallowed_protocols = []\n"),
            "p.toml:4:21: transport.allowed_protocols: is empty" + allowed);
  EXPECT_EQ(Faults(kHead + "[transport]\nallowed_protocols = \"udp\"\n"),
            "p.toml:4:21: transport.allowed_protocols: is not a list" + allowed);
}

TEST(PolicyFile, RejectsDuplicatesAndBrokenSyntax) {
  EXPECT_EQ(Faults("[session]\nmax_lifetime_ms = 5000\nmax_lifetime_ms = 6000\n").substr(0, 9),
            "p.toml:3:");
  EXPECT_EQ(Faults("[session\n").substr(0, 9), "p.toml:1:");
}

TEST(PolicyFile, PointsAtTheKeyThatBreaksARule) {
  EXPECT_EQ(
      Faults(
          "version = \"1.0\"\nprofile = \"reference\"\n[session]\ntransport_lost_ttl_ms = 3000\n"),
      "p.toml:4:1: PR10: switching.recovery_window_ms must not exceed "
      "session.transport_lost_ttl_ms\n"
      "p.toml:4:1: PR12: session.handshake_timeout_ms must not exceed "
      "session.transport_lost_ttl_ms, which must be below session.max_lifetime_ms\n");
}

TEST(PolicyFile, WarnsAndAccepts) {
  std::string warnings;
  const auto result =
      Parse("version = \"1.0\"\nprofile = \"reference\"\n[switching]\nmax_switches_per_min = 41\n",
            &warnings);
  EXPECT_TRUE(std::holds_alternative<Policy>(result));
  EXPECT_EQ(
      warnings,
      "p.toml:4:1: PR17: switching.max_switches_per_min x switching.switch_cooldown_ms should "
      "not exceed 60000, or the cap is never reached\n");
}

}  // namespace
}  // namespace jvpn
