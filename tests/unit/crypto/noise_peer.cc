// noise_peer: our ends of the handshake on a pipe, for noise_foreign_test.py. Hex words on lines,
// "-" for an empty string; answers "refused" where nothing authenticated.
//
//   initiator SECRET REMOTE PSK PROLOGUE PAYLOAD   ->  MESSAGE
//   RESPONSE                                       ->  PAYLOAD K1 K2 HASH
//   responder SECRET PROLOGUE                      ->  ready
//   INIT                                           ->  PAYLOAD REMOTE
//   PSK PAYLOAD                                    ->  MESSAGE K1 K2 HASH
#include <iostream>
#include <string>

#include "crypto/noise.h"
#include "crypto/sodium_random.h"
#include "tests/unit/crypto/test_bytes.h"

namespace jvpn {
namespace {

std::string ToHex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const std::uint8_t byte : bytes) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex.empty() ? "-" : hex;
}

Bytes ReadBytes() {
  std::string word;
  std::cin >> word;
  return word == "-" ? Bytes{} : FromHex(word);
}

Secret32 ReadSecret() { return Secret32(std::span<const std::uint8_t, 32>(ReadBytes())); }

PublicKey ReadPublic() {
  PublicKey key{};
  const Bytes raw = ReadBytes();
  std::copy(raw.begin(), raw.end(), key.begin());
  return key;
}

void Say(const std::string& line) { std::cout << line << std::endl; }

std::string Keys(const NoiseKeys& keys) {
  return ToHex(keys.k1.view()) + " " + ToHex(keys.k2.view()) + " " + ToHex(keys.handshake_hash);
}

void Initiate(Random& random) {
  const KeyPair local = KeyPair::FromSecret(ReadSecret());
  const PublicKey remote = ReadPublic();
  const Secret32 psk = ReadSecret();
  const Bytes prologue = ReadBytes();
  NoiseInitiator initiator(local, remote, psk, prologue);
  const auto init = initiator.WriteInit(ReadBytes(), random);
  if (!init) return Say("refused");
  Say(ToHex(*init));
  const auto answer = initiator.ReadResponse(ReadBytes());
  Say(answer ? ToHex(*answer) + " " + Keys(initiator.keys()) : "refused");
}

void Respond(Random& random) {
  const KeyPair local = KeyPair::FromSecret(ReadSecret());
  NoiseResponder responder(local, ReadBytes());
  Say("ready");
  const auto question = responder.ReadInit(ReadBytes());
  if (!question) return Say("refused");
  Say(ToHex(*question) + " " + ToHex(responder.remote_static()));
  const Secret32 psk = ReadSecret();
  const auto response = responder.WriteResponse(ReadBytes(), psk, random);
  Say(response ? ToHex(*response) + " " + Keys(responder.keys()) : "refused");
}

int Main() {
  InitCrypto();
  SodiumRandom random;
  for (std::string role; std::cin >> role;) {
    if (role == "initiator") {
      Initiate(random);
    } else if (role == "responder") {
      Respond(random);
    } else {
      return 2;
    }
  }
  return 0;
}

}  // namespace
}  // namespace jvpn

int main() { return jvpn::Main(); }
