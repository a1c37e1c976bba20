#include "tests/sim/engines.h"

#include <cstring>
#include <string>

namespace jvpn::sim {
namespace {

constexpr std::size_t kTagBytes = 16;

std::uint64_t Load(const std::uint8_t* from, std::size_t size) {
  std::uint64_t value = 0;
  std::memcpy(&value, from, size);
  return value;
}

class Mixer {
 public:
  void Add(const std::uint8_t* data, std::size_t size) {
    for (; size >= 8; data += 8, size -= 8) Add(Load(data, 8));
    Add(Load(data, size) ^ std::uint64_t{size} << 56);
  }
  void Add(std::uint64_t value) {
    state_ = (state_ ^ value) * 0xbf58'476d'1ce4'e5b9U;
    state_ ^= state_ >> 31;
  }
  std::uint64_t state() const { return state_; }

 private:
  std::uint64_t state_ = 0x6a09'e667'f3bc'c908U;
};

void Tag(const AeadJob& job, std::uint8_t (&tag)[kTagBytes]) {
  Mixer mixer;
  mixer.Add(job.key->bytes, 32);
  mixer.Add(job.nonce, sizeof job.nonce);
  mixer.Add(job.header, job.header_length);
  mixer.Add(job.payload, job.length);
  const std::uint64_t first = mixer.state();
  mixer.Add(first);
  const std::uint64_t second = mixer.state();
  std::memcpy(tag, &first, 8);
  std::memcpy(tag + 8, &second, 8);
}

std::uint32_t TransportOf(const AeadJob& job) { return LoadBe32(job.nonce); }

}  // namespace

void ChecksumEngine::ExpandKey(Suite, const Secret32& key, AeadKey& out) {
  std::memset(out.bytes, 0, sizeof out.bytes);
  std::memcpy(out.bytes, key.view().data(), 32);
}

void ChecksumEngine::Seal(Suite, std::span<AeadJob> jobs) {
  for (AeadJob& job : jobs) {
    std::uint8_t tag[kTagBytes];
    Tag(job, tag);
    std::memcpy(job.payload + job.length, tag, kTagBytes);
  }
}

void ChecksumEngine::Open(Suite, std::span<AeadJob> jobs) {
  for (AeadJob& job : jobs) {
    std::uint8_t tag[kTagBytes];
    Tag(job, tag);
    job.verified = std::memcmp(job.payload + job.length, tag, kTagBytes) == 0;
  }
}

// The first bytes of an expanded key are the key itself or its first round keys, with every suite.
NonceWatch::KeyName NonceWatch::NameOf(const AeadKey& key) {
  Mixer mixer;
  mixer.Add(key.bytes, 32);
  return mixer.state();
}

std::uint32_t NonceWatch::OwnerOf(KeyName key) const {
  const auto found = owners_.find(key);
  return found == owners_.end() ? kNobody : found->second;
}

void NonceWatch::Sealed(KeyName key, std::uint32_t transport, std::uint64_t counter) {
  std::uint64_t& next = next_[key + transport * 0x9e37'79b9'7f4a'7c15U];
  if (counter != next) {
    findings_.Add("nonce", "transport " + std::to_string(transport) + " sealed with counter " +
                               std::to_string(counter) + " instead of " + std::to_string(next));
  }
  next = counter + 1;
}

void WatchedEngine::ExpandKey(Suite suite, const Secret32& key, AeadKey& out) {
  engine_.ExpandKey(suite, key, out);
  observer_.KeyExpanded(NonceWatch::NameOf(out));
}

void WatchedEngine::Seal(Suite suite, std::span<AeadJob> jobs) {
  for (const AeadJob& job : jobs) {
    const NonceWatch::KeyName key = NonceWatch::NameOf(*job.key);
    nonces_.Sealed(key, TransportOf(job), LoadBe64(job.nonce + 4));
    observer_.Sealing(key, TransportOf(job), ByteView(job.payload, job.length));
  }
  engine_.Seal(suite, jobs);
}

void WatchedEngine::Open(Suite suite, std::span<AeadJob> jobs) {
  engine_.Open(suite, jobs);
  for (const AeadJob& job : jobs) {
    if (job.verified) observer_.Opened(TransportOf(job), ByteView(job.payload, job.length));
  }
}

}  // namespace jvpn::sim
