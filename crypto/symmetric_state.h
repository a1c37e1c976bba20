// Noise's SymmetricState and CipherState for ChaChaPoly and BLAKE2b (Noise revision 34, 5.1
// and 5.2).
#pragma once

#include <optional>
#include <string_view>

#include "crypto/secret.h"

namespace jvpn {

class SymmetricState {
 public:
  explicit SymmetricState(std::string_view protocol_name);

  void MixHash(ByteView data);
  void MixKey(ByteView input);
  void MixKeyAndHash(ByteView input);
  Bytes EncryptAndHash(ByteView plaintext);
  std::optional<Bytes> DecryptAndHash(ByteView ciphertext);
  // Ends the handshake: the chaining key is wiped, only hash() may be called after it.
  void Split(Secret32& k1, Secret32& k2);
  std::span<const std::uint8_t, 64> hash() const { return hash_; }

 private:
  Secret<64> chaining_key_;
  std::array<std::uint8_t, 64> hash_{};
  Secret32 key_;
  bool has_key_ = false;
  std::uint64_t nonce_ = 0;
};

}  // namespace jvpn
