// BareLoop: what the cipher library alone costs on given buffers, one hot key, no packet logic. The
// base of every ratio: nothing that forwards encrypted packets can be faster.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "crypto/secret.h"
#include "crypto/suite.h"

namespace jvpn {

class BareLoop {
 public:
  BareLoop(Suite suite, const Secret32& key);
  ~BareLoop();

  // Each frame: 16 bytes of header (associated data), `length` bytes in place, room for the tag.
  void Seal(std::span<std::uint8_t* const> frames, std::uint32_t length);
  // Computes the tag and opens; the tag is compared, the verdict thrown away.
  void Open(std::span<std::uint8_t* const> frames, std::uint32_t length);

 private:
  struct Library;
  std::unique_ptr<Library> library_;
};

}  // namespace jvpn
