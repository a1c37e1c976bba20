// Path frames: what travels in data frames beside inner packets (docs/wire.md 5.2).
#pragma once

#include <optional>
#include <variant>

#include "base/bytes.h"
#include "wire/token.h"

namespace jvpn {

// Frames opened on one transport in one direction, since the session began: over any stretch the
// difference of `next` is what was sent, of `count` what arrived.
struct ReceiveSums {
  std::uint64_t next = 0;   // greatest counter opened, plus one
  std::uint64_t count = 0;  // frames opened
  friend bool operator==(const ReceiveSums&, const ReceiveSums&) = default;
};

struct Probe {
  std::uint32_t sequence = 0;
  std::uint64_t sent_at = 0;  // the prober's clock; opaque to the other end
  std::uint32_t rtt_us = 0;   // the prober's estimate, 0 = not known
  std::uint32_t jitter_us = 0;
  ReceiveSums received;
  friend bool operator==(const Probe&, const Probe&) = default;
};
struct ProbeReply {
  std::uint32_t sequence = 0;
  std::uint64_t sent_at = 0;  // as in the probe
  Token token;
  ReceiveSums received;
  friend bool operator==(const ProbeReply&, const ProbeReply&) = default;
};
struct PathChallenge {
  std::uint64_t value = 0;
  friend bool operator==(const PathChallenge&, const PathChallenge&) = default;
};
struct PathResponse {
  std::uint64_t value = 0;
  friend bool operator==(const PathResponse&, const PathResponse&) = default;
};

using PathFrame = std::variant<Probe, ProbeReply, PathChallenge, PathResponse>;

inline constexpr std::size_t kProbeBytes = 40;
inline constexpr std::size_t kProbeReplyBytes = 48;
inline constexpr std::size_t kPathChallengeFrameBytes = 9;

// True when a plaintext is one inner IP packet by its first nibble; false for path frames.
inline bool IsInnerPacket(ByteView plaintext) {
  return !plaintext.empty() && (plaintext[0] >> 4 == 4 || plaintext[0] >> 4 == 6);
}

// Writes one frame; returns its size, 0 if `to` is too small.
std::size_t EncodePathFrame(const PathFrame& frame, MutableBytes to);

// Walks the frames of one plaintext:
//   PathFrameReader reader(plaintext);
//   while (auto frame = reader.Next()) ...
//   if (reader.malformed()) ...   // an unknown type, a cut frame, or padding that is not zero
class PathFrameReader {
 public:
  explicit PathFrameReader(ByteView plaintext) : rest_(plaintext) {}
  std::optional<PathFrame> Next();
  bool malformed() const { return malformed_; }

 private:
  ByteView rest_;
  bool malformed_ = false;
};

}  // namespace jvpn
