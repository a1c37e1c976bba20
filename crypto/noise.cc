#include "crypto/noise.h"

#include "base/check.h"

namespace jvpn {
namespace {

constexpr std::string_view kProtocolName = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2b";
constexpr std::size_t kPublicBytes = sizeof(PublicKey);
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kSealedStaticBytes = kPublicBytes + kTagBytes;

// Prologue and the pre-message of IK: the initiator knows the responder's static key.
SymmetricState Begin(ByteView prologue, const PublicKey& responder) {
  SymmetricState state(kProtocolName);
  state.MixHash(prologue);
  state.MixHash(responder);
  return state;
}

// Token `e` of a pattern with a pre-shared key (Noise 9.2): hashed and mixed into the key.
void MixEphemeral(SymmetricState& state, const PublicKey& ephemeral) {
  state.MixHash(ephemeral);
  state.MixKey(ephemeral);
}

bool MixDh(SymmetricState& state, const Secret32& secret, const PublicKey& peer) {
  const auto shared = Dh(secret, peer);
  if (!shared) return false;
  state.MixKey(shared->view());
  return true;
}

PublicKey ToPublicKey(ByteView raw) {
  CHECK(raw.size() == kPublicBytes);
  PublicKey key;
  std::copy(raw.begin(), raw.end(), key.begin());
  return key;
}

void Append(Bytes& to, ByteView what) { to.insert(to.end(), what.begin(), what.end()); }

void Finish(SymmetricState& state, NoiseKeys& keys) {
  std::copy(state.hash().begin(), state.hash().end(), keys.handshake_hash.begin());
  state.Split(keys.k1, keys.k2);
}

}  // namespace

KeyPair KeyPair::Generate(Random& random) {
  Secret32 secret;
  random.Fill(secret.writable());
  return FromSecret(secret);
}

KeyPair KeyPair::FromSecret(const Secret32& secret) {
  KeyPair pair;
  pair.secret = secret;
  CHECK(crypto_scalarmult_curve25519_base(pair.public_key.data(), secret.view().data()) == 0);
  return pair;
}

std::optional<Secret32> Dh(const Secret32& secret, const PublicKey& peer) {
  Secret32 shared;
  if (crypto_scalarmult_curve25519(shared.writable().data(), secret.view().data(), peer.data()) !=
          0 ||
      shared.is_zero()) {
    return std::nullopt;
  }
  return shared;
}

NoiseInitiator::NoiseInitiator(KeyPair local, const PublicKey& remote, const Secret32& psk,
                               ByteView prologue)
    : local_(local), remote_(remote), psk_(psk), state_(Begin(prologue, remote)) {}

std::optional<Bytes> NoiseInitiator::WriteInit(ByteView payload, Random& random) {
  ephemeral_ = KeyPair::Generate(random);
  Bytes message;
  message.reserve(kPublicBytes + kSealedStaticBytes + payload.size() + kTagBytes);
  Append(message, ephemeral_.public_key);
  MixEphemeral(state_, ephemeral_.public_key);
  if (!MixDh(state_, ephemeral_.secret, remote_)) return std::nullopt;  // es
  Append(message, state_.EncryptAndHash(local_.public_key));            // s
  if (!MixDh(state_, local_.secret, remote_)) return std::nullopt;      // ss
  Append(message, state_.EncryptAndHash(payload));
  return message;
}

std::optional<Bytes> NoiseInitiator::ReadResponse(ByteView message) {
  if (message.size() < kPublicBytes + kTagBytes) return std::nullopt;
  const PublicKey remote_ephemeral = ToPublicKey(message.first(kPublicBytes));
  MixEphemeral(state_, remote_ephemeral);
  if (!MixDh(state_, ephemeral_.secret, remote_ephemeral)) return std::nullopt;  // ee
  if (!MixDh(state_, local_.secret, remote_ephemeral)) return std::nullopt;      // se
  state_.MixKeyAndHash(psk_.view());                                             // psk
  auto payload = state_.DecryptAndHash(message.subspan(kPublicBytes));
  if (!payload) return std::nullopt;
  Finish(state_, keys_);
  ephemeral_.secret.Wipe();
  return payload;
}

NoiseResponder::NoiseResponder(KeyPair local, ByteView prologue)
    : local_(local), state_(Begin(prologue, local.public_key)) {}

std::optional<Bytes> NoiseResponder::ReadInit(ByteView message) {
  if (message.size() < kPublicBytes + kSealedStaticBytes + kTagBytes) return std::nullopt;
  remote_ephemeral_ = ToPublicKey(message.first(kPublicBytes));
  MixEphemeral(state_, remote_ephemeral_);
  if (!MixDh(state_, local_.secret, remote_ephemeral_)) return std::nullopt;  // es
  const auto remote = state_.DecryptAndHash(message.subspan(kPublicBytes, kSealedStaticBytes));
  if (!remote) return std::nullopt;
  remote_static_ = ToPublicKey(*remote);                                   // s
  if (!MixDh(state_, local_.secret, remote_static_)) return std::nullopt;  // ss
  return state_.DecryptAndHash(message.subspan(kPublicBytes + kSealedStaticBytes));
}

std::optional<Bytes> NoiseResponder::WriteResponse(ByteView payload, const Secret32& psk,
                                                   Random& random) {
  const KeyPair ephemeral = KeyPair::Generate(random);
  Bytes message;
  message.reserve(kPublicBytes + payload.size() + kTagBytes);
  Append(message, ephemeral.public_key);
  MixEphemeral(state_, ephemeral.public_key);
  if (!MixDh(state_, ephemeral.secret, remote_ephemeral_)) return std::nullopt;  // ee
  if (!MixDh(state_, ephemeral.secret, remote_static_)) return std::nullopt;     // se
  state_.MixKeyAndHash(psk.view());                                              // psk
  Append(message, state_.EncryptAndHash(payload));
  Finish(state_, keys_);
  return message;
}

}  // namespace jvpn
