#include "tools/key_commands.h"

#include <gtest/gtest.h>

#include <sstream>

#include "crypto/key_file.h"
#include "crypto/noise.h"
#include "crypto/sodium_random.h"

namespace jvpn {
namespace {

TEST(KeyCommands, PublicKeyIsX25519OfTheBasePoint) {
  // RFC 7748 6.1, Alice.
  std::istringstream in("dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=\n");
  const auto key = PublicKeyOf(in);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(*key, "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=");
}

TEST(KeyCommands, GeneratedKeyAndItsPublicKeyAgreeInADiffieHellman) {
  InitCrypto();
  SodiumRandom random;
  const std::string secret = GenerateSecretKey(random);
  EXPECT_EQ(secret.size(), 44U);
  std::istringstream in(secret);
  const auto published = PublicKeyOf(in);
  ASSERT_TRUE(published.ok());
  const KeyPair other = KeyPair::Generate(random);
  const auto here = Dh(*DecodeSecretKey(secret), other.public_key);
  const auto there = Dh(other.secret, *DecodePublicKey(*published));
  ASSERT_TRUE(here.has_value() && there.has_value());
  EXPECT_EQ(*here, *there);
}

TEST(KeyCommands, NoTwoKeysAreTheSame) {
  InitCrypto();
  SodiumRandom random;
  EXPECT_NE(GenerateSecretKey(random), GenerateSecretKey(random));
  EXPECT_NE(GeneratePresharedKey(random), GeneratePresharedKey(random));
}

TEST(KeyCommands, RefusesWhatIsNotAKey) {
  for (const char* text : {"", "hello", "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo"}) {
    std::istringstream in(text);
    EXPECT_FALSE(PublicKeyOf(in).ok()) << text;
  }
}

}  // namespace
}  // namespace jvpn
