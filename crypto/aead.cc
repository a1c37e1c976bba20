#include "crypto/aead.h"

#include <intel-ipsec-mb.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "crypto/shared_library.h"

namespace jvpn {
namespace {

constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kNonceBytes = sizeof(AeadJob::nonce);
constexpr std::size_t kLineBytes = 64;

// How many jobs ahead a key is prefetched: the key of a session that was idle comes from memory,
// and eight packets of work hide that.
constexpr std::size_t kPrefetchAhead = 8;

static_assert(sizeof(gcm_key_data) <= AeadKey::kBytes && alignof(gcm_key_data) <= alignof(AeadKey));
static_assert(sizeof(gcm_key_data) == 1008, "KeyLines() knows the layout of ipsec-mb 1.3");

const gcm_key_data* GcmKey(const AeadKey& key) {
  return reinterpret_cast<const gcm_key_data*>(key.bytes);
}

// Constant time.
bool SameTag(const std::uint8_t* a, const std::uint8_t* b) {
  std::uint64_t left[2];
  std::uint64_t right[2];
  std::memcpy(left, a, sizeof left);
  std::memcpy(right, b, sizeof right);
  return ((left[0] ^ right[0]) | (left[1] ^ right[1])) == 0;
}

bool WellFormed(const AeadJob& job) {
  return job.key != nullptr && job.header != nullptr && job.payload != nullptr &&
         reinterpret_cast<std::uintptr_t>(job.key) % alignof(AeadKey) == 0;
}

// Where in a key the lines lie that a packet of some length touches.
struct KeyLines {
  // Round keys come first, at most 15 x 16 bytes.
  static constexpr std::size_t kRoundKeyLines = 4;
  static constexpr std::size_t kBlockBytes = 16;

  // Powers of H in the key: 48, the first power last, with VAES; else 8 (and 8 sums of halves).
  bool vaes = false;

  void Prefetch(const AeadKey& key, std::uint32_t length) const {
    for (std::size_t line = 0; line < kRoundKeyLines; ++line) Touch(key, line);
    if (!vaes) {
      for (std::size_t line = kRoundKeyLines; line < 8; ++line) Touch(key, line);
      return;
    }
    // One power for each block of the payload, one for the associated data, one for the lengths.
    const std::size_t powers = std::min<std::size_t>(length / kBlockBytes + 3, 48);
    const std::size_t first = (sizeof(gcm_key_data) - powers * kBlockBytes) / kLineBytes;
    for (std::size_t line = std::max(first, kRoundKeyLines); line < 16; ++line) Touch(key, line);
  }

 private:
  static void Touch(const AeadKey& key, std::size_t line) {
    __builtin_prefetch(key.bytes + line * kLineBytes);
  }
};

class IpsecMbEngine final : public AeadEngine {
 public:
  using Manager = std::unique_ptr<IMB_MGR, void (*)(IMB_MGR*)>;

  IpsecMbEngine(SharedLibrary library, Manager manager, IMB_ARCH arch)
      : library_(std::move(library)), manager_(std::move(manager)), arch_(arch) {
    key_lines_.vaes = (manager_->features & IMB_FEATURE_VAES) != 0 && arch == IMB_ARCH_AVX512;
  }
  ~IpsecMbEngine() override { sodium_memzero(&gcm_context_, sizeof gcm_context_); }

  void ExpandKey(Suite suite, const Secret32& key, AeadKey& out) override;
  void Seal(Suite suite, std::span<AeadJob> jobs) override;
  void Open(Suite suite, std::span<AeadJob> jobs) override;
  const char* architecture() const override;

 private:
  // Runs `one(job)` over the jobs while the keys of later ones are on their way.
  template <typename One>
  void ForEachGcm(std::span<AeadJob> jobs, One one);
  void PrefetchGcmKey(std::span<const AeadJob> jobs, std::size_t i) const;
  void SealGcm(aes_gcm_enc_dec_t seal, std::span<AeadJob> jobs);
  void OpenGcm(aes_gcm_enc_dec_t open, std::span<AeadJob> jobs);
  template <typename One>
  void ForEachChaCha(std::span<AeadJob> jobs, One one);
  void RunChaCha(const AeadJob& job, IMB_CIPHER_DIRECTION direction, std::uint8_t* tag);

  SharedLibrary library_;  // outlives what it made
  Manager manager_;
  IMB_ARCH arch_;
  KeyLines key_lines_;
  gcm_context_data gcm_context_{};
};

void IpsecMbEngine::ExpandKey(Suite suite, const Secret32& key, AeadKey& out) {
  std::memset(out.bytes, 0, sizeof out.bytes);
  auto* const gcm = reinterpret_cast<gcm_key_data*>(out.bytes);
  switch (suite) {
    case Suite::kAes128Gcm:
      IMB_AES128_GCM_PRE(manager_.get(), key.view().data(), gcm);
      return;
    case Suite::kAes256Gcm:
      IMB_AES256_GCM_PRE(manager_.get(), key.view().data(), gcm);
      return;
    case Suite::kChaCha20Poly1305:
      std::copy(key.view().begin(), key.view().end(), out.bytes);
      return;
  }
}

void IpsecMbEngine::Seal(Suite suite, std::span<AeadJob> jobs) {
  switch (suite) {
    case Suite::kAes128Gcm:
      return SealGcm(manager_->gcm128_enc, jobs);
    case Suite::kAes256Gcm:
      return SealGcm(manager_->gcm256_enc, jobs);
    case Suite::kChaCha20Poly1305:
      return ForEachChaCha(jobs, [this](AeadJob& job) {
        RunChaCha(job, IMB_DIR_ENCRYPT, job.payload + job.length);
      });
  }
}

void IpsecMbEngine::Open(Suite suite, std::span<AeadJob> jobs) {
  switch (suite) {
    case Suite::kAes128Gcm:
      return OpenGcm(manager_->gcm128_dec, jobs);
    case Suite::kAes256Gcm:
      return OpenGcm(manager_->gcm256_dec, jobs);
    case Suite::kChaCha20Poly1305:
      return ForEachChaCha(jobs, [this](AeadJob& job) {
        std::uint8_t computed[kTagBytes];
        RunChaCha(job, IMB_DIR_DECRYPT, computed);
        job.verified = SameTag(computed, job.payload + job.length);
      });
  }
}

const char* IpsecMbEngine::architecture() const {
  switch (arch_) {
    case IMB_ARCH_AVX512:
      return "AVX512";
    case IMB_ARCH_AVX2:
      return "AVX2";
    case IMB_ARCH_AVX:
      return "AVX";
    case IMB_ARCH_SSE:
      return "SSE";
    default:
      return "no AES-NI";
  }
}

void IpsecMbEngine::PrefetchGcmKey(std::span<const AeadJob> jobs, std::size_t i) const {
  DCHECK(WellFormed(jobs[i]));
  // A train of packets of one session asks once.
  const bool asked =
      i > 0 && jobs[i].key == jobs[i - 1].key && jobs[i].length <= jobs[i - 1].length;
  if (!asked) key_lines_.Prefetch(*jobs[i].key, jobs[i].length);
}

template <typename One>
void IpsecMbEngine::ForEachGcm(std::span<AeadJob> jobs, One one) {
  const std::size_t head = std::min(jobs.size(), kPrefetchAhead);
  for (std::size_t i = 0; i < head; ++i) PrefetchGcmKey(jobs, i);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (i + kPrefetchAhead < jobs.size()) PrefetchGcmKey(jobs, i + kPrefetchAhead);
    one(jobs[i]);
  }
}

void IpsecMbEngine::SealGcm(aes_gcm_enc_dec_t seal, std::span<AeadJob> jobs) {
  ForEachGcm(jobs, [this, seal](AeadJob& job) {
    seal(GcmKey(*job.key), &gcm_context_, job.payload, job.payload, job.length, job.nonce,
         job.header, job.header_length, job.payload + job.length, kTagBytes);
  });
}

void IpsecMbEngine::OpenGcm(aes_gcm_enc_dec_t open, std::span<AeadJob> jobs) {
  ForEachGcm(jobs, [this, open](AeadJob& job) {
    std::uint8_t computed[kTagBytes];
    open(GcmKey(*job.key), &gcm_context_, job.payload, job.payload, job.length, job.nonce,
         job.header, job.header_length, computed, kTagBytes);
    job.verified = SameTag(computed, job.payload + job.length);
  });
}

template <typename One>
void IpsecMbEngine::ForEachChaCha(std::span<AeadJob> jobs, One one) {
  for (const AeadJob& job : jobs) {
    DCHECK(WellFormed(job));
    __builtin_prefetch(job.key->bytes);  // its 32 bytes are one line
  }
  for (AeadJob& job : jobs) one(job);
}

void IpsecMbEngine::RunChaCha(const AeadJob& job, IMB_CIPHER_DIRECTION direction,
                              std::uint8_t* tag) {
  IMB_JOB* const imb = IMB_GET_NEXT_JOB(manager_.get());
  imb->cipher_mode = IMB_CIPHER_CHACHA20_POLY1305;
  imb->hash_alg = IMB_AUTH_CHACHA20_POLY1305;
  imb->cipher_direction = direction;
  imb->chain_order = direction == IMB_DIR_ENCRYPT ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
  imb->enc_keys = job.key->bytes;
  imb->dec_keys = job.key->bytes;
  imb->key_len_in_bytes = 32;
  imb->src = job.payload;
  imb->dst = job.payload;
  imb->cipher_start_src_offset_in_bytes = 0;
  imb->hash_start_src_offset_in_bytes = 0;
  imb->msg_len_to_cipher_in_bytes = job.length;
  imb->msg_len_to_hash_in_bytes = job.length;
  imb->iv = job.nonce;
  imb->iv_len_in_bytes = kNonceBytes;
  imb->u.CHACHA20_POLY1305.aad = job.header;
  imb->u.CHACHA20_POLY1305.aad_len_in_bytes = job.header_length;
  imb->auth_tag_output = tag;
  imb->auth_tag_output_len_in_bytes = kTagBytes;
  // Single-buffer in this library: the job is done when the call returns.
  const IMB_JOB* const done = IMB_SUBMIT_JOB_NOCHECK(manager_.get());
  DCHECK(done == imb && done->status == IMB_STATUS_COMPLETED);
}

// The functions behind the manager must be the copy's own, or its workers still share a word.
bool IsPrivate(const SharedLibrary& library, const IMB_MGR& manager) {
  const auto own = [&library](auto function) {
    return library.Holds(reinterpret_cast<const void*>(function));
  };
  return own(manager.gcm128_enc) && own(manager.gcm128_dec) && own(manager.gcm256_enc) &&
         own(manager.gcm256_dec) && own(manager.get_next_job) && own(manager.submit_job_nocheck);
}

}  // namespace

absl::StatusOr<std::unique_ptr<AeadEngine>> AeadEngine::Create(Sharing sharing) {
  const bool wants_own = sharing == Sharing::kPrivateCopy;
  auto library = SharedLibrary::Load("libIPSec_MB.so.1", wants_own ? SharedLibrary::Copy::kPrivate
                                                                   : SharedLibrary::Copy::kProcess);
  if (!library.ok()) return library.status();
  auto* const allocate = library->Find<decltype(alloc_mb_mgr)>("alloc_mb_mgr");
  auto* const initialize = library->Find<decltype(init_mb_mgr_auto)>("init_mb_mgr_auto");
  auto* const release = library->Find<decltype(free_mb_mgr)>("free_mb_mgr");
  if (allocate == nullptr || initialize == nullptr || release == nullptr) {
    return absl::FailedPreconditionError(
        "libIPSec_MB.so.1 lacks alloc_mb_mgr, init_mb_mgr_auto or free_mb_mgr; install "
        "libipsec-mb1 "
        "1.3 or newer");
  }
  IpsecMbEngine::Manager manager(allocate(0), release);
  if (manager == nullptr) return absl::ResourceExhaustedError("no memory for a cipher manager");
  IMB_ARCH arch = IMB_ARCH_NONE;
  initialize(manager.get(), &arch);
  if (arch == IMB_ARCH_NONE) {
    return absl::FailedPreconditionError("ipsec-mb finds no usable instruction set on this CPU");
  }
  if (wants_own && !IsPrivate(*library, *manager)) {
    return absl::InternalError(
        "the private copy of libIPSec_MB.so.1 calls into another copy of it");
  }
  return std::make_unique<IpsecMbEngine>(*std::move(library), std::move(manager), arch);
}

}  // namespace jvpn
