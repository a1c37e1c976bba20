// AES-128-GCM by nettle: the reference that libsodium lacks.
#pragma once

#include <nettle/gcm.h>

#include "crypto/secret.h"

namespace jvpn {

inline Bytes NettleAes128GcmSeal(const Secret32& key, ByteView nonce, ByteView aad,
                                 ByteView plaintext) {
  gcm_aes128_ctx context;
  gcm_aes128_set_key(&context, key.view().data());
  gcm_aes128_set_iv(&context, nonce.size(), nonce.data());
  gcm_aes128_update(&context, aad.size(), aad.data());
  Bytes sealed(plaintext.size() + 16);
  gcm_aes128_encrypt(&context, plaintext.size(), sealed.data(), plaintext.data());
  gcm_aes128_digest(&context, 16, sealed.data() + plaintext.size());
  return sealed;
}

}  // namespace jvpn
