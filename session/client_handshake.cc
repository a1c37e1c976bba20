#include "session/client_handshake.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "crypto/kdf.h"
#include "crypto/mac1.h"
#include "wire/cookie_frame.h"

namespace jvpn {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kPrologue = "jvpn v1";
constexpr Duration kFirstPause = milliseconds(500);
constexpr Duration kLongestPause = milliseconds(4000);
// After an answer the next init waits this long for the attach that should follow at once.
constexpr Duration kAttachPause = milliseconds(1000);
constexpr std::size_t kOutstanding = 4;
// A gateway takes a cookie for as long at least (docs/wire.md 3.5).
constexpr Duration kCookieHolds = std::chrono::seconds(60);

ByteView AsBytes(std::string_view text) {
  return ByteView(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

}  // namespace

Timestamp WallClock::At(Instant t) const {
  // TAI64 labels start at 2^62; TAI was 10 s ahead of UTC when Unix time began.
  constexpr std::uint64_t kTai64Epoch = (std::uint64_t{1} << 62) + 10;
  const std::chrono::nanoseconds total = unix_time + (t - now);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(total);
  Timestamp out{};
  StoreBe64(out.data(), kTai64Epoch + static_cast<std::uint64_t>(seconds.count()));
  StoreBe32(out.data() + 8, static_cast<std::uint32_t>((total - seconds).count()));
  return out;
}

ClientHandshake::ClientHandshake(ClientIdentity identity, std::size_t transports, WallClock wall,
                                 Random& random, Instant now)
    : identity_(std::move(identity)),
      transports_(transports),
      wall_(wall),
      random_(random),
      next_(now),
      pause_(kFirstPause),
      cookies_(transports) {
  CHECK(transports >= 1 && transports <= kMaxTransports);
  CHECK(!identity_.suites.empty());
}

std::vector<FlowIndex> ClientHandshake::FreshFlows() {
  std::vector<FlowIndex> flows;
  while (flows.size() < transports_) {
    const FlowIndex flow{random_.U32()};
    if (flow.value != 0 && std::find(flows.begin(), flows.end(), flow) == flows.end()) {
      flows.push_back(flow);
    }
  }
  return flows;
}

std::optional<TransportId> ClientHandshake::NextTransport(std::uint32_t usable) {
  for (std::size_t step = 0; step < transports_; ++step) {
    const std::size_t id = (turn_ + step) % transports_;
    if ((usable >> id & 1) == 0) continue;
    turn_ = id + 1;
    return static_cast<TransportId>(id);
  }
  return std::nullopt;
}

std::optional<ClientHandshake::Init> ClientHandshake::Poll(Instant now, std::uint32_t usable) {
  if (now < next_) return std::nullopt;
  const std::optional<TransportId> transport = NextTransport(usable);
  if (!transport) {
    next_ = Instant::max();  // Hurry() ends this wait
    return std::nullopt;
  }
  InitPayload payload;
  payload.timestamp = wall_.At(now);
  payload.this_transport = static_cast<std::uint8_t>(Value(*transport));
  for (const Suite suite : identity_.suites) {
    payload.suites.push_back(static_cast<std::uint8_t>(suite));
  }
  payload.flow_indices = FreshFlows();

  Open open{
      random_.U32(),
      *transport,
      payload.flow_indices,
      NoiseInitiator(identity_.key, identity_.gateway, identity_.preshared_key, AsBytes(kPrologue)),
      {}};
  next_ = now + pause_;
  pause_ = std::min(pause_ * 2, kLongestPause);
  const std::optional<Bytes> noise = open.noise.WriteInit(EncodeInitPayload(payload), random_);
  if (!noise) return std::nullopt;  // the configured gateway key is no key; the timeout says so
  Bytes frame = EncodeHandshakeFrame(FrameType::kHandshakeInit, open.index, *noise);
  CHECK(frame.size() >= kMinHandshakeInit && frame.size() <= kMaxHandshakeInit);
  const std::size_t covered = frame.size() - 2 * kMacBytes;
  Mac1(identity_.gateway)
      .Compute(ByteView(frame).first(covered),
               std::span<std::uint8_t, kMacBytes>(frame.data() + covered, kMacBytes));
  const std::optional<Held>& held = cookies_[Value(*transport)];
  if (held && now < held->until) Prove(held->cookie, frame);
  open.frame = frame;
  if (open_.size() == kOutstanding) open_.pop_front();
  open_.push_back(std::move(open));
  ++sent_;
  return Init{*transport, std::move(frame)};
}

void ClientHandshake::Prove(const Cookie& cookie, Bytes& frame) const {
  const std::size_t covered = frame.size() - kMacBytes;
  ComputeMac2(cookie, ByteView(frame).first(covered),
              std::span<std::uint8_t, kMacBytes>(frame.data() + covered, kMacBytes));
}

std::optional<ClientHandshake::Init> ClientHandshake::OnCookie(Instant now, TransportId transport,
                                                               ByteView frame) {
  const std::optional<CookieFrame> parsed = DecodeCookieFrame(frame);
  if (!parsed) return std::nullopt;
  const auto open = std::find_if(open_.begin(), open_.end(), [&](const Open& candidate) {
    return candidate.index == parsed->handshake_index && candidate.transport == transport;
  });
  if (open == open_.end() || open->proved) return std::nullopt;
  const ByteView mac1 = ByteView(open->frame).last(2 * kMacBytes).first(kMacBytes);
  const std::optional<Cookie> cookie =
      CookieSeal(identity_.gateway).Open(parsed->nonce, parsed->sealed, mac1);
  if (!cookie) return std::nullopt;
  open->proved = true;
  cookies_[Value(transport)] = Held{*cookie, now + kCookieHolds};
  Prove(*cookie, open->frame);
  return Init{transport, open->frame};
}

std::optional<ClientHandshake::Answer> ClientHandshake::OnResponse(Instant now, ByteView frame) {
  const std::optional<HandshakeFrame> parsed = DecodeHandshakeFrame(frame);
  if (!parsed || parsed->type != FrameType::kHandshakeResponse) return std::nullopt;
  const auto open = std::find_if(open_.begin(), open_.end(), [&](const Open& candidate) {
    return candidate.index == parsed->handshake_index;
  });
  if (open == open_.end()) return std::nullopt;
  std::optional<Answer> answer;
  if (Mac1(identity_.key.public_key).Verify(parsed->mac_input, parsed->mac1)) {
    answer = Read(*open, parsed->noise);
  }
  if (!answer) {
    ++bad_answers_;
    return std::nullopt;
  }
  open_.erase(open_.begin(), open + 1);  // this one and all older: only a newer answer counts now
  next_ = std::max(next_, now + kAttachPause);
  return answer;
}

// Works on a copy, because a forged frame leaves a Noise state unusable.
std::optional<ClientHandshake::Answer> ClientHandshake::Read(Open& open, ByteView noise) const {
  NoiseInitiator attempt = open.noise;
  const std::optional<Bytes> plaintext = attempt.ReadResponse(noise);
  if (!plaintext) return std::nullopt;
  std::optional<ResponsePayload> response = DecodeResponsePayload(*plaintext);
  if (!response) return std::nullopt;
  if (response->status != HandshakeStatus::kAccepted) return response->status;

  const std::optional<Suite> suite = SuiteFromWire(response->suite);
  const std::optional<Policy> policy = FromWireParameters(response->policy);
  const std::size_t granted = response->flow_indices.size();
  if (!suite || !policy) return std::nullopt;
  // A suite that we did not offer would be a downgrade; a grant without the init's own transport
  // leaves nothing to attach on.
  if (std::find(identity_.suites.begin(), identity_.suites.end(), *suite) ==
      identity_.suites.end()) {
    return std::nullopt;
  }
  if (granted > transports_ || Value(open.transport) >= granted) return std::nullopt;

  HandshakeResult result;
  result.transport = open.transport;
  result.policy = *policy;
  result.suite = *suite;
  result.own_flows = open.flows;
  result.own_flows.resize(granted);
  const NoiseKeys& keys = attempt.keys();
  result.root = DeriveRoot(keys.k1, keys.k2, keys.handshake_hash);
  result.response = std::move(*response);
  return result;
}

}  // namespace jvpn
