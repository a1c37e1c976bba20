#include "wire/path_frame.h"

#include <algorithm>

#include "base/byte_cursor.h"

namespace jvpn {
namespace {

enum class PathFrameType : std::uint8_t {
  kPad = 0,
  kProbe = 1,
  kProbeReply = 2,
  kPathChallenge = 3,
  kPathResponse = 4,
};

// type, flags = 0, reserved = 0
void WriteProbeHead(ByteWriter& to, PathFrameType type) {
  to.U8(static_cast<std::uint8_t>(type));
  to.Zeros(3);
}

void WriteSums(ByteWriter& to, const ReceiveSums& sums) {
  to.U64(sums.next);
  to.U64(sums.count);
}

void Write(ByteWriter& to, const Probe& probe) {
  WriteProbeHead(to, PathFrameType::kProbe);
  to.U32(probe.sequence);
  to.U64(probe.sent_at);
  to.U32(probe.rtt_us);
  to.U32(probe.jitter_us);
  WriteSums(to, probe.received);
}

void Write(ByteWriter& to, const ProbeReply& reply) {
  WriteProbeHead(to, PathFrameType::kProbeReply);
  to.U32(reply.sequence);
  to.U64(reply.sent_at);
  to.U64(reply.token.instance);
  to.U64(reply.token.time_ms);
  WriteSums(to, reply.received);
}

void Write(ByteWriter& to, const PathChallenge& challenge) {
  to.U8(static_cast<std::uint8_t>(PathFrameType::kPathChallenge));
  to.U64(challenge.value);
}

void Write(ByteWriter& to, const PathResponse& response) {
  to.U8(static_cast<std::uint8_t>(PathFrameType::kPathResponse));
  to.U64(response.value);
}

ReceiveSums ReadSums(ByteReader& from) {
  ReceiveSums sums;
  sums.next = from.U64();
  sums.count = from.U64();
  return sums;
}

bool ReadProbeHead(ByteReader& from) {
  const std::uint8_t flags = from.U8();
  const std::uint16_t reserved = from.U16();
  return flags == 0 && reserved == 0;
}

std::optional<PathFrame> ReadProbe(ByteReader& from) {
  if (!ReadProbeHead(from)) return std::nullopt;
  Probe probe;
  probe.sequence = from.U32();
  probe.sent_at = from.U64();
  probe.rtt_us = from.U32();
  probe.jitter_us = from.U32();
  probe.received = ReadSums(from);
  return probe;
}

std::optional<PathFrame> ReadProbeReply(ByteReader& from) {
  if (!ReadProbeHead(from)) return std::nullopt;
  ProbeReply reply;
  reply.sequence = from.U32();
  reply.sent_at = from.U64();
  reply.token.instance = from.U64();
  reply.token.time_ms = from.U64();
  reply.received = ReadSums(from);
  return reply;
}

std::optional<PathFrame> ReadFrame(ByteReader& from) {
  switch (static_cast<PathFrameType>(from.U8())) {
    case PathFrameType::kProbe:
      return ReadProbe(from);
    case PathFrameType::kProbeReply:
      return ReadProbeReply(from);
    case PathFrameType::kPathChallenge:
      return PathChallenge{from.U64()};
    case PathFrameType::kPathResponse:
      return PathResponse{from.U64()};
    case PathFrameType::kPad:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::size_t EncodePathFrame(const PathFrame& frame, MutableBytes to) {
  ByteWriter writer(to);
  std::visit([&writer](const auto& f) { Write(writer, f); }, frame);
  return writer.ok() ? writer.written() : 0;
}

std::optional<PathFrame> PathFrameReader::Next() {
  if (malformed_ || rest_.empty()) return std::nullopt;
  if (rest_[0] == static_cast<std::uint8_t>(PathFrameType::kPad)) {
    malformed_ = std::any_of(rest_.begin(), rest_.end(), [](std::uint8_t b) { return b != 0; });
    rest_ = {};
    return std::nullopt;
  }
  ByteReader reader(rest_);
  const auto frame = ReadFrame(reader);
  if (!frame || !reader.ok()) {
    malformed_ = true;
    rest_ = {};
    return std::nullopt;
  }
  rest_ = reader.rest();
  return frame;
}

}  // namespace jvpn
