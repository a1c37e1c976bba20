// Engines of the simulator: one that is cheap, and one that watches another.
#pragma once

#include <memory>
#include <unordered_map>

#include "crypto/aead.h"
#include "tests/sim/findings.h"

namespace jvpn::sim {

// A keyed checksum instead of a cipher: whoever changes a bit, a nonce or a key is found out as by
// the real one, for a fraction of its time. It hides nothing and proves nothing to an adversary who
// knows it; the simulated ones do not.
class ChecksumEngine final : public AeadEngine {
 public:
  void ExpandKey(Suite suite, const Secret32& key, AeadKey& out) override;
  void Seal(Suite suite, std::span<AeadJob> jobs) override;
  void Open(Suite suite, std::span<AeadJob> jobs) override;
  const char* architecture() const override { return "checksum"; }
};

// Whose keys, and how far each has counted. Shared by all ends of a run.
class NonceWatch {
 public:
  explicit NonceWatch(Findings& findings) : findings_(findings) {}

  using KeyName = std::uint64_t;
  static KeyName NameOf(const AeadKey& key);

  void Own(KeyName key, std::uint32_t client) { owners_[key] = client; }
  // Whose session the key belongs to; kNobody before the client has it.
  static constexpr std::uint32_t kNobody = ~0U;
  std::uint32_t OwnerOf(KeyName key) const;
  // No (key, nonce) twice: each transport of a key counts from 0 by exactly 1 (docs/wire.md 4).
  void Sealed(KeyName key, std::uint32_t transport, std::uint64_t counter);

 private:
  Findings& findings_;
  // Looked up, never walked through.
  std::unordered_map<KeyName, std::uint32_t> owners_;
  std::unordered_map<std::uint64_t, std::uint64_t> next_;  // by key and transport
};

// What an end wants to know of the frames that pass its engine.
class EngineObserver {
 public:
  virtual ~EngineObserver() = default;
  virtual void KeyExpanded(NonceWatch::KeyName) {}
  virtual void Sealing(NonceWatch::KeyName key, std::uint32_t transport, ByteView plaintext) = 0;
  virtual void Opened(std::uint32_t transport, ByteView plaintext) = 0;
};

class WatchedEngine final : public AeadEngine {
 public:
  WatchedEngine(AeadEngine& engine, NonceWatch& nonces, EngineObserver& observer)
      : engine_(engine), nonces_(nonces), observer_(observer) {}

  void ExpandKey(Suite suite, const Secret32& key, AeadKey& out) override;
  void Seal(Suite suite, std::span<AeadJob> jobs) override;
  void Open(Suite suite, std::span<AeadJob> jobs) override;
  const char* architecture() const override { return engine_.architecture(); }

 private:
  AeadEngine& engine_;
  NonceWatch& nonces_;
  EngineObserver& observer_;
};

}  // namespace jvpn::sim
