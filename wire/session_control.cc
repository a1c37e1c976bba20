#include "wire/session_control.h"

#include "base/byte_cursor.h"
#include "base/check.h"
#include "base/limits.h"
#include "wire/data_header.h"
#include "wire/handshake_frame.h"

namespace jvpn {
namespace {

enum class MessageType : std::uint8_t {
  kReattachRequest = 1,
  kReattachAck = 2,
  kReattachDeny = 3,
  kSolicit = 4,
  kClose = 5,
  kKnock = 6,
  kCheck = 7,
};

// The longest message is REATTACH_REQUEST, the shortest KNOCK.
constexpr std::size_t kMaxMessageBytes = 64;
constexpr std::size_t kMinMessageBytes = 12;

void WriteType(ByteWriter& to, MessageType type) { to.U8(static_cast<std::uint8_t>(type)); }

void WriteTransport(ByteWriter& to, TransportId transport) {
  CHECK(Value(transport) < kMaxTransports);
  to.U8(static_cast<std::uint8_t>(Value(transport)));
}

void WriteToken(ByteWriter& to, const Token& token) {
  to.U64(token.instance);
  to.U64(token.time_ms);
}

void Write(ByteWriter& to, const ReattachRequest& request) {
  WriteType(to, MessageType::kReattachRequest);
  to.U8(static_cast<std::uint8_t>(request.cause));
  WriteTransport(to, request.transport);
  to.Zeros(1);
  to.U32(request.binding_epoch);
  to.U64(request.counter);
  to.Copy(request.session_id.bytes);
  WriteToken(to, request.token);
  to.Copy(request.random);
}

void Write(ByteWriter& to, const ReattachAck& ack) {
  WriteType(to, MessageType::kReattachAck);
  to.Zeros(1);
  WriteTransport(to, ack.transport);
  to.Zeros(1);
  to.U32(ack.binding_epoch);
  to.U64(ack.counter);
  to.U32(Value(ack.key_epoch));
  to.U64(ack.boot_epoch);
  to.Copy(ack.random);
}

void Write(ByteWriter& to, const ReattachDeny& deny) {
  WriteType(to, MessageType::kReattachDeny);
  to.Zeros(3);
  to.U64(deny.counter);
  WriteToken(to, deny.token);
}

void Write(ByteWriter& to, const Solicit& solicit) {
  WriteType(to, MessageType::kSolicit);
  to.U8(static_cast<std::uint8_t>(solicit.cause));
  WriteTransport(to, solicit.transport);
  to.Zeros(1);
  to.U32(solicit.binding_epoch);
  WriteToken(to, solicit.token);
}

void Write(ByteWriter& to, const Close& close) {
  WriteType(to, MessageType::kClose);
  to.U8(static_cast<std::uint8_t>(close.reason));
  to.Zeros(2);
  to.U64(close.counter);
  to.Copy(close.session_id.bytes);
}

void WriteValue(ByteWriter& to, MessageType type, std::uint64_t value) {
  WriteType(to, type);
  to.Zeros(3);
  to.U64(value);
}

void Write(ByteWriter& to, const Knock& knock) { WriteValue(to, MessageType::kKnock, knock.value); }
void Write(ByteWriter& to, const Check& check) { WriteValue(to, MessageType::kCheck, check.value); }

// A message's fields as they are read; ok() turns false at the first one that is out of its range.
class MessageReader {
 public:
  explicit MessageReader(ByteView plaintext) : from_(plaintext) {}

  MessageType Type() { return static_cast<MessageType>(from_.U8()); }
  void Reserved(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) Expect(from_.U8() == 0);
  }
  ReattachCause Cause(ReattachCause last) {
    const std::uint8_t value = from_.U8();
    Expect(value >= 1 && value <= static_cast<std::uint8_t>(last));
    return static_cast<ReattachCause>(value);
  }
  CloseReason Reason() {
    const std::uint8_t value = from_.U8();
    Expect(value >= static_cast<std::uint8_t>(CloseReason::kSessionLifetimeExceeded) &&
           value <= static_cast<std::uint8_t>(CloseReason::kHandshakeRejected));
    return static_cast<CloseReason>(value);
  }
  TransportId Transport() {
    const std::uint8_t value = from_.U8();
    Expect(value < kMaxTransports);
    return TransportId{value};
  }
  std::uint32_t Epoch() { return from_.U32(); }
  std::uint64_t Counter() { return from_.U64(); }
  EpochRandom Random() { return from_.Array<16>(); }
  SessionId Id() { return SessionId{from_.Array<16>()}; }
  Token ReadToken() {
    Token token;
    token.instance = from_.U64();
    token.time_ms = from_.U64();
    return token;
  }
  bool ReadToTheEnd() const { return in_range_ && from_.ok() && from_.rest().empty(); }

 private:
  void Expect(bool in_range) { in_range_ = in_range_ && in_range; }

  ByteReader from_;
  bool in_range_ = true;
};

SessionMessage ReadRequest(MessageReader& from) {
  ReattachRequest request;
  request.cause = from.Cause(ReattachCause::kQuality);
  request.transport = from.Transport();
  from.Reserved(1);
  request.binding_epoch = from.Epoch();
  request.counter = from.Counter();
  request.session_id = from.Id();
  request.token = from.ReadToken();
  request.random = from.Random();
  return request;
}

SessionMessage ReadAck(MessageReader& from) {
  ReattachAck ack;
  from.Reserved(1);
  ack.transport = from.Transport();
  from.Reserved(1);
  ack.binding_epoch = from.Epoch();
  ack.counter = from.Counter();
  ack.key_epoch = static_cast<KeyEpoch>(from.Epoch());
  ack.boot_epoch = from.Counter();
  ack.random = from.Random();
  return ack;
}

SessionMessage ReadDeny(MessageReader& from) {
  from.Reserved(3);
  ReattachDeny deny;
  deny.counter = from.Counter();
  deny.token = from.ReadToken();
  return deny;
}

SessionMessage ReadSolicit(MessageReader& from) {
  Solicit solicit;
  solicit.cause = from.Cause(ReattachCause::kRestart);
  solicit.transport = from.Transport();
  from.Reserved(1);
  solicit.binding_epoch = from.Epoch();
  solicit.token = from.ReadToken();
  return solicit;
}

SessionMessage ReadClose(MessageReader& from) {
  Close close;
  close.reason = from.Reason();
  from.Reserved(2);
  close.counter = from.Counter();
  close.session_id = from.Id();
  return close;
}

std::uint64_t ReadValue(MessageReader& from) {
  from.Reserved(3);
  return from.Counter();
}

std::optional<SessionMessage> ReadMessage(MessageReader& from) {
  switch (from.Type()) {
    case MessageType::kReattachRequest:
      return ReadRequest(from);
    case MessageType::kReattachAck:
      return ReadAck(from);
    case MessageType::kReattachDeny:
      return ReadDeny(from);
    case MessageType::kSolicit:
      return ReadSolicit(from);
    case MessageType::kClose:
      return ReadClose(from);
    case MessageType::kKnock:
      return Knock{ReadValue(from)};
    case MessageType::kCheck:
      return Check{ReadValue(from)};
  }
  return std::nullopt;
}

}  // namespace

void EncodeControlHeader(const ControlHeader& header, std::uint8_t* to) {
  to[0] = static_cast<std::uint8_t>(FrameType::kSessionControl);
  to[1] = kWireVersion;
  StoreBe16(to + 2, 0);
  StoreBe32(to + 4, header.flow.value);
}

std::optional<ControlHeader> DecodeControlHeader(ByteView frame) {
  if (frame.size() < kControlOverheadBytes + kMinMessageBytes) return std::nullopt;
  if (frame.size() > kControlOverheadBytes + kMaxMessageBytes) return std::nullopt;
  if (frame[0] != static_cast<std::uint8_t>(FrameType::kSessionControl)) return std::nullopt;
  if (frame[1] != kWireVersion || LoadBe16(frame.data() + 2) != 0) return std::nullopt;
  return ControlHeader{FlowIndex{LoadBe32(frame.data() + 4)}};
}

Bytes EncodeSessionMessage(const SessionMessage& message) {
  Bytes plaintext(kMaxMessageBytes);
  ByteWriter writer(plaintext);
  std::visit([&writer](const auto& m) { Write(writer, m); }, message);
  CHECK(writer.ok());
  plaintext.resize(writer.written());
  return plaintext;
}

std::optional<SessionMessage> DecodeSessionMessage(ByteView plaintext) {
  MessageReader reader(plaintext);
  auto message = ReadMessage(reader);
  if (!message || !reader.ReadToTheEnd()) return std::nullopt;
  return message;
}

}  // namespace jvpn
