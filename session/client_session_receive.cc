// ClientSession, receiving: what frames mean. No state moves before a tag has verified.
#include <utility>
#include <variant>

#include "session/client_session.h"
#include "wire/data_header.h"

namespace jvpn {
namespace {

// The packet's own length field must equal what came (docs/wire.md 5).
bool WholeInnerPacket(ByteView packet) {
  if (packet[0] >> 4 == 4)
    return packet.size() >= 20 && LoadBe16(packet.data() + 2) == packet.size();
  return packet.size() >= 40 && LoadBe16(packet.data() + 4) + std::size_t{40} == packet.size();
}

bool HasChallenge(ByteView plaintext) {
  if (IsInnerPacket(plaintext)) return false;
  PathFrameReader reader(plaintext);
  while (const std::optional<PathFrame> frame = reader.Next()) {
    if (std::holds_alternative<PathChallenge>(*frame)) return true;
  }
  return false;
}

}  // namespace

void ClientSession::OnDatagram(Instant now, TransportId transport, const Endpoint& source,
                               MutableBytes datagram, ClientOutput& out) {
  if (ended_) return;
  if (!Known(transport) || source != At(transport).remote) return Drop(DropReason::kNotOurs);
  if (datagram.empty()) return Drop(DropReason::kTooShort);
  switch (static_cast<FrameType>(datagram[0])) {
    case FrameType::kHandshakeResponse:
      return OnResponse(now, datagram, out);
    case FrameType::kCookieReply:
      return OnCookie(now, transport, datagram, out);
    case FrameType::kData:
      return OnData(now, transport, datagram, out);
    case FrameType::kSessionControl:
      return OnControl(now, transport, datagram, out);
    case FrameType::kHandshakeInit:
      break;
  }
  Drop(DropReason::kUnknownType);
}

void ClientSession::OnResponse(Instant now, ByteView frame, ClientOutput& out) {
  if (!handshake_) return Drop(DropReason::kBadHandshake);
  std::optional<ClientHandshake::Answer> answer = handshake_->OnResponse(now, frame);
  if (!answer) return Drop(DropReason::kBadHandshake);
  if (const auto* status = std::get_if<HandshakeStatus>(&*answer)) {
    return Finish({.reason = Reason::kHandshakeRejected,
                   .handshake = HandshakeFailure::kRefused,
                   .refusal = *status},
                  out);
  }
  BeginSession(now, std::move(std::get<HandshakeResult>(*answer)));
  SendProbe(now, result_->transport, out);
}

// The gateway is loaded: the same init again, now with a proof that we are where it came from.
void ClientSession::OnCookie(Instant now, TransportId transport, ByteView frame,
                             ClientOutput& out) {
  if (!handshake_) return Drop(DropReason::kBadHandshake);
  std::optional<ClientHandshake::Init> again = handshake_->OnCookie(now, transport, frame);
  if (!again) return Drop(DropReason::kBadHandshake);
  out.datagrams.push_back({again->transport, std::move(again->frame)});
}

void ClientSession::OnData(Instant now, TransportId id, MutableBytes frame, ClientOutput& out) {
  if (channel_ == nullptr) return Drop(DropReason::kUnknownFlow);
  if (frame.size() < kDataOverheadBytes) return Drop(DropReason::kTooShort);
  const std::optional<DataHeader> header = DecodeDataHeader(frame);
  if (!header) return Drop(DropReason::kReservedBits);
  ClientTransport& t = At(id);
  if (!t.granted() || header->flow != t.own_flow) return Drop(DropReason::kUnknownFlow);
  if (header->key_phase != channel_->key_phase()) return Drop(DropReason::kUnknownEpoch);
  if (!t.window.Check(header->counter)) return Drop(DropReason::kReplayed);
  const std::optional<ByteView> plaintext = channel_->OpenData(id, *header, frame);
  if (!plaintext) return Drop(DropReason::kBadTag);
  if (!t.window.Accept(header->counter)) return Drop(DropReason::kReplayed);

  if (HasChallenge(*plaintext)) {
    t.health.OnChallenged(now, t.window);
  } else {
    t.health.OnHeard(now, t.window);
  }
  if (!IsInnerPacket(*plaintext)) return OnPathFrames(now, id, *plaintext, header->counter, out);
  if (!WholeInnerPacket(*plaintext)) return Drop(DropReason::kMalformedInner);
  if (!MayDeliver(now, id)) return Drop(DropReason::kNotBound);
  out.packets.emplace_back(plaintext->begin(), plaintext->end());
}

// P1 to P3: the bound transport, or the one left by the last commit while it drains (O3).
bool ClientSession::MayDeliver(Instant now, TransportId id) const {
  if (!attached_) return false;
  return id == machine_->active() || (id == retired_ && FloorMs(now) <= drain_until_);
}

void ClientSession::OnPathFrames(Instant now, TransportId id, ByteView plaintext,
                                 std::uint64_t counter, ClientOutput& out) {
  PathFrameReader reader(plaintext);
  bool proved = false;
  while (const std::optional<PathFrame> frame = reader.Next()) {
    if (const auto* reply = std::get_if<ProbeReply>(&*frame)) {
      OnProbeReply(now, id, *reply, counter, out);
    } else if (const auto* challenge = std::get_if<PathChallenge>(&*frame)) {
      SendPathFrame(id, PathResponse{.value = challenge->value}, out);
    } else if (const auto* response = std::get_if<PathResponse>(&*frame)) {
      proved |= At(id).path.OnResponse(response->value);
    } else if (const auto* report = std::get_if<PathReport>(&*frame)) {
      OnPathReport(now, *report, out);
    }
    if (ended_) return;
  }
  if (reader.malformed()) Drop(DropReason::kMalformedInner);
  // Behind our own answer to its challenge, which stands in the same frame: the probe tells whether
  // the gateway took it.
  if (proved && attached_) SendProbe(now, id, out);
}

void ClientSession::OnProbeReply(Instant now, TransportId id, const ProbeReply& reply,
                                 std::uint64_t counter, ClientOutput& out) {
  ClientTransport& t = At(id);
  // Before the first attach no policy is in force yet; the machine already holds the coming one.
  if (!t.health.OnReply(now, reply, counter, t.counters(), machine_->policy())) return;
  t.path.Stop();
  requester_->OnToken(now, reply.token);
  gateway_suspects_ = reply.suspect;
  if (!attached_) {
    if (id == result_->transport) Attach(now, out);
    return;
  }
  JudgeTransport(now, id, out);
}

void ClientSession::OnPathReport(Instant now, const PathReport& report, ClientOutput& out) {
  if (!attached_ || !Known(report.transport) || !At(report.transport).granted()) return;
  ClientTransport& t = At(report.transport);
  t.health.OnReport(now, report, t.counters(), machine_->policy());
  JudgeTransport(now, report.transport, out);
}

void ClientSession::OnControl(Instant now, TransportId id, ByteView frame, ClientOutput& out) {
  const std::optional<ControlHeader> header = DecodeControlHeader(frame);
  if (!header || channel_ == nullptr || !At(id).granted() || header->flow != At(id).own_flow) {
    return Drop(DropReason::kBadControl);
  }
  const std::optional<SessionMessage> message = channel_->OpenControlFrame(frame);
  if (!message) return Drop(DropReason::kBadControl);
  if (const auto* close = std::get_if<Close>(&*message)) {
    if (close->session_id != machine_->id()) return Drop(DropReason::kBadControl);
    told_ = close->reason;
    return Step(now, PeerClose{}, out);
  }
  if (!attached_) return;
  if (const auto* ack = std::get_if<ReattachAck>(&*message)) return OnAck(now, *ack, out);
  if (const auto* deny = std::get_if<ReattachDeny>(&*message)) return OnDeny(now, *deny, out);
  if (const auto* solicit = std::get_if<Solicit>(&*message))
    return OnSolicit(now, id, *solicit, out);
  if (const auto* check = std::get_if<Check>(&*message)) return SendKnock(id, check->value, out);
  Drop(DropReason::kBadControl);  // a request is the client's to send
}

void ClientSession::OnAck(Instant now, const ReattachAck& ack, ClientOutput& out) {
  if (!requester_->OnAck(ack) || ack.binding_epoch != machine_->binding_epoch() + 1) return;
  if (!Known(ack.transport) || !At(ack.transport).granted()) return Drop(DropReason::kBadControl);
  const bool again = grant_ && grant_->binding_epoch == ack.binding_epoch;
  const bool new_keys = again ? grant_->new_keys : TakeKeys(now, ack);
  if (!new_keys && ack.key_epoch != channel_->epoch()) return Drop(DropReason::kBadControl);
  grant_ = Grant{ack.transport, ack.binding_epoch, ack.counter, new_keys};
  TakeGrant(now, out);
}

// Only the next epoch is ever begun, so that no counter of ours meets a key twice.
bool ClientSession::TakeKeys(Instant now, const ReattachAck& ack) {
  if (Value(ack.key_epoch) != Value(channel_->epoch()) + 1) return false;
  channel_->NextEpoch(
      {.client = requester_->random(), .gateway = ack.random, .boot_epoch = ack.boot_epoch});
  keys_lost_ = false;
  for (ClientTransport& t : transports_) {
    t.next_counter = 0;
    t.window = ReplayWindow{};
    t.health.BeginEpoch();
    t.solicited_at.reset();
  }
  At(ack.transport).health.Revive(now);
  return true;
}

// The gateway has committed; a client whose attempt ended meanwhile follows as soon as its own
// cooldown lets it into RECOVERING again.
void ClientSession::TakeGrant(Instant now, ClientOutput& out) {
  if (!grant_ || ended_ || machine_->state() != State::kRecovering) return;
  const Grant grant = *grant_;
  Step(now,
       Reattach{.transport = grant.transport,
                .proof = Reattach::Proof::kValid,
                .mac_valid = true,
                .epoch_matches = true,
                .counter = grant.counter,
                .new_key_epoch = grant.new_keys},
       out);
  if (ended_ || machine_->binding_epoch() != grant.binding_epoch) return;
  grant_.reset();
  requester_->End();
  requester_->Forget();
  if (At(grant.transport).health.dead()) {
    Step(now, TransportDied{.transport = grant.transport, .cause = Reason::kPeerSignal}, out);
  }
}

void ClientSession::OnDeny(Instant now, const ReattachDeny& deny, ClientOutput& out) {
  const TransportId target = requester_->transport();
  if (!requester_->OnDeny(now, deny)) return;
  Step(now,
       Reattach{.transport = target,
                .proof = Reattach::Proof::kBadProof,
                .mac_valid = true,
                .epoch_matches = true,
                .counter = deny.counter},
       out);
}

void ClientSession::OnSolicit(Instant now, TransportId id, const Solicit& solicit,
                              ClientOutput& out) {
  if (solicit.transport != id || !At(id).up) return Drop(DropReason::kBadControl);
  if (solicit.cause == ReattachCause::kRestart) return OnRestart(now, id, solicit, out);
  if (!requester_->OnSolicit(solicit, machine_->binding_epoch())) return;
  requester_->OnToken(now, solicit.token);
  // A request is out already; it wins over what the gateway expected (requirements 5).
  if (machine_->state() != State::kRecovering) Obey(now, solicit, out);
}

// A gateway one binding ahead has committed what we have not heard of yet; asking brings it (6.2).
void ClientSession::OnRestart(Instant now, TransportId id, const Solicit& solicit,
                              ClientOutput& out) {
  // A commit that waits for our own gates counts: what was said before it is over.
  const std::uint32_t own = grant_ ? grant_->binding_epoch : machine_->binding_epoch();
  if (solicit.binding_epoch != own && solicit.binding_epoch != own + 1) return;
  requester_->OnToken(now, solicit.token);
  At(id).solicited_at = now;
  if (!keys_lost_) {
    LoseKeys(now, id, out);
  } else {
    TellFacts(now, id, TransportId::kNone, out);
  }
  if (!ended_) requester_->Renew(now);
}

void ClientSession::Obey(Instant now, const Solicit& solicit, ClientOutput& out) {
  const TransportId active = machine_->active();
  const TransportId target = solicit.transport;
  if (solicit.cause == ReattachCause::kDead && active != TransportId::kNone && active != target) {
    return Kill(now, active, Reason::kPeerSignal, target, out);
  }
  // The gateway has weighed the loss that it sees; ours must not be weighed against it again, so
  // the cause is its signal.
  const bool attached = machine_->state() == State::kAttached;
  if (active != TransportId::kNone) {
    Step(now, Instability{.cause = Reason::kPeerSignal, .prefer = target}, out);
  }
  if (ended_) return;
  // In place: it found the transport steady again, and so it is unless we know of worse.
  if (active != TransportId::kNone && active == target) {
    if (!At(target).health.Unstable(now, machine_->policy())) Step(now, ActiveStable{}, out);
  } else if (!attached) {
    TellFacts(now, target, target, out);
  }
}

}  // namespace jvpn
