// AeadEngine: seals and opens bursts of data frames in place, by ipsec-mb.
//
// Ownership  One engine per thread. A dataplane worker takes a private copy of the library, because
//            Debian's ipsec-mb 1.3 stores to one process-global word on every call and two threads
//            that share it run three times slower (docs/adr/0003).
// Order      Open() says which tags verified; the caller moves no state before it has looked.
// Errors     None: lengths are the caller's contract (DCHECK).
#pragma once

#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "crypto/secret.h"
#include "crypto/suite.h"

namespace jvpn {

// An expanded key, cache-line aligned, trivially copyable so that it can lie in a session slab. The
// owner wipes it. A GCM key carries the powers of H (1008 bytes in ipsec-mb 1.3).
struct alignas(64) AeadKey {
  static constexpr std::size_t kBytes = 1024;
  std::uint8_t bytes[kBytes];
};

// One frame: header (associated data), payload and 16 bytes of tag. The payload is changed in
// place; after an Open() that did not verify it means nothing.
struct AeadJob {
  const AeadKey* key = nullptr;
  std::uint8_t* header = nullptr;
  std::uint8_t* payload = nullptr;  // in place
  std::uint32_t length = 0;         // payload bytes, without the tag, which is at payload + length
  std::uint8_t nonce[12] = {};
  std::uint8_t header_length = 16;  // a data frame's; published vectors have others
  bool verified = false;            // set by Open()
};

class AeadEngine {
 public:
  enum class Sharing : std::uint8_t { kProcess, kPrivateCopy };
  static absl::StatusOr<std::unique_ptr<AeadEngine>> Create(Sharing sharing);
  virtual ~AeadEngine() = default;

  // key: 32 bytes, of which AES-128 uses the first 16.
  virtual void ExpandKey(Suite suite, const Secret32& key, AeadKey& out) = 0;
  // All jobs of one call use the same suite.
  virtual void Seal(Suite suite, std::span<AeadJob> jobs) = 0;
  virtual void Open(Suite suite, std::span<AeadJob> jobs) = 0;
  // "AVX512", "AVX2", "AVX", "SSE": what the library chose for this CPU.
  virtual const char* architecture() const = 0;
};

}  // namespace jvpn
