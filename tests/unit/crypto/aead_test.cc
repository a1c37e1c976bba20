#include "crypto/aead.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/aead_reference.h"
#include "crypto/sodium_random.h"
#include "tests/unit/crypto/test_bytes.h"
#ifdef JVPN_HAVE_NETTLE
#include "tests/unit/crypto/nettle_reference.h"
#endif

namespace jvpn {
namespace {

constexpr Suite kSuites[] = {Suite::kAes128Gcm, Suite::kAes256Gcm, Suite::kChaCha20Poly1305};

struct Vector {
  std::string_view name;
  Suite suite;
  std::string_view key;
  std::string_view nonce;
  std::string_view aad;
  std::string_view plaintext;
  std::string_view sealed;  // ciphertext || tag
};

// McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B; RFC 8439 section 2.8.2.
constexpr Vector kVectors[] = {
    {"GCM case 3", Suite::kAes128Gcm, "feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", "",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985"
     "4d5c2af327cd64a62cf35abd2ba6fab4"},
    {"GCM case 4", Suite::kAes128Gcm, "feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
     "5bc94fbc3221a5db94fae95ae7121a47"},
    {"GCM case 15", Suite::kAes256Gcm,
     "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
     "b094dac5d93471bdec1a502270e3cc6c"},
    {"GCM case 16", Suite::kAes256Gcm,
     "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
     "76fc6ece0f4e1768cddf8853bb2d551b"},
    {"RFC 8439", Suite::kChaCha20Poly1305,
     "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", "070000004041424344454647",
     "50515253c0c1c2c3c4c5c6c7",
     "4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
     "73206f66202739393a204966204920636f756c64206f6666657220796f75206f"
     "6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
     "637265656e20776f756c642062652069742e",
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
     "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
     "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
     "3ff4def08e4b7a9de576d26586cec64b6116"
     "1ae10b594f09e26a7e902ecbd0600691"},
};

// One frame in a buffer of its own: header || payload || tag.
class Frame {
 public:
  Frame(ByteView header, ByteView payload, ByteView nonce, const AeadKey& key)
      : buffer_(header.begin(), header.end()) {
    buffer_.insert(buffer_.end(), payload.begin(), payload.end());
    buffer_.resize(buffer_.size() + 16);
    job_.key = &key;
    job_.header_length = static_cast<std::uint8_t>(header.size());
    job_.length = static_cast<std::uint32_t>(payload.size());
    std::copy(nonce.begin(), nonce.end(), job_.nonce);
  }
  // The job points into the buffer as long as the frame is not moved.
  AeadJob job() {
    AeadJob job = job_;
    job.header = buffer_.data();
    job.payload = buffer_.data() + job.header_length;
    return job;
  }
  ByteView payload() const { return ByteView(buffer_).subspan(job_.header_length, job_.length); }
  ByteView sealed() const { return ByteView(buffer_).subspan(job_.header_length); }
  Bytes& buffer() { return buffer_; }
  AeadJob& shape() { return job_; }

 private:
  Bytes buffer_;
  AeadJob job_;
};

Bytes Copy(ByteView view) { return {view.begin(), view.end()}; }

class Aead : public testing::TestWithParam<AeadEngine::Sharing> {
 protected:
  static void SetUpTestSuite() { InitCrypto(); }

  void Seal(Suite suite, Frame& frame) {
    AeadJob job = frame.job();
    engine_->Seal(suite, {&job, 1});
  }
  bool Open(Suite suite, Frame& frame) {
    AeadJob job = frame.job();
    job.verified = true;  // must not survive a failure
    engine_->Open(suite, {&job, 1});
    return job.verified;
  }
  Secret32 RandomKey() {
    Secret32 key;
    random_.Fill(key.writable());
    return key;
  }

  SeededRandom random_{7};
  std::unique_ptr<AeadEngine> engine_ = AeadEngine::Create(GetParam()).value();
};

INSTANTIATE_TEST_SUITE_P(Of, Aead,
                         testing::Values(AeadEngine::Sharing::kProcess,
                                         AeadEngine::Sharing::kPrivateCopy),
                         [](const auto& which) {
                           return which.param == AeadEngine::Sharing::kProcess ? "ProcessCopy"
                                                                               : "PrivateCopy";
                         });

TEST_P(Aead, GivesThePublishedVectors) {
  for (const Vector& vector : kVectors) {
    Bytes raw = FromHex(vector.key);
    raw.resize(32, 0xee);  // beyond the 16 bytes of an AES-128 key: must not matter
    AeadKey key;
    engine_->ExpandKey(vector.suite, Secret32(std::span<const std::uint8_t, 32>(raw)), key);
    Frame frame(FromHex(vector.aad), FromHex(vector.plaintext), FromHex(vector.nonce), key);
    Seal(vector.suite, frame);
    EXPECT_EQ(Copy(frame.sealed()), FromHex(vector.sealed)) << vector.name;
    EXPECT_TRUE(Open(vector.suite, frame)) << vector.name;
    EXPECT_EQ(Copy(frame.payload()), FromHex(vector.plaintext)) << vector.name;
  }
}

TEST_P(Aead, RefusesAFrameWithAnyBitFlipped) {
  for (const Suite suite : kSuites) {
    AeadKey key;
    engine_->ExpandKey(suite, RandomKey(), key);
    Frame frame(random_.Some(16), random_.Some(75), random_.Some(12), key);
    Seal(suite, frame);
    const Bytes sealed = frame.buffer();
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
      frame.buffer() = sealed;
      frame.buffer()[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      ASSERT_FALSE(Open(suite, frame)) << Name(suite) << " bit " << bit;
    }
    frame.buffer() = sealed;
    EXPECT_TRUE(Open(suite, frame));
  }
}

TEST_P(Aead, RefusesAnotherNonceAndAnotherKey) {
  for (const Suite suite : kSuites) {
    AeadKey key, other;
    engine_->ExpandKey(suite, RandomKey(), key);
    engine_->ExpandKey(suite, RandomKey(), other);
    Frame frame(random_.Some(16), random_.Some(64), random_.Some(12), key);
    Seal(suite, frame);
    const Bytes sealed = frame.buffer();
    for (unsigned bit = 0; bit < 96; ++bit) {
      frame.buffer() = sealed;
      frame.shape().nonce[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      EXPECT_FALSE(Open(suite, frame));
      frame.shape().nonce[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    }
    frame.buffer() = sealed;
    frame.shape().key = &other;
    EXPECT_FALSE(Open(suite, frame));
  }
}

TEST_P(Aead, JudgesEachFrameOfABurstAlone) {
  for (const Suite suite : kSuites) {
    std::vector<AeadKey> keys(5);
    for (AeadKey& key : keys) engine_->ExpandKey(suite, RandomKey(), key);
    std::vector<Frame> frames;
    std::vector<Bytes> plaintexts;
    for (std::size_t i = 0; i < 64; ++i) {
      plaintexts.push_back(random_.Some(i * 23));
      frames.emplace_back(random_.Some(16), plaintexts.back(), random_.Some(12), keys[i % 5]);
    }
    std::vector<AeadJob> jobs;
    for (Frame& frame : frames) jobs.push_back(frame.job());
    engine_->Seal(suite, jobs);
    for (std::size_t i = 0; i < 64; i += 3) frames[i].buffer().back() ^= 1;
    engine_->Open(suite, jobs);
    for (std::size_t i = 0; i < 64; ++i) {
      EXPECT_EQ(jobs[i].verified, i % 3 != 0) << Name(suite) << " " << i;
      if (i % 3 != 0) {
        EXPECT_EQ(Copy(frames[i].payload()), plaintexts[i]);
      }
    }
  }
}

TEST_P(Aead, TakesAnEmptyBurst) {
  engine_->Seal(Suite::kAes128Gcm, {});
  engine_->Open(Suite::kChaCha20Poly1305, {});
  EXPECT_NE(std::string_view(engine_->architecture()), "");
}

// The library's exported functions call each other; with a global copy in the process those calls
// must still end in the engine's own.
TEST(AeadEngine, KeepsToItsOwnCopyWhenTheProcessHoldsTheLibraryGlobally) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizers refuse RTLD_DEEPBIND";
#endif
  const std::unique_ptr<void, int (*)(void*)> global(
      dlopen("libIPSec_MB.so.1", RTLD_NOW | RTLD_GLOBAL), dlclose);
  ASSERT_NE(global, nullptr);
  const auto engine = AeadEngine::Create(AeadEngine::Sharing::kPrivateCopy);
  EXPECT_TRUE(engine.ok()) << engine.status();
}

// --- against the reference, a million operations over the three suites ---

constexpr std::size_t kOperationsPerSuite = 333'334;
constexpr std::size_t kMostBytes = 1500;

std::optional<Bytes> SealByReference(Suite suite, const Secret32& key, ByteView nonce, ByteView aad,
                                     ByteView plaintext) {
  if (ReferenceSupports(suite)) return ReferenceSeal(suite, key, nonce, aad, plaintext);
#ifdef JVPN_HAVE_NETTLE
  if (suite == Suite::kAes128Gcm) return NettleAes128GcmSeal(key, nonce, aad, plaintext);
#endif
  return std::nullopt;
}

// Mostly small, all sizes possible: what is near block and batch bounds comes often.
std::size_t RandomLength(SeededRandom& random) {
  const std::uint64_t r = random.Next();
  const std::size_t bound = r % 8 == 0 ? kMostBytes + 1 : r % 8 < 4 ? 300 : 70;
  return (r >> 8) % bound;
}

// One random burst through the engine, each frame checked against the reference and, one in four,
// damaged before it is opened.
class Comparison {
 public:
  Comparison(AeadEngine& engine, Suite suite) : engine_(engine), suite_(suite), keys_(16) {
    for (Key& key : keys_) {
      random_.Fill(key.secret.writable());
      engine_.ExpandKey(suite_, key.secret, key.expanded);
    }
  }

  // How many frames it did; 0 when something differed.
  std::size_t Burst() {
    const std::size_t frames = 1 + random_.Next() % kMostFrames;
    for (std::size_t i = 0; i < frames; ++i) Prepare(i);
    const auto jobs = std::span(jobs_).first(frames);
    engine_.Seal(suite_, jobs);
    for (std::size_t i = 0; i < frames; ++i) {
      if (!SealedLikeTheReference(i)) return 0;
      if (random_.Next() % 4 == 0) Damage(i);
    }
    engine_.Open(suite_, jobs);
    for (std::size_t i = 0; i < frames; ++i) {
      if (!OpenedRightly(i)) return 0;
    }
    return frames;
  }

 private:
  static constexpr std::size_t kMostFrames = 40;
  struct Key {
    Secret32 secret;
    AeadKey expanded;
  };
  struct Slot {
    std::array<std::uint8_t, 16 + kMostBytes + 16> bytes;
    ByteView plaintext;
    std::size_t key;
    bool damaged;
  };

  void Prepare(std::size_t i) {
    Slot& slot = slots_[i];
    AeadJob& job = jobs_[i];
    slot.key = random_.Next() % keys_.size();
    slot.damaged = false;
    job.length = static_cast<std::uint32_t>(RandomLength(random_));
    slot.plaintext = Noise(job.length);
    job.key = &keys_[slot.key].expanded;
    job.header = slot.bytes.data();
    job.payload = slot.bytes.data() + 16;
    std::ranges::copy(Noise(16), slot.bytes.begin());
    std::ranges::copy(slot.plaintext, slot.bytes.begin() + 16);
    std::ranges::copy(Noise(12), job.nonce);
  }
  bool SealedLikeTheReference(std::size_t i) const {
    const Slot& slot = slots_[i];
    const auto expected = SealByReference(suite_, keys_[slot.key].secret, jobs_[i].nonce,
                                          ByteView(slot.bytes).first(16), slot.plaintext);
    return expected &&
           std::ranges::equal(*expected, ByteView(slot.bytes).subspan(16, jobs_[i].length + 16));
  }
  void Damage(std::size_t i) {
    const std::uint64_t bit = random_.Next() % ((jobs_[i].length + 32) * 8);
    slots_[i].bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    slots_[i].damaged = true;
  }
  bool OpenedRightly(std::size_t i) const {
    if (jobs_[i].verified == slots_[i].damaged) return false;
    return slots_[i].damaged ||
           std::ranges::equal(slots_[i].plaintext,
                              ByteView(slots_[i].bytes).subspan(16, jobs_[i].length));
  }
  // Random bytes without the price of making them: a window into a random pool.
  ByteView Noise(std::size_t size) {
    return ByteView(pool_).subspan(random_.Next() % (pool_.size() - kMostBytes), size);
  }

  AeadEngine& engine_;
  Suite suite_;
  SeededRandom random_{static_cast<std::uint64_t>(suite_)};
  Bytes pool_ = random_.Some(1 << 16);
  std::vector<Key> keys_;
  std::array<Slot, kMostFrames> slots_;
  std::array<AeadJob, kMostFrames> jobs_;
};

class AeadAgainstReference : public testing::TestWithParam<Suite> {};

INSTANTIATE_TEST_SUITE_P(Of, AeadAgainstReference, testing::ValuesIn(kSuites),
                         [](const auto& which) { return std::string(Name(which.param)); });

TEST_P(AeadAgainstReference, GivesTheSameBytesForAThirdOfAMillionRandomFrames) {
  InitCrypto();
  if (!SealByReference(GetParam(), {}, Bytes(12), {}, {})) {
    GTEST_SKIP() << "no reference for " << Name(GetParam()) << " on this machine";
  }
  const auto engine = AeadEngine::Create(AeadEngine::Sharing::kProcess).value();
  const auto comparison = std::make_unique<Comparison>(*engine, GetParam());
  for (std::size_t done = 0; done < kOperationsPerSuite;) {
    const std::size_t frames = comparison->Burst();
    ASSERT_NE(frames, 0U) << "after " << done << " frames";
    done += frames;
  }
}

TEST(AeadReference, OpensWhatItSealedAndNothingElse) {
  InitCrypto();
  SeededRandom random(5);
  for (const Suite suite : kSuites) {
    if (!ReferenceSupports(suite)) continue;
    const Bytes nonce = random.Some(12), header = random.Some(16), plaintext = random.Some(30);
    Bytes sealed = ReferenceSeal(suite, Secret32{}, nonce, header, plaintext);
    EXPECT_EQ(ReferenceOpen(suite, Secret32{}, nonce, header, sealed), plaintext);
    EXPECT_FALSE(ReferenceOpen(suite, Secret32{}, nonce, header, ByteView(sealed).first(15)));
    sealed[3] ^= 1;
    EXPECT_FALSE(ReferenceOpen(suite, Secret32{}, nonce, header, sealed));
  }
}

}  // namespace
}  // namespace jvpn
