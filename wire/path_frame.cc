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
  kPathReport = 5,
};

constexpr std::uint8_t kSuspectFlag = 1;

void WriteHead(ByteWriter& to, PathFrameType type, std::uint8_t byte) {
  to.U8(static_cast<std::uint8_t>(type));
  to.U8(byte);
  to.Zeros(2);
}

void WriteSums(ByteWriter& to, const ReceiveSums& sums) {
  to.U64(sums.judged);
  to.U64(sums.arrived);
}

void Write(ByteWriter& to, const Probe& probe) {
  WriteHead(to, PathFrameType::kProbe, 0);
  to.U32(probe.sequence);
  to.U64(probe.sent_at);
  to.U32(probe.rtt_us);
  to.U32(probe.jitter_us);
  to.U32(probe.p95_us);
  WriteSums(to, probe.received);
}

void Write(ByteWriter& to, const ProbeReply& reply) {
  WriteHead(to, PathFrameType::kProbeReply, reply.suspect ? kSuspectFlag : 0);
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

void Write(ByteWriter& to, const PathReport& report) {
  WriteHead(to, PathFrameType::kPathReport, static_cast<std::uint8_t>(Value(report.transport)));
  to.U64(report.sent);
  WriteSums(to, report.received);
}

ReceiveSums ReadSums(ByteReader& from) {
  ReceiveSums sums;
  sums.judged = from.U64();
  sums.arrived = from.U64();
  return sums;
}

// The byte after the type; empty when what is reserved is not 0.
std::optional<std::uint8_t> ReadHead(ByteReader& from) {
  const std::uint8_t byte = from.U8();
  const std::uint16_t reserved = from.U16();
  if (reserved != 0) return std::nullopt;
  return byte;
}

std::optional<PathFrame> ReadProbe(ByteReader& from) {
  if (ReadHead(from) != 0) return std::nullopt;
  Probe probe;
  probe.sequence = from.U32();
  probe.sent_at = from.U64();
  probe.rtt_us = from.U32();
  probe.jitter_us = from.U32();
  probe.p95_us = from.U32();
  probe.received = ReadSums(from);
  return probe;
}

std::optional<PathFrame> ReadProbeReply(ByteReader& from) {
  const auto flags = ReadHead(from);
  if (!flags || (*flags & ~kSuspectFlag) != 0) return std::nullopt;
  ProbeReply reply;
  reply.suspect = *flags == kSuspectFlag;
  reply.sequence = from.U32();
  reply.sent_at = from.U64();
  reply.token.instance = from.U64();
  reply.token.time_ms = from.U64();
  reply.received = ReadSums(from);
  return reply;
}

std::optional<PathFrame> ReadPathReport(ByteReader& from) {
  const auto transport = ReadHead(from);
  if (!transport) return std::nullopt;
  PathReport report;
  report.transport = TransportId{*transport};
  report.sent = from.U64();
  report.received = ReadSums(from);
  return report;
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
    case PathFrameType::kPathReport:
      return ReadPathReport(from);
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
