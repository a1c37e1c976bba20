// Path frames: what travels in data frames beside inner packets (docs/wire.md 5.2).
#pragma once

#include <optional>
#include <variant>

#include "base/bytes.h"
#include "base/ids.h"
#include "wire/token.h"

namespace jvpn {

// What the receiver of one direction of one transport has judged so far: over any stretch the
// difference of `judged` is what was sent, of `arrived` what of it came in time.
struct ReceiveSums {
  std::uint64_t judged = 0;
  std::uint64_t arrived = 0;
  friend bool operator==(const ReceiveSums&, const ReceiveSums&) = default;
};

struct Probe {
  std::uint32_t sequence = 0;
  std::uint64_t sent_at = 0;  // the prober's clock; opaque to the other end
  std::uint32_t rtt_us = 0;   // the prober's estimate, 0 = not known
  std::uint32_t jitter_us = 0;
  std::uint32_t p95_us = 0;
  ReceiveSums received;
  friend bool operator==(const Probe&, const Probe&) = default;
};
struct ProbeReply {
  bool suspect = false;  // the gateway is not content: probe at the suspect interval
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

// The account of another transport than the one it travels on.
struct PathReport {
  TransportId transport{};
  std::uint64_t sent = 0;  // frames that its sender has sent there: its next counter
  ReceiveSums received;
  friend bool operator==(const PathReport&, const PathReport&) = default;
};

using PathFrame = std::variant<Probe, ProbeReply, PathChallenge, PathResponse, PathReport>;

inline constexpr std::size_t kProbeBytes = 44;
inline constexpr std::size_t kProbeReplyBytes = 48;
inline constexpr std::size_t kPathChallengeFrameBytes = 9;
inline constexpr std::size_t kPathReportBytes = 28;
// What a frame may ask for: PROBE and PATH_REPORT are answered one by one.
inline constexpr std::size_t kMaxAnswersPerFrame = 8;

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
