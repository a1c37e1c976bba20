#include "bench/bare_loop.h"

#include <intel-ipsec-mb.h>

#include <array>
#include <cstring>

#include "base/check.h"

namespace jvpn {

constexpr std::uint32_t kHeaderBytes = 16;
constexpr std::uint32_t kTag = 16;

struct BareLoop::Library {
  using GcmCall = void (*)(const gcm_key_data*, gcm_context_data*, std::uint8_t*,
                           const std::uint8_t*, std::uint64_t, const std::uint8_t*,
                           const std::uint8_t*, std::uint64_t, std::uint8_t*, std::uint64_t);

  IMB_MGR* manager = alloc_mb_mgr(0);
  Suite suite{};
  alignas(64) gcm_key_data gcm{};
  gcm_context_data context{};
  Secret32 key;
  std::array<std::uint8_t, 12> nonce{};
  std::array<std::uint8_t, kTag> computed{};
  volatile std::uint64_t sink = 0;

  ~Library() { free_mb_mgr(manager); }

  void Gcm(GcmCall call, std::uint8_t* frame, std::uint32_t length, std::uint8_t* tag) {
    call(&gcm, &context, frame + kHeaderBytes, frame + kHeaderBytes, length, nonce.data(), frame,
         kHeaderBytes, tag, kTag);
  }

  void ChaCha(IMB_CIPHER_DIRECTION direction, std::uint8_t* frame, std::uint32_t length,
              std::uint8_t* tag) {
    IMB_JOB* job = IMB_GET_NEXT_JOB(manager);
    job->cipher_direction = direction;
    job->chain_order = direction == IMB_DIR_ENCRYPT ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
    job->cipher_mode = IMB_CIPHER_CHACHA20_POLY1305;
    job->hash_alg = IMB_AUTH_CHACHA20_POLY1305;
    job->enc_keys = key.view().data();
    job->dec_keys = key.view().data();
    job->key_len_in_bytes = 32;
    job->src = frame;
    job->dst = frame + kHeaderBytes;
    job->cipher_start_src_offset_in_bytes = kHeaderBytes;
    job->msg_len_to_cipher_in_bytes = length;
    job->hash_start_src_offset_in_bytes = kHeaderBytes;
    job->msg_len_to_hash_in_bytes = length;
    job->iv = nonce.data();
    job->iv_len_in_bytes = nonce.size();
    job->u.CHACHA20_POLY1305.aad = frame;
    job->u.CHACHA20_POLY1305.aad_len_in_bytes = kHeaderBytes;
    job->auth_tag_output = tag;
    job->auth_tag_output_len_in_bytes = kTag;
    job = IMB_SUBMIT_JOB_NOCHECK(manager);
    while (job == nullptr) job = IMB_FLUSH_JOB(manager);
  }
};

BareLoop::BareLoop(Suite suite, const Secret32& key) : library_(std::make_unique<Library>()) {
  CHECK(library_->manager != nullptr);
  IMB_ARCH architecture{};
  init_mb_mgr_auto(library_->manager, &architecture);
  library_->suite = suite;
  library_->key = key;
  if (suite == Suite::kAes128Gcm) {
    IMB_AES128_GCM_PRE(library_->manager, key.view().data(), &library_->gcm);
  } else if (suite == Suite::kAes256Gcm) {
    IMB_AES256_GCM_PRE(library_->manager, key.view().data(), &library_->gcm);
  }
}

BareLoop::~BareLoop() = default;

void BareLoop::Seal(std::span<std::uint8_t* const> frames, std::uint32_t length) {
  Library& lib = *library_;
  for (std::uint8_t* frame : frames) {
    std::uint8_t* tag = frame + kHeaderBytes + length;
    switch (lib.suite) {
      case Suite::kAes128Gcm:
        lib.Gcm(lib.manager->gcm128_enc, frame, length, tag);
        break;
      case Suite::kAes256Gcm:
        lib.Gcm(lib.manager->gcm256_enc, frame, length, tag);
        break;
      case Suite::kChaCha20Poly1305:
        lib.ChaCha(IMB_DIR_ENCRYPT, frame, length, tag);
        break;
    }
  }
}

void BareLoop::Open(std::span<std::uint8_t* const> frames, std::uint32_t length) {
  Library& lib = *library_;
  for (std::uint8_t* frame : frames) {
    std::uint8_t* tag = lib.computed.data();
    switch (lib.suite) {
      case Suite::kAes128Gcm:
        lib.Gcm(lib.manager->gcm128_dec, frame, length, tag);
        break;
      case Suite::kAes256Gcm:
        lib.Gcm(lib.manager->gcm256_dec, frame, length, tag);
        break;
      case Suite::kChaCha20Poly1305:
        lib.ChaCha(IMB_DIR_DECRYPT, frame, length, tag);
        break;
    }
    std::uint64_t received[2];
    std::uint64_t computed[2];
    std::memcpy(received, frame + kHeaderBytes + length, kTag);
    std::memcpy(computed, tag, kTag);
    lib.sink = (received[0] ^ computed[0]) | (received[1] ^ computed[1]);
  }
}

}  // namespace jvpn
