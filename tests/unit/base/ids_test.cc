#include "base/ids.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

TEST(SessionId, PrintsAsHexDigits) {
  SessionId id;
  id.bytes[0] = 0xab;
  id.bytes[15] = 0x01;
  EXPECT_EQ(id.ToString(), "ab000000000000000000000000000001");
}

TEST(FlowIndex, NamesItsOwnerAndSlot) {
  const FlowIndex index = FlowIndex::Of(WorkerId{31}, 0x00abcdef);
  EXPECT_EQ(index.value, 0x1fabcdefU);
  EXPECT_EQ(index.owner(), WorkerId{31});
  EXPECT_EQ(index.slot(), 0x00abcdefU);
}

TEST(FlowIndex, KeepsTheOwnerCleanOfASlotThatIsTooGreat) {
  EXPECT_EQ(FlowIndex::Of(WorkerId{1}, 0xff000002).value, 0x01000002U);
}

}  // namespace
}  // namespace jvpn
