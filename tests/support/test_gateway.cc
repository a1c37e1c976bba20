#include "tests/support/test_gateway.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/control_seal.h"
#include "crypto/kdf.h"
#include "crypto/mac1.h"
#include "wire/cookie_frame.h"

namespace jvpn {
namespace {

constexpr std::string_view kPrologue = "jvpn v1";
constexpr std::uint64_t kInstance = 77;
constexpr Suite kSuite = Suite::kAes128Gcm;
constexpr std::size_t kPadded = kPathChallengeBytes - kDataOverheadBytes;

ByteView AsBytes(std::string_view text) {
  return ByteView(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

}  // namespace

Token TestGateway::TokenAt(Instant now) const {
  return {kInstance + restarts_,
          static_cast<std::uint64_t>(FloorMs(now).time_since_epoch().count())};
}

std::optional<TransportId> TestGateway::Find(FlowIndex flow) const {
  for (std::uint32_t i = 0; i < transports_.size(); ++i) {
    if (flow.value != 0 && transports_[i].own == flow) return TransportId{i};
  }
  return std::nullopt;
}

TestGateway::Datagrams TestGateway::OnDatagram(Instant now, const Endpoint& local,
                                               const Endpoint& remote, Bytes bytes) {
  if (bytes.empty()) return {};
  switch (static_cast<FrameType>(bytes[0])) {
    case FrameType::kHandshakeInit:
      return OnInit(now, local, remote, bytes);
    case FrameType::kData:
      return OnData(now, local, remote, std::move(bytes));
    case FrameType::kSessionControl:
      return OnControl(now, local, remote, bytes);
    default:
      return {};
  }
}

Cookie TestGateway::CookieFor(const Endpoint& remote) {
  Cookie cookie;
  std::copy_n(remote.address.bytes.begin(), 14, cookie.writable().begin());
  StoreBe16(cookie.writable().data() + 14, remote.port);
  return cookie;
}

TestGateway::Datagrams TestGateway::OnInit(Instant, const Endpoint& local, const Endpoint& remote,
                                           ByteView frame) {
  ++inits_;
  const auto parsed = DecodeHandshakeFrame(frame);
  if (!parsed || !behaviour.answer_inits) return {};
  if (!Mac1(identity_.public_key).Verify(parsed->mac_input, parsed->mac1)) return {};
  if (behaviour.wants_cookies && !VerifyMac2(CookieFor(remote), parsed->mac2_input, parsed->mac2)) {
    ++cookies_;
    const auto sealed =
        CookieSeal(identity_.public_key).Seal(CookieFor(remote), parsed->mac1, random_);
    return {{local, remote,
             EncodeCookieFrame({.handshake_index = parsed->handshake_index,
                                .nonce = sealed.nonce,
                                .sealed = sealed.bytes})}};
  }
  NoiseResponder noise(identity_, AsBytes(kPrologue));
  const auto plaintext = noise.ReadInit(parsed->noise);
  if (!plaintext) return {};
  const auto init = DecodeInitPayload(*plaintext);
  if (!init) return {};

  ResponsePayload response;
  response.status = behaviour.status;
  const std::size_t granted = std::min<std::size_t>(behaviour.grant, init->flow_indices.size());
  if (response.status == HandshakeStatus::kAccepted) {
    random_.Fill(session_id_.bytes);
    response.session_id = session_id_;
    response.suite = static_cast<std::uint8_t>(kSuite);
    response.inner_mtu = 1420;
    response.inner_v4 = *Prefix::Parse("10.9.0.2/24");
    response.token = {kInstance, 0};
    response.policy = ToWireParameters(behaviour.policy);
    response.routes = behaviour.routes;
    transports_ = {};
    for (std::uint32_t i = 0; i < granted; ++i) {
      transports_[i].own = FlowIndex{0x100 + i};
      transports_[i].peer = init->flow_indices[i];
      response.flow_indices.push_back(transports_[i].own);
    }
  }
  const auto message = noise.WriteResponse(EncodeResponsePayload(response), psk_, random_);
  CHECK(message.has_value());
  Bytes answer =
      EncodeHandshakeFrame(FrameType::kHandshakeResponse, parsed->handshake_index, *message);
  const std::size_t covered = answer.size() - 2 * kMacBytes;
  Mac1(noise.remote_static())
      .Compute(ByteView(answer).first(covered),
               std::span<std::uint8_t, kMacBytes>(answer.data() + covered, kMacBytes));
  if (response.status == HandshakeStatus::kAccepted) {
    Transport& first = transports_[init->this_transport];
    first.local = local;
    first.remote = remote;  // the handshake proved it
    bound_ = TransportId{init->this_transport};
    binding_epoch_ = 1;
    accepted_.clear();
    const NoiseKeys& keys = noise.keys();
    const Secret32 root = DeriveRoot(keys.k1, keys.k2, keys.handshake_hash);
    control_open_key_ = DeriveControlKey(root, Direction::kToGateway);
    control_seal_key_ = DeriveControlKey(root, Direction::kToClient);
    root_ = root;
    key_epoch_ = KeyEpoch{1};
    UseKeys(root);
  }
  return {{local, remote, std::move(answer)}};
}

void TestGateway::UseKeys(const Secret32& secret) {
  keys_lost_ = false;
  engine_.ExpandKey(kSuite, DeriveTrafficKey(secret, Direction::kToGateway, kSuite, key_epoch_),
                    open_key_);
  engine_.ExpandKey(kSuite, DeriveTrafficKey(secret, Direction::kToClient, kSuite, key_epoch_),
                    seal_key_);
}

void TestGateway::LoseKeys() {
  keys_lost_ = true;
  ++restarts_;
}

ReattachAck TestGateway::Ack(TransportId bound, std::uint64_t counter) const {
  return {.transport = bound,
          .binding_epoch = binding_epoch_,
          .counter = counter,
          .key_epoch = key_epoch_,
          .boot_epoch = mix_.boot_epoch,
          .random = mix_.gateway};
}

Bytes TestGateway::Seal(TransportId id, ByteView plaintext) {
  Transport& t = at(id);
  Bytes frame(plaintext.size() + kDataOverheadBytes);
  EncodeDataHeader({.key_phase = static_cast<std::uint8_t>(Value(key_epoch_) & 3),
                    .flow = t.peer,
                    .counter = t.counter},
                   frame.data());
  std::copy(plaintext.begin(), plaintext.end(), frame.begin() + kDataHeaderBytes);
  AeadJob job;
  job.key = &seal_key_;
  job.header = frame.data();
  job.payload = frame.data() + kDataHeaderBytes;
  job.length = static_cast<std::uint32_t>(plaintext.size());
  EncodeNonce(id, t.counter, job.nonce);
  engine_.Seal(kSuite, std::span<AeadJob>(&job, 1));
  ++t.counter;
  return frame;
}

TestGateway::Datagrams TestGateway::SendInner(TransportId transport, ByteView packet) {
  const Transport& t = at(transport);
  const Endpoint remote = t.remote.value_or(Endpoint{});
  return {{t.local, remote, Seal(transport, packet)}};
}

TestGateway::Datagrams TestGateway::SendPath(TransportId transport, const PathFrame& frame) {
  std::uint8_t plaintext[64];
  const std::size_t size = EncodePathFrame(frame, plaintext);
  return SendInner(transport, ByteView(plaintext, size));
}

TestGateway::Datagrams TestGateway::SendControl(TransportId transport,
                                                const SessionMessage& message) {
  const Transport& t = at(transport);
  std::uint8_t header[kControlHeaderBytes];
  EncodeControlHeader({.flow = t.peer}, header);
  return {{t.local, t.remote.value_or(Endpoint{}),
           SealControl(control_seal_key_, header, EncodeSessionMessage(message), random_)}};
}

Bytes TestGateway::Challenge(TransportId id, const Endpoint& remote,
                             std::optional<std::uint64_t> response) {
  Transport& t = at(id);
  t.pending = remote;
  t.challenge = random_.U64();
  std::array<std::uint8_t, kPadded> plaintext{};
  MutableBytes rest(plaintext);
  if (response) rest = rest.subspan(EncodePathFrame(PathResponse{*response}, rest));
  EncodePathFrame(PathChallenge{t.challenge}, rest);
  return Seal(id, plaintext);
}

TestGateway::Datagrams TestGateway::OnData(Instant now, const Endpoint& local,
                                           const Endpoint& remote, Bytes frame) {
  const auto header = DecodeDataHeader(frame);
  const auto id = header ? Find(header->flow) : std::nullopt;
  if (!id || keys_lost_ || header->key_phase != (Value(key_epoch_) & 3)) return {};
  Transport& t = at(*id);
  AeadJob job;
  job.key = &open_key_;
  job.header = frame.data();
  job.payload = frame.data() + kDataHeaderBytes;
  job.length = static_cast<std::uint32_t>(frame.size() - kDataOverheadBytes);
  EncodeNonce(*id, header->counter, job.nonce);
  engine_.Open(kSuite, std::span<AeadJob>(&job, 1));
  if (!job.verified || !t.window.Accept(header->counter)) return {};
  t.local = local;
  Hear(now, t);
  Judge(now, t, t.window.next());
  const ByteView plaintext(job.payload, job.length);
  if (IsInnerPacket(plaintext)) {
    arrivals_.push_back({*id, Bytes(plaintext.begin(), plaintext.end())});
    return {};
  }
  Datagrams out;
  PathFrameReader reader(plaintext);
  while (const auto path = reader.Next()) OnPathFrame(now, *id, remote, *path, out);
  CHECK(!reader.malformed());
  const bool moved = t.remote && *t.remote != remote && header->counter + 1 == t.window.next();
  if (moved && t.pending != remote) out.push_back({local, remote, Challenge(*id, remote, {})});
  return out;
}

void TestGateway::Hear(Instant now, Transport& transport) const {
  const bool alive = transport.heard &&
                     FloorMs(now) - FloorMs(*transport.heard) <= behaviour.policy.transport_dead;
  if (!alive) transport.loss.Restart(transport.window);
  transport.heard = now;
}

void TestGateway::Judge(Instant now, Transport& transport, std::uint64_t sent) const {
  const LossLimits limits{.window = behaviour.policy.loss_window};
  transport.loss.OnReport(FloorMs(now), sent, transport.window, Millis{0}, limits);
  transport.loss.Settle(FloorMs(now), transport.window, limits);
}

void TestGateway::OnPathFrame(Instant now, TransportId id, const Endpoint& remote,
                              const PathFrame& frame, Datagrams& out) {
  Transport& t = at(id);
  if (const auto* probe = std::get_if<Probe>(&frame)) {
    ++t.probes;
    t.last_probe = *probe;
    if (!behaviour.answer_probes || !t.remote) return;
    const ProbeReply reply{.suspect = behaviour.suspect,
                           .sequence = probe->sequence,
                           .sent_at = probe->sent_at,
                           .token = TokenAt(now),
                           .received = t.loss.sums()};
    for (Datagram& d : SendPath(id, reply)) out.push_back(std::move(d));
  } else if (const auto* report = std::get_if<PathReport>(&frame)) {
    reports_.push_back({id, *report});
    Transport& other = at(report->transport);
    Judge(now, other, report->sent);
    const PathReport ours{
        .transport = report->transport, .sent = other.counter, .received = other.loss.sums()};
    if (behaviour.answer_probes && t.remote) {
      for (Datagram& d : SendPath(id, ours)) out.push_back(std::move(d));
    }
  } else if (const auto* challenge = std::get_if<PathChallenge>(&frame)) {
    ++t.challenges;
    if (!behaviour.answer_challenges) return;
    out.push_back({t.local, remote, Challenge(id, remote, challenge->value)});
  } else if (const auto* response = std::get_if<PathResponse>(&frame)) {
    if (t.pending == remote && t.challenge == response->value) t.remote = remote;
  }
}

TestGateway::Datagrams TestGateway::OnControl(Instant now, const Endpoint& local,
                                              const Endpoint& remote, ByteView frame) {
  const auto header = DecodeControlHeader(frame);
  const auto id = header ? Find(header->flow) : std::nullopt;
  const auto plaintext = OpenControl(control_open_key_, frame);
  if (!id || !plaintext) return {};
  at(*id).local = local;
  const auto message = DecodeSessionMessage(*plaintext);
  if (!message) return {};
  if (const auto* close = std::get_if<Close>(&*message)) {
    closes_.push_back(*close);
    return {};
  }
  if (const auto* knock = std::get_if<Knock>(&*message)) {
    knocks_.push_back(*knock);
    return {};
  }
  if (const auto* request = std::get_if<ReattachRequest>(&*message)) {
    return OnReattach(now, *id, remote, *request, frame);
  }
  return {};
}

TestGateway::Datagrams TestGateway::OnReattach(Instant now, TransportId id, const Endpoint& remote,
                                               const ReattachRequest& request, ByteView frame) {
  requests_.push_back({now, id, request, Bytes(frame.begin(), frame.end())});
  if (behaviour.on_request == OnRequest::kIgnore || at(id).remote != remote) return {};
  const bool copy = !accepted_.empty() &&
                    std::equal(frame.begin(), frame.end(), accepted_.begin(), accepted_.end());
  if (copy && id == bound_) return SendControl(id, Ack(id, request.counter));
  if (request.binding_epoch + 1 == binding_epoch_) {  // its ACK was lost (row E1)
    return SendControl(id, Ack(bound_, request.counter));
  }
  if (behaviour.on_request == OnRequest::kDeny || request.binding_epoch != binding_epoch_) {
    return SendControl(id, ReattachDeny{.counter = request.counter, .token = TokenAt(now)});
  }
  bound_ = id;
  ++binding_epoch_;
  accepted_.assign(frame.begin(), frame.end());
  if (keys_lost_) {
    key_epoch_ = static_cast<KeyEpoch>(Value(key_epoch_) + 1);
    mix_ = {.client = request.random, .gateway = {}, .boot_epoch = restarts_ + 1};
    random_.Fill(mix_.gateway);
    UseKeys(DeriveEpochSecret(root_, key_epoch_, mix_));
    for (Transport& t : transports_) {
      t.counter = 0;
      t.window = ReplayWindow{};
    }
  }
  if (behaviour.on_request == OnRequest::kAcceptSilently) return {};
  return SendControl(id, Ack(id, request.counter));
}

}  // namespace jvpn
