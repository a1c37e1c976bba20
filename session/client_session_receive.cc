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

void ClientSession::OnData(Instant now, TransportId id, MutableBytes frame, ClientOutput& out) {
  if (channel_ == nullptr) return Drop(DropReason::kUnknownFlow);
  if (frame.size() < kDataOverheadBytes) return Drop(DropReason::kTooShort);
  const std::optional<DataHeader> header = DecodeDataHeader(frame);
  if (!header) return Drop(DropReason::kReservedBits);
  ClientTransport& t = At(id);
  if (!t.granted() || header->flow != t.own_flow) return Drop(DropReason::kUnknownFlow);
  if (header->key_phase != ClientChannel::key_phase()) return Drop(DropReason::kUnknownEpoch);
  if (!t.window.Check(header->counter)) return Drop(DropReason::kReplayed);
  const std::optional<ByteView> plaintext = channel_->OpenData(id, *header, frame);
  if (!plaintext) return Drop(DropReason::kBadTag);
  if (!t.window.Accept(header->counter)) return Drop(DropReason::kReplayed);

  if (HasChallenge(*plaintext)) {
    t.health.OnChallenged(now);
  } else {
    t.health.OnHeard(now);
  }
  if (!IsInnerPacket(*plaintext)) return OnPathFrames(now, id, *plaintext, out);
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
                                 ClientOutput& out) {
  PathFrameReader reader(plaintext);
  while (const std::optional<PathFrame> frame = reader.Next()) {
    if (const auto* reply = std::get_if<ProbeReply>(&*frame)) {
      OnProbeReply(now, id, *reply, out);
    } else if (const auto* challenge = std::get_if<PathChallenge>(&*frame)) {
      SendPathFrame(id, PathResponse{.value = challenge->value}, out);
    } else if (const auto* response = std::get_if<PathResponse>(&*frame)) {
      // Our own answer to its challenge stands in the same frame or follows; the probe behind it
      // tells whether the gateway took it.
      if (At(id).path.OnResponse(response->value) && attached_) SendProbe(now, id, out);
    }
    if (ended_) return;
  }
  if (reader.malformed()) Drop(DropReason::kMalformedInner);
}

void ClientSession::OnProbeReply(Instant now, TransportId id, const ProbeReply& reply,
                                 ClientOutput& out) {
  ClientTransport& t = At(id);
  // Before the first attach no policy is in force yet; the machine already holds the coming one.
  if (!t.health.OnReply(now, reply, machine_->policy())) return;
  t.path.Stop();
  t.arrived = reply.received;
  requester_->OnToken(now, reply.token);
  if (!attached_) {
    if (id == result_->transport) Attach(now, out);
    return;
  }
  TellFacts(now, id, TransportId::kNone, out);
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
  Drop(DropReason::kBadControl);  // a request is the client's to send
}

void ClientSession::OnAck(Instant now, const ReattachAck& ack, ClientOutput& out) {
  if (!requester_->OnAck(ack) || ack.binding_epoch != machine_->binding_epoch() + 1) return;
  if (!Known(ack.transport) || !At(ack.transport).granted()) return Drop(DropReason::kBadControl);
  grant_ = Grant{ack.transport, ack.binding_epoch, ack.counter};
  TakeGrant(now, out);
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
                .counter = grant.counter},
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
  if (!requester_->OnSolicit(solicit, machine_->binding_epoch())) return;
  requester_->OnToken(now, solicit.token);
  // A request is out already; it wins over what the gateway expected (requirements 5).
  if (machine_->state() != State::kRecovering) Obey(now, solicit, out);
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
  if (!attached && !ended_) TellFacts(now, target, target, out);
}

}  // namespace jvpn
