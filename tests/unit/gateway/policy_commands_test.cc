#include "tools/policy_commands.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

TEST(PolicyCommands, CheckNamesTheContentOrEveryFault) {
  const auto good = CheckPolicy("version = \"2.1\"\nprofile = \"default\"\n", "a.toml");
  ASSERT_TRUE(good.ok());
  EXPECT_TRUE(good->id.starts_with("2.1-"));
  const auto bad = CheckPolicy(
      "version = \"2.1\"\nprofile = \"default\"\n[switching]\nmax_switches = 3\n", "a.toml");
  EXPECT_EQ(bad.status().message().substr(0, 11), "a.toml:4:1:");
}

TEST(PolicyCommands, DifferenceIsOneLineAKey) {
  const Json before =
      Json::parse(CheckPolicy("version = \"1.0\"\nprofile = \"default\"\n", "a")->canonical);
  const Json after = Json::parse(
      CheckPolicy(
          "version = \"1.1\"\nprofile = \"default\"\n[switching]\nmax_switches_per_min = 4\n", "b")
          ->canonical);
  EXPECT_EQ(PolicyDifference(before, after),
            "version: 1.0 -> 1.1\nswitching.max_switches_per_min: 8 -> 4\n");
  EXPECT_EQ(PolicyDifference(before, before), "no difference\n");
}

}  // namespace
}  // namespace jvpn
