// Noise_IKpsk2_25519_ChaChaPoly_BLAKE2b, both ends, as pure state objects over libsodium.
//
// Source     The Noise Protocol Framework, revision 34; docs/wire.md 3.
// Ownership  One object per handshake attempt; not thread-safe.
// Errors     nullopt, and the object must then be dropped: nothing authenticated.
#pragma once

#include <optional>

#include "base/random.h"
#include "crypto/secret.h"
#include "crypto/symmetric_state.h"

namespace jvpn {

struct KeyPair {
  Secret32 secret;
  PublicKey public_key{};

  static KeyPair Generate(Random& random);
  static KeyPair FromSecret(const Secret32& secret);
};

// X25519; nullopt when the result is all zeros (a low-order point).
std::optional<Secret32> Dh(const Secret32& secret, const PublicKey& peer);

// What Split() gives: k1 is the initiator's sending key, k2 the responder's.
struct NoiseKeys {
  Secret32 k1;
  Secret32 k2;
  std::array<std::uint8_t, 64> handshake_hash{};
};

class NoiseInitiator {
 public:
  NoiseInitiator(KeyPair local, const PublicKey& remote, const Secret32& psk, ByteView prologue);

  // -> e, es, s, ss. The message is 32 + 48 + payload.size() + 16 bytes.
  std::optional<Bytes> WriteInit(ByteView payload, Random& random);
  // <- e, ee, se, psk. Returns the responder's payload; keys() holds then.
  std::optional<Bytes> ReadResponse(ByteView message);
  const NoiseKeys& keys() const { return keys_; }

 private:
  KeyPair local_;
  PublicKey remote_;
  Secret32 psk_;
  KeyPair ephemeral_;
  SymmetricState state_;
  NoiseKeys keys_;
};

class NoiseResponder {
 public:
  NoiseResponder(KeyPair local, ByteView prologue);

  // Returns the initiator's payload; remote_static() holds then, so that the caller can look up the
  // peer and its pre-shared key before it answers.
  std::optional<Bytes> ReadInit(ByteView message);
  const PublicKey& remote_static() const { return remote_static_; }
  // The message is 32 + payload.size() + 16 bytes; keys() holds then.
  std::optional<Bytes> WriteResponse(ByteView payload, const Secret32& psk, Random& random);
  const NoiseKeys& keys() const { return keys_; }

 private:
  KeyPair local_;
  PublicKey remote_static_{};
  PublicKey remote_ephemeral_{};
  SymmetricState state_;
  NoiseKeys keys_;
};

}  // namespace jvpn
