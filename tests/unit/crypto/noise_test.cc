#include "crypto/noise.h"

#include <gtest/gtest.h>

#include "tests/unit/crypto/test_bytes.h"

namespace jvpn {
namespace {

Secret32 SecretFromHex(std::string_view hex) {
  return Secret32(std::span<const std::uint8_t, 32>(FromHex(hex)));
}
PublicKey PublicFromHex(std::string_view hex) {
  PublicKey key{};
  const Bytes raw = FromHex(hex);
  std::copy(raw.begin(), raw.end(), key.begin());
  return key;
}

// RFC 7748 section 6.1.
constexpr std::string_view kAliceSecret =
    "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
constexpr std::string_view kAlicePublic =
    "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
constexpr std::string_view kBobSecret =
    "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
constexpr std::string_view kBobPublic =
    "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
constexpr std::string_view kShared =
    "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";

TEST(X25519, GivesTheVectorsOfRfc7748) {
  EXPECT_EQ(KeyPair::FromSecret(SecretFromHex(kAliceSecret)).public_key,
            PublicFromHex(kAlicePublic));
  EXPECT_EQ(KeyPair::FromSecret(SecretFromHex(kBobSecret)).public_key, PublicFromHex(kBobPublic));
  EXPECT_EQ(Dh(SecretFromHex(kAliceSecret), PublicFromHex(kBobPublic)), SecretFromHex(kShared));
  EXPECT_EQ(Dh(SecretFromHex(kBobSecret), PublicFromHex(kAlicePublic)), SecretFromHex(kShared));
}

TEST(X25519, RefusesPointsOfLowOrder) {
  for (const std::string_view point :
       {"0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    EXPECT_FALSE(Dh(SecretFromHex(kAliceSecret), PublicFromHex(point))) << point;
  }
}

// Two ends with fresh keys from one seed, and what they say to each other.
class Handshake {
 public:
  explicit Handshake(std::uint64_t seed) : random(seed) { random.Fill(psk.writable()); }

  NoiseInitiator Initiator() const { return {client, gateway.public_key, psk, prologue}; }
  NoiseResponder Responder() const { return {gateway, prologue}; }

  SeededRandom random;
  KeyPair client = KeyPair::Generate(random);
  KeyPair gateway = KeyPair::Generate(random);
  Secret32 psk;
  Bytes prologue = {'j', 'v', 'p', 'n', ' ', 'v', '1'};
  Bytes question = random.Some(264);
  Bytes answer = random.Some(100);
};

TEST(Noise, GivesBothEndsTheSameKeysAndPayloads) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Handshake h(seed);
    NoiseInitiator initiator = h.Initiator();
    NoiseResponder responder = h.Responder();
    const Bytes init = initiator.WriteInit(h.question, h.random).value();
    EXPECT_EQ(init.size(), 32 + 48 + h.question.size() + 16);
    EXPECT_EQ(responder.ReadInit(init), h.question);
    EXPECT_EQ(responder.remote_static(), h.client.public_key);
    const Bytes response = responder.WriteResponse(h.answer, h.psk, h.random).value();
    EXPECT_EQ(response.size(), 32 + h.answer.size() + 16);
    EXPECT_EQ(initiator.ReadResponse(response), h.answer);
    EXPECT_EQ(initiator.keys().k1, responder.keys().k1);
    EXPECT_EQ(initiator.keys().k2, responder.keys().k2);
    EXPECT_EQ(initiator.keys().handshake_hash, responder.keys().handshake_hash);
    EXPECT_FALSE(initiator.keys().k1 == initiator.keys().k2);
    EXPECT_FALSE(initiator.keys().k1.is_zero());
  }
}

TEST(Noise, RefusesAnInitWithAnyBitFlippedOrCut) {
  Handshake h(1);
  NoiseInitiator initiator = h.Initiator();
  const Bytes init = initiator.WriteInit(h.random.Some(8), h.random).value();
  for (std::size_t byte = 0; byte < init.size(); ++byte) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      // X25519 ignores the top bit of the ephemeral; the hash does not.
      Bytes changed = init;
      changed[byte] ^= static_cast<std::uint8_t>(1U << bit);
      NoiseResponder responder = h.Responder();
      EXPECT_FALSE(responder.ReadInit(changed)) << "byte " << byte << " bit " << bit;
    }
    NoiseResponder responder = h.Responder();
    EXPECT_FALSE(responder.ReadInit(ByteView(init).first(byte))) << byte;
  }
}

TEST(Noise, RefusesAResponseWithAnyBitFlippedOrCut) {
  Handshake h(2);
  NoiseInitiator initiator = h.Initiator();
  NoiseResponder responder = h.Responder();
  ASSERT_TRUE(responder.ReadInit(initiator.WriteInit(h.question, h.random).value()));
  const Bytes response = responder.WriteResponse(h.random.Some(8), h.psk, h.random).value();
  for (std::size_t byte = 0; byte < response.size(); ++byte) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Bytes changed = response;
      changed[byte] ^= static_cast<std::uint8_t>(1U << bit);
      NoiseInitiator victim = initiator;
      EXPECT_FALSE(victim.ReadResponse(changed)) << "byte " << byte << " bit " << bit;
      EXPECT_TRUE(victim.keys().k1.is_zero());
    }
    NoiseInitiator victim = initiator;
    EXPECT_FALSE(victim.ReadResponse(ByteView(response).first(byte))) << byte;
  }
}

TEST(Noise, FailsWhenTheEndsDisagreeOnPrologueGatewayOrPsk) {
  Handshake h(3);
  NoiseInitiator initiator = h.Initiator();
  const Bytes init = initiator.WriteInit(h.question, h.random).value();

  NoiseResponder other_prologue(h.gateway, Bytes{'x'});
  EXPECT_FALSE(other_prologue.ReadInit(init));
  NoiseResponder other_gateway(KeyPair::Generate(h.random), h.prologue);
  EXPECT_FALSE(other_gateway.ReadInit(init));

  NoiseResponder responder = h.Responder();
  ASSERT_TRUE(responder.ReadInit(init));
  const Bytes response = responder.WriteResponse(h.answer, Secret32{}, h.random).value();
  EXPECT_FALSE(initiator.ReadResponse(response));
}

TEST(Noise, RefusesARemoteKeyOfLowOrder) {
  Handshake h(4);
  NoiseInitiator initiator(h.client, PublicKey{}, h.psk, h.prologue);
  EXPECT_FALSE(initiator.WriteInit(h.question, h.random));
  NoiseResponder responder = h.Responder();
  EXPECT_FALSE(responder.ReadInit(Bytes(400)));
}

}  // namespace
}  // namespace jvpn
