#include "gateway/suggestion.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

TEST(Suggestion, CountsInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(EditDistance("workers", "workers"), 0U);
  EXPECT_EQ(EditDistance("worker", "workers"), 1U);
  EXPECT_EQ(EditDistance("wrokers", "workers"), 1U);
  EXPECT_EQ(EditDistance("vorkers", "workers"), 1U);
  EXPECT_EQ(EditDistance("", "mtu"), 3U);
}

TEST(Suggestion, PicksTheNearestWord) {
  EXPECT_EQ(NearestWord("ipv4pool", {"ipv6_pool", "ipv4_pool"}), "ipv4_pool");
}

TEST(Suggestion, SaysNothingWhenNoWordIsNear) {
  EXPECT_EQ(NearestWord("colour", {"max", "mtu"}), std::nullopt);
  EXPECT_EQ(NearestWord("x", {}), std::nullopt);
}

}  // namespace
}  // namespace jvpn
