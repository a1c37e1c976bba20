#include "crypto/symmetric_state.h"

#include "base/check.h"

namespace jvpn {
namespace {

constexpr std::size_t kHashBytes = 64;    // HASHLEN of BLAKE2b
constexpr std::size_t kBlockBytes = 128;  // BLOCKLEN of BLAKE2b
constexpr std::size_t kTagBytes = crypto_aead_chacha20poly1305_ietf_ABYTES;

using Hash = Secret<kHashBytes>;

// A BLAKE2b over several parts, wiped when it dies: an HMAC leaves its key in it.
class HashState {
 public:
  HashState() { CHECK(crypto_generichash_blake2b_init(&state_, nullptr, 0, kHashBytes) == 0); }
  HashState(const HashState&) = delete;
  HashState& operator=(const HashState&) = delete;
  ~HashState() { sodium_memzero(&state_, sizeof state_); }

  void Update(ByteView data) {
    CHECK(crypto_generichash_blake2b_update(&state_, data.data(), data.size()) == 0);
  }
  void Final(std::span<std::uint8_t, kHashBytes> out) {
    CHECK(crypto_generichash_blake2b_final(&state_, out.data(), out.size()) == 0);
  }

 private:
  crypto_generichash_blake2b_state state_;
};

// RFC 2104 over BLAKE2b-64 (not BLAKE2b's own keyed mode); Noise's keys are never longer than a
// block.
Hash Hmac(const Hash& key, ByteView first, ByteView second = {}) {
  Secret<kBlockBytes> pad;
  const auto fill = [&](std::uint8_t with) {
    const auto block = pad.writable();
    std::fill(block.begin(), block.end(), with);
    for (std::size_t i = 0; i < kHashBytes; ++i) block[i] ^= key.view()[i];
  };
  Hash inner;
  HashState inner_state;
  fill(0x36);
  inner_state.Update(pad.view());
  inner_state.Update(first);
  inner_state.Update(second);
  inner_state.Final(inner.writable());

  Hash outer;
  HashState outer_state;
  fill(0x5c);
  outer_state.Update(pad.view());
  outer_state.Update(inner.view());
  outer_state.Final(outer.writable());
  return outer;
}

// Noise's HKDF: out1, out2 and (for the pre-shared key) out3.
struct HkdfOutputs {
  Hash first;
  Hash second;
  Hash third;
};

HkdfOutputs Hkdf(const Hash& chaining_key, ByteView input) {
  static constexpr std::uint8_t kOne[] = {1};
  static constexpr std::uint8_t kTwo[] = {2};
  static constexpr std::uint8_t kThree[] = {3};
  const Hash temporary = Hmac(chaining_key, input);
  HkdfOutputs out;
  out.first = Hmac(temporary, kOne);
  out.second = Hmac(temporary, out.first.view(), kTwo);
  out.third = Hmac(temporary, out.second.view(), kThree);
  return out;
}

Secret32 FirstHalf(const Hash& hash) { return Secret32(hash.view().first<32>()); }

// Four zero bytes, then the message number in little-endian (Noise 12.3).
std::array<std::uint8_t, 12> Nonce(std::uint64_t n) {
  std::array<std::uint8_t, 12> nonce{};
  StoreLe64(nonce.data() + 4, n);
  return nonce;
}

}  // namespace

SymmetricState::SymmetricState(std::string_view protocol_name) {
  CHECK(protocol_name.size() <= hash_.size());  // longer names would be hashed; ours is not
  std::copy(protocol_name.begin(), protocol_name.end(), hash_.begin());
  chaining_key_ = Hash(hash_);
}

void SymmetricState::MixHash(ByteView data) {
  HashState state;
  state.Update(hash_);
  state.Update(data);
  state.Final(hash_);
}

void SymmetricState::MixKey(ByteView input) {
  const HkdfOutputs out = Hkdf(chaining_key_, input);
  chaining_key_ = out.first;
  key_ = FirstHalf(out.second);
  has_key_ = true;
  nonce_ = 0;
}

void SymmetricState::MixKeyAndHash(ByteView input) {
  const HkdfOutputs out = Hkdf(chaining_key_, input);
  chaining_key_ = out.first;
  MixHash(out.second.view());
  key_ = FirstHalf(out.third);
  has_key_ = true;
  nonce_ = 0;
}

Bytes SymmetricState::EncryptAndHash(ByteView plaintext) {
  CHECK(has_key_);  // IKpsk2 has a key before its first payload
  Bytes ciphertext(plaintext.size() + kTagBytes);
  CHECK(crypto_aead_chacha20poly1305_ietf_encrypt(
            ciphertext.data(), nullptr, plaintext.data(), plaintext.size(), hash_.data(),
            hash_.size(), nullptr, Nonce(nonce_).data(), key_.view().data()) == 0);
  ++nonce_;
  MixHash(ciphertext);
  return ciphertext;
}

std::optional<Bytes> SymmetricState::DecryptAndHash(ByteView ciphertext) {
  CHECK(has_key_);
  if (ciphertext.size() < kTagBytes) return std::nullopt;
  Bytes plaintext(ciphertext.size() - kTagBytes);
  if (crypto_aead_chacha20poly1305_ietf_decrypt(
          plaintext.data(), nullptr, nullptr, ciphertext.data(), ciphertext.size(), hash_.data(),
          hash_.size(), Nonce(nonce_).data(), key_.view().data()) != 0) {
    return std::nullopt;
  }
  ++nonce_;
  MixHash(ciphertext);
  return plaintext;
}

void SymmetricState::Split(Secret32& k1, Secret32& k2) {
  const HkdfOutputs out = Hkdf(chaining_key_, {});
  k1 = FirstHalf(out.first);
  k2 = FirstHalf(out.second);
  chaining_key_.Wipe();
  key_.Wipe();
  has_key_ = false;
}

}  // namespace jvpn
