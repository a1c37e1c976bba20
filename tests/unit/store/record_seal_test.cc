#include "store/record_seal.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/sodium_random.h"
#include "tests/support/seeded_random.h"
#include "tests/unit/store/scratch.h"

namespace jvpn {
namespace {

class RecordSealTest : public testing::Test {
 protected:
  RecordSealTest() { InitCrypto(); }
  static Secret32 KeyOf(std::uint8_t byte) {
    Secret32 key;
    std::fill(key.writable().begin(), key.writable().end(), byte);
    return key;
  }

  SeededRandom random{3};
  RecordSeal seal{KeyOf(1)};
  RecordHead head{State::kDegraded, 17};
  Bytes text = Bytes(100, 0x5a);
};

TEST_F(RecordSealTest, OpensWhatItSealed) {
  const Bytes sealed = seal.Seal(Key(1), head, text, random);
  const auto opened = seal.Open(Key(1), sealed);
  ASSERT_TRUE(opened.plaintext);
  EXPECT_EQ(*opened.plaintext, text);
  EXPECT_EQ(opened.head, head);
}

TEST_F(RecordSealTest, HidesThePlaintextAndNeverSealsTwiceAlike) {
  const Bytes once = seal.Seal(Key(1), head, text, random);
  const Bytes again = seal.Seal(Key(1), head, text, random);
  EXPECT_NE(once, again);
  const Bytes part(8, 0x5a);
  EXPECT_EQ(std::search(once.begin(), once.end(), part.begin(), part.end()), once.end());
}

TEST_F(RecordSealTest, ReportsAnyDamagedByteAsUnreadable) {
  const Bytes sealed = seal.Seal(Key(1), head, text, random);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes damaged = sealed;
    damaged[i] ^= 0x10;
    const auto opened = seal.Open(Key(1), damaged);
    EXPECT_FALSE(opened.plaintext) << i;
    const bool key_id = i >= 8 && i < 16;
    EXPECT_EQ(opened.fault, key_id ? Reason::kKeyMaterialLost : Reason::kRecordUnreadable) << i;
  }
}

TEST_F(RecordSealTest, ReportsAnyTornRecordAsUnreadable) {
  const Bytes sealed = seal.Seal(Key(1), head, text, random);
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    const auto opened = seal.Open(Key(1), ByteView(sealed).first(size));
    EXPECT_FALSE(opened.plaintext) << size;
    EXPECT_EQ(opened.fault, Reason::kRecordUnreadable) << size;
  }
}

TEST_F(RecordSealTest, TellsALostKeyFromADamagedRecord) {
  const auto opened = RecordSeal(KeyOf(2)).Open(Key(1), seal.Seal(Key(1), head, text, random));
  EXPECT_FALSE(opened.plaintext);
  EXPECT_EQ(opened.fault, Reason::kKeyMaterialLost);
  EXPECT_EQ(opened.head, head);
}

TEST_F(RecordSealTest, OpensNoRecordInTheNameOfAnother) {
  EXPECT_FALSE(seal.Open(Key(2), seal.Seal(Key(1), head, text, random)).plaintext);
}

TEST_F(RecordSealTest, TakesNoHintThatNoStoredSessionCouldGive) {
  for (const State state : {State::kBirth, State::kTerminated, State{9}}) {
    const Bytes sealed = seal.Seal(Key(1), {state, 17}, text, random);
    EXPECT_EQ(seal.Open(Key(1), sealed).head, RecordHead{});
  }
}

}  // namespace
}  // namespace jvpn
