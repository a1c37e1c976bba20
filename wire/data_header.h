// The 16-byte header of a data frame (docs/wire.md 5). It is the associated data of the seal.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/ids.h"

namespace jvpn {

enum class FrameType : std::uint8_t {
  kHandshakeInit = 1,
  kHandshakeResponse = 2,
  kCookieReply = 3,
  kData = 4,
  kSessionControl = 5,
};

inline constexpr std::size_t kDataHeaderBytes = 16;
inline constexpr std::size_t kTagBytes = 16;
inline constexpr std::size_t kDataOverheadBytes = kDataHeaderBytes + kTagBytes;
inline constexpr std::size_t kNonceBytes = 12;

struct DataHeader {
  std::uint8_t key_phase = 0;  // key epoch modulo 4
  FlowIndex flow;
  std::uint64_t counter = 0;
};

inline void EncodeDataHeader(const DataHeader& header, std::uint8_t* to) {
  to[0] = static_cast<std::uint8_t>(FrameType::kData);
  to[1] = header.key_phase & 3;
  StoreBe16(to + 2, 0);
  StoreBe32(to + 4, header.flow.value);
  StoreBe64(to + 8, header.counter);
}

// nullopt: shorter than header and tag, not a data frame, or a reserved bit is set.
inline std::optional<DataHeader> DecodeDataHeader(ByteView frame) {
  if (frame.size() < kDataOverheadBytes) return std::nullopt;
  if (frame[0] != static_cast<std::uint8_t>(FrameType::kData)) return std::nullopt;
  if ((frame[1] & ~3U) != 0 || LoadBe16(frame.data() + 2) != 0) return std::nullopt;
  return DataHeader{.key_phase = frame[1],
                    .flow = FlowIndex{LoadBe32(frame.data() + 4)},
                    .counter = LoadBe64(frame.data() + 8)};
}

// nonce = transport id:32 || counter:64 (docs/wire.md 4).
inline void EncodeNonce(TransportId transport, std::uint64_t counter, std::uint8_t* to) {
  StoreBe32(to, Value(transport));
  StoreBe64(to + 4, counter);
}

}  // namespace jvpn
