#include "wire/handshake_frame.h"

#include <algorithm>

#include "base/byte_cursor.h"
#include "base/check.h"

namespace jvpn {
namespace {

// What surrounds a payload: ephemeral 32, encrypted static 48 (init only), tag 16
// (docs/wire.md 3.1).
constexpr std::size_t kFrameOverhead = kHandshakeHeaderBytes + 2 * kMacBytes;
constexpr std::size_t kInitOverhead = kFrameOverhead + 32 + 48 + 16;
constexpr std::size_t kResponseOverhead = kFrameOverhead + 32 + 16;

constexpr std::size_t kMinInitPayload = kMinHandshakeInit - kInitOverhead;
constexpr std::size_t kMaxInitPayload = kMaxHandshakeInit - kInitOverhead;
constexpr std::size_t kMaxResponsePayload = kMaxHandshakeResponse - kResponseOverhead;
// The shortest payload of a response is a refusal's status.
constexpr std::size_t kMinHandshakeResponse = kResponseOverhead + 1;

static_assert(kMaxHandshakeResponse <= 3 * kMinHandshakeInit,
              "anti-amplification (docs/wire.md 3.1)");

bool AllZero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

bool LengthFits(FrameType type, std::size_t size) {
  switch (type) {
    case FrameType::kHandshakeInit:
      return size >= kMinHandshakeInit && size <= kMaxHandshakeInit;
    case FrameType::kHandshakeResponse:
      return size >= kMinHandshakeResponse && size <= kMaxHandshakeResponse;
    case FrameType::kCookieReply:
    case FrameType::kData:
    case FrameType::kSessionControl:
      break;
  }
  return false;
}

// Flow indices name transports: one at least, none of them 0, all different.
bool ValidFlowIndices(const std::vector<FlowIndex>& indices) {
  if (indices.empty() || indices.size() > kMaxTransports) return false;
  for (auto it = indices.begin(); it != indices.end(); ++it) {
    if (it->value == 0 || std::find(indices.begin(), it, *it) != it) return false;
  }
  return true;
}

void WriteFlowIndices(ByteWriter& to, const std::vector<FlowIndex>& indices) {
  CHECK(ValidFlowIndices(indices));
  to.U8(static_cast<std::uint8_t>(indices.size()));
  for (const FlowIndex index : indices) to.U32(index.value);
}

std::optional<std::vector<FlowIndex>> ReadFlowIndices(ByteReader& from) {
  std::vector<FlowIndex> indices;
  const std::size_t count = from.U8();
  for (std::size_t i = 0; i < count && from.ok(); ++i) indices.push_back(FlowIndex{from.U32()});
  if (!from.ok() || !ValidFlowIndices(indices)) return std::nullopt;
  return indices;
}

std::size_t AddressBytes(IpFamily family) { return family == IpFamily::kV4 ? 4 : 16; }

IpAddress ReadAddress(ByteReader& from, IpFamily family) {
  const ByteView raw = from.Take(AddressBytes(family));
  if (!from.ok()) return {};
  return family == IpFamily::kV4 ? IpAddress::V4(raw) : IpAddress::V6(raw);
}

// An inner address: prefix length 0 and a zero address when there is none.
void WriteInner(ByteWriter& to, const Prefix& inner, IpFamily family) {
  if (inner.address.is_none()) {
    to.Zeros(1 + AddressBytes(family));
    return;
  }
  CHECK(inner.address.family == family);
  CHECK(inner.length >= 1 && inner.length <= inner.address.size() * 8);
  to.U8(inner.length);
  to.Copy(inner.address.view());
}

std::optional<Prefix> ReadInner(ByteReader& from, IpFamily family) {
  const std::uint8_t length = from.U8();
  const IpAddress address = ReadAddress(from, family);
  if (!from.ok() || length > AddressBytes(family) * 8) return std::nullopt;
  if (length != 0) return Prefix{address, length};
  if (!AllZero(address.view())) return std::nullopt;
  return Prefix{};
}

void WriteRoute(ByteWriter& to, const Prefix& route) {
  CHECK(!route.address.is_none() && route.length <= route.address.size() * 8);
  to.U8(static_cast<std::uint8_t>(route.address.family));
  to.U8(route.length);
  to.Copy(route.address.view());
}

std::optional<Prefix> ReadRoute(ByteReader& from) {
  const IpFamily family = static_cast<IpFamily>(from.U8());
  if (family != IpFamily::kV4 && family != IpFamily::kV6) return std::nullopt;
  const std::uint8_t length = from.U8();
  const IpAddress address = ReadAddress(from, family);
  if (!from.ok() || length > AddressBytes(family) * 8) return std::nullopt;
  return Prefix{address, length};
}

Bytes Finish(Bytes buffer, const ByteWriter& writer) {
  CHECK(writer.ok());
  buffer.resize(writer.written());
  return buffer;
}

void WriteAccepted(ByteWriter& to, const ResponsePayload& payload) {
  to.Copy(payload.session_id.bytes);
  to.U8(payload.suite);
  to.U16(payload.inner_mtu);
  WriteInner(to, payload.inner_v4, IpFamily::kV4);
  WriteInner(to, payload.inner_v6, IpFamily::kV6);
  to.U64(payload.token.instance);
  to.U64(payload.token.time_ms);
  WriteFlowIndices(to, payload.flow_indices);
  CHECK(payload.policy.size() <= 255 && payload.routes.size() <= 255);
  to.U8(static_cast<std::uint8_t>(payload.policy.size()));
  for (const auto& [parameter, value] : payload.policy) {
    to.U8(parameter);
    to.U32(value);
  }
  to.U8(static_cast<std::uint8_t>(payload.routes.size()));
  for (const Prefix& route : payload.routes) WriteRoute(to, route);
}

bool ReadAddresses(ByteReader& from, ResponsePayload& payload) {
  const auto v4 = ReadInner(from, IpFamily::kV4);
  const auto v6 = ReadInner(from, IpFamily::kV6);
  if (!v4 || !v6) return false;
  payload.inner_v4 = *v4;
  payload.inner_v6 = *v6;
  return true;
}

bool ReadRoutes(ByteReader& from, ResponsePayload& payload) {
  const std::size_t count = from.U8();
  for (std::size_t i = 0; i < count; ++i) {
    const auto route = ReadRoute(from);
    if (!route) return false;
    payload.routes.push_back(*route);
  }
  return true;
}

bool ReadAccepted(ByteReader& from, ResponsePayload& payload) {
  payload.session_id.bytes = from.Array<16>();
  payload.suite = from.U8();
  payload.inner_mtu = from.U16();
  if (!ReadAddresses(from, payload)) return false;
  payload.token.instance = from.U64();
  payload.token.time_ms = from.U64();
  auto indices = ReadFlowIndices(from);
  if (!indices) return false;
  payload.flow_indices = *std::move(indices);
  const std::size_t parameters = from.U8();
  for (std::size_t i = 0; i < parameters && from.ok(); ++i) {
    const std::uint8_t parameter = from.U8();
    payload.policy.emplace_back(parameter, from.U32());
  }
  return ReadRoutes(from, payload);
}

}  // namespace

std::optional<HandshakeFrame> DecodeHandshakeFrame(ByteView frame) {
  if (frame.empty()) return std::nullopt;
  const FrameType type = static_cast<FrameType>(frame[0]);
  if (!LengthFits(type, frame.size())) return std::nullopt;
  if (frame[1] != kWireVersion || LoadBe16(frame.data() + 2) != 0) return std::nullopt;
  // A gateway is never asked for a cookie.
  if (type == FrameType::kHandshakeResponse && !AllZero(frame.last(kMacBytes))) {
    return std::nullopt;
  }
  const ByteView mac_input = frame.first(frame.size() - 2 * kMacBytes);
  return HandshakeFrame{.type = type,
                        .handshake_index = LoadBe32(frame.data() + 4),
                        .noise = mac_input.subspan(kHandshakeHeaderBytes),
                        .mac_input = mac_input,
                        .mac1 = frame.subspan(mac_input.size(), kMacBytes),
                        .mac2_input = frame.first(frame.size() - kMacBytes),
                        .mac2 = frame.last(kMacBytes)};
}

Bytes EncodeHandshakeFrame(FrameType type, std::uint32_t handshake_index, ByteView noise) {
  Bytes frame(kHandshakeHeaderBytes + noise.size() + 2 * kMacBytes);
  CHECK(LengthFits(type, frame.size()));
  ByteWriter writer(frame);
  writer.U8(static_cast<std::uint8_t>(type));
  writer.U8(kWireVersion);
  writer.U16(0);
  writer.U32(handshake_index);
  writer.Copy(noise);
  return frame;
}

Bytes EncodeInitPayload(const InitPayload& payload) {
  CHECK(payload.suites.size() <= 255 && payload.this_transport < payload.flow_indices.size());
  Bytes buffer(kMaxInitPayload);
  ByteWriter writer(buffer);
  writer.Copy(payload.timestamp);
  writer.U8(payload.this_transport);
  writer.U8(static_cast<std::uint8_t>(payload.suites.size()));
  writer.Copy(payload.suites);
  WriteFlowIndices(writer, payload.flow_indices);
  if (writer.written() < kMinInitPayload) writer.Zeros(kMinInitPayload - writer.written());
  return Finish(std::move(buffer), writer);
}

std::optional<InitPayload> DecodeInitPayload(ByteView payload) {
  if (payload.size() < kMinInitPayload || payload.size() > kMaxInitPayload) return std::nullopt;
  ByteReader reader(payload);
  InitPayload init;
  init.timestamp = reader.Array<kTimestampBytes>();
  init.this_transport = reader.U8();
  const ByteView suites = reader.Take(reader.U8());
  init.suites.assign(suites.begin(), suites.end());
  auto indices = ReadFlowIndices(reader);
  if (!indices || init.this_transport >= indices->size()) return std::nullopt;
  init.flow_indices = *std::move(indices);
  if (!AllZero(reader.rest())) return std::nullopt;
  return init;
}

Bytes EncodeResponsePayload(const ResponsePayload& payload) {
  Bytes buffer(kMaxResponsePayload);
  ByteWriter writer(buffer);
  writer.U8(static_cast<std::uint8_t>(payload.status));
  if (payload.status == HandshakeStatus::kAccepted) WriteAccepted(writer, payload);
  return Finish(std::move(buffer), writer);
}

std::optional<ResponsePayload> DecodeResponsePayload(ByteView payload) {
  if (payload.size() > kMaxResponsePayload) return std::nullopt;
  ByteReader reader(payload);
  ResponsePayload response;
  const std::uint8_t status = reader.U8();
  if (status > static_cast<std::uint8_t>(HandshakeStatus::kPolicyDenied)) return std::nullopt;
  response.status = static_cast<HandshakeStatus>(status);
  if (response.status == HandshakeStatus::kAccepted && !ReadAccepted(reader, response)) {
    return std::nullopt;
  }
  if (!reader.ok() || !reader.rest().empty()) return std::nullopt;
  return response;
}

}  // namespace jvpn
