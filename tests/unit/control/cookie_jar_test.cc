#include "control/cookie_jar.h"

#include <gtest/gtest.h>

#include "tests/support/seeded_random.h"
#include "tests/support/test_peer.h"

namespace jvpn {
namespace {

Endpoint At(const char* address, std::uint16_t port) { return {*IpAddress::Parse(address), port}; }

class CookieJarTest : public testing::Test {
 protected:
  // An init with the cookie that the jar gives to `source`.
  Bytes Proved(const Endpoint& source) {
    Bytes init = peer_.Init(1);
    EXPECT_TRUE(peer_.Prove(jar.Reply(*DecodeHandshakeFrame(init), source, now), init));
    return init;
  }
  bool Proves(const Bytes& init, const Endpoint& source) {
    return jar.Proves(*DecodeHandshakeFrame(init), source, now);
  }

  SeededRandom random_{5};
  KeyPair gateway_ = KeyPair::Generate(random_);
  TestPeer peer_{random_, gateway_.public_key, 1};
  CookieJar jar{gateway_.public_key, random_};
  Instant now{Millis(1000)};
  const Endpoint source_ = At("198.51.100.7", 5000);
};

TEST_F(CookieJarTest, ACookieIsGoodForItsAddressAndPortOnly) {
  const Bytes init = Proved(source_);
  EXPECT_TRUE(Proves(init, source_));
  EXPECT_FALSE(Proves(init, At("198.51.100.7", 5001)));
  EXPECT_FALSE(Proves(init, At("198.51.100.8", 5000)));
  EXPECT_FALSE(Proves(init, At("::ffff:198.51.100.7", 5000)));
  const Endpoint v6 = At("2001:db8::1", 5000);
  EXPECT_TRUE(Proves(Proved(v6), v6));
}

TEST_F(CookieJarTest, NoBitOfAnInitMayChangeOnceItIsProved) {
  const Bytes init = Proved(source_);
  for (std::size_t bit = 32; bit < init.size() * 8; ++bit) {
    Bytes changed = init;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    EXPECT_FALSE(Proves(changed, source_)) << bit;
  }
}

TEST_F(CookieJarTest, AnInitWithoutACookieProvesNothing) {
  EXPECT_FALSE(Proves(peer_.Init(1), source_));
}

TEST_F(CookieJarTest, ACookieHoldsOneLifeOfASecretAndNotTwo) {
  const Bytes init = Proved(source_);
  now += kCookieSecretLife - Millis(1);
  EXPECT_TRUE(Proves(init, source_));
  now += Millis(1);
  EXPECT_TRUE(Proves(init, source_)) << "of the secret before";
  now += kCookieSecretLife;
  EXPECT_FALSE(Proves(init, source_));
}

TEST_F(CookieJarTest, AnIdleJarForgetsBothSecrets) {
  const Bytes init = Proved(source_);
  now += 2 * kCookieSecretLife;
  EXPECT_FALSE(Proves(init, source_));
}

}  // namespace
}  // namespace jvpn
