#include "session/client_session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "session/client_probing.h"

namespace jvpn {
namespace {

constexpr Duration kAttachProbeInterval = std::chrono::milliseconds(100);

// No counter may repeat under one key; this far from the end nothing reaches it in a session's
// life.
constexpr std::uint64_t kLastCounter = std::uint64_t{1} << 60;

constexpr std::size_t kChallengePlaintext = kPathChallengeBytes - kDataOverheadBytes;

// A machine that waits for nothing says the end of milliseconds, which is beyond that of
// nanoseconds.
Instant Widen(InstantMs t) { return t >= FloorMs(Instant::max()) ? Instant::max() : Instant(t); }

}  // namespace

ClientSession::ClientSession(ClientIdentity identity, std::span<const TransportSetup> transports,
                             WallClock wall, AeadEngine& engine, Random& random, Instant now)
    : engine_(engine), random_(random), started_(now), transports_(transports.size()) {
  CHECK(!transports.empty() && transports.size() <= kMaxTransports);
  for (std::size_t i = 0; i < transports.size(); ++i) {
    transports_[i].remote = transports[i].remote;
    transports_[i].up = transports[i].up;
  }
  handshake_.emplace(std::move(identity), transports.size(), wall, random, now);
}

std::uint32_t ClientSession::UsableMask() const {
  std::uint32_t mask = 0;
  for (std::size_t i = 0; i < transports_.size(); ++i) {
    if (transports_[i].up) mask |= std::uint32_t{1} << i;
  }
  return mask;
}

// A newer answer replaces what an older one began: the gateway keeps the newest handshake only.
void ClientSession::BeginSession(Instant now, HandshakeResult result) {
  for (std::size_t i = 0; i < transports_.size(); ++i) {
    ClientTransport& t = transports_[i];
    const Endpoint remote = t.remote;
    const bool up = t.up;
    t = ClientTransport{};
    t.remote = remote;
    t.up = up;
    if (i < result.own_flows.size()) {
      t.own_flow = result.own_flows[i];
      t.peer_flow = result.response.flow_indices[i];
    }
  }
  channel_ = std::make_unique<ClientChannel>(result.root, result.suite, engine_, random_);
  result.root.Wipe();
  machine_ =
      std::make_unique<SessionMachine>(Role::kClient, result.response.session_id,
                                       std::make_shared<const Policy>(result.policy), FloorMs(now));
  requester_.emplace(result.response.session_id, result.policy.reattach_proof_max_age, random_);
  requester_->OnToken(now, result.response.token);
  result_ = std::move(result);
}

void ClientSession::OnInnerPacket(Instant now, ByteView packet, ClientOutput& out) {
  if (ended_ || !attached_) return;
  if (!IsInnerPacket(packet)) return Drop(DropReason::kMalformedInner);
  if (packet.size() > result_->response.inner_mtu) return Drop(DropReason::kInnerTooBig);
  const TransportId bound = machine_->active();
  if (bound == TransportId::kNone) return held_.Push(now, packet);
  SendData(bound, packet, out);
}

void ClientSession::OnLink(Instant now, std::span<const LinkChange> changes, ClientOutput& out) {
  const TransportId active = attached_ ? machine_->active() : TransportId::kNone;
  // First what is still usable, then what else has gone, the bound transport last (C-49).
  for (const LinkChange& change : changes) {
    if (ended_ || !Known(change.transport)) continue;
    ClientTransport& t = At(change.transport);
    if (change.event == LinkEvent::kDown) {
      t.up = false;
      t.path.Stop();
      if (handshake_ && change.transport == last_init_) handshake_->Hurry(now);
    } else {
      const bool stranded = UsableMask() == 0;
      t.up = true;
      if (handshake_ && stranded) handshake_->Hurry(now);
      if (attached_ && t.granted()) {
        t.path.Start(now);
        if (t.health.proven()) SendProbe(now, change.transport, out);
      }
    }
  }
  for (const bool is_active : {false, true}) {
    for (const LinkChange& change : changes) {
      if (change.event != LinkEvent::kDown || !Known(change.transport)) continue;
      if ((change.transport == active) != is_active) continue;
      Kill(now, change.transport, Reason::kSocketError, TransportId::kNone, out);
    }
  }
}

void ClientSession::OnSendRefused(Instant now, TransportId transport, ClientOutput& out) {
  if (ended_ || !Known(transport)) return;
  // Once, at the death: whoever was never proved goes on at the challenge's own pace.
  ClientTransport& t = At(transport);
  if (attached_ && t.health.proven() && !t.health.dead()) t.path.Start(now);
  Kill(now, transport, Reason::kSocketError, TransportId::kNone, out);
}

void ClientSession::OnTick(Instant now, ClientOutput& out) {
  if (ended_) return;
  if (handshake_) TickHandshake(now, out);
  if (ended_ || machine_ == nullptr) return;
  if (attached_) JudgeHealth(now, out);
  if (!ended_ && FloorMs(now) >= machine_->NextDeadline()) Step(now, Tick{}, out);
  TakeGrant(now, out);
  if (!ended_) SendDue(now, out);
}

void ClientSession::TickHandshake(Instant now, ClientOutput& out) {
  const Millis timeout = result_ ? result_->policy.handshake_timeout : Policy{}.handshake_timeout;
  if (now - started_ >= timeout) {
    if (machine_ != nullptr) return Step(now, AttachFail{}, out);
    HandshakeFailure why = HandshakeFailure::kNoAnswer;
    if (handshake_->sent() == 0) why = HandshakeFailure::kNoUplink;
    if (handshake_->bad_answers() > 0) why = HandshakeFailure::kBadAnswer;
    return Finish({.reason = Reason::kHandshakeRejected, .handshake = why}, out);
  }
  std::optional<ClientHandshake::Init> init = handshake_->Poll(now, UsableMask());
  if (!init) return;
  last_init_ = init->transport;
  out.datagrams.push_back({init->transport, std::move(init->frame)});
}

void ClientSession::SendDue(Instant now, ClientOutput& out) {
  for (std::uint32_t i = 0; i < transports_.size(); ++i) {
    const TransportId id{i};
    if (At(id).path.NextDeadline() <= now) SendChallenge(now, id, out);
    if (NextProbe(id) <= now) SendProbe(now, id, out);
  }
  if (std::optional<Bytes> request = requester_->Poll(now, *channel_)) {
    out.datagrams.push_back({requester_->transport(), std::move(*request)});
  }
}

Instant ClientSession::NextProbe(TransportId id) const {
  const ClientTransport& t = At(id);
  if (!t.up || !t.granted()) return Instant::max();
  if (!attached_) {
    return id == result_->transport ? NextProbeAt(t.health.last_probe(), kAttachProbeInterval)
                                    : Instant::max();
  }
  if (!t.reachable()) return Instant::max();
  const bool suspect = gateway_suspects_ || machine_->state() != State::kAttached;
  const Policy& policy = machine_->policy();
  const std::optional<Instant> last = t.health.last_probe();
  const Instant regular =
      NextProbeAt(last, ProbeInterval(suspect, id == machine_->active(), policy));
  // An answer that is late is a reason to ask again soon.
  const Instant overdue = t.health.OverdueAt();
  if (overdue >= regular) return regular;
  return std::min(regular, std::max(overdue, NextProbeAt(last, policy.SuspectProbeInterval())));
}

// Its own frames may not bring its account to the gateway.
bool ClientSession::Suspect(Instant now, TransportId id) const {
  const ClientTransport& t = At(id);
  const TransportFacts& facts = machine_->candidates().Get(id);
  return !facts.fresh || facts.verdict == Verdict::kLossy || t.health.OverdueAt() <= now;
}

// The transport that bears the accounts of suspect ones beside its own: the bound one or, when that
// is suspect itself, the quickest other.
TransportId ClientSession::ReportCarrier(Instant now) const {
  const TransportId active = machine_->active();
  if (active != TransportId::kNone && !Suspect(now, active)) return active;
  TransportId best = TransportId::kNone;
  for (std::uint32_t i = 0; i < transports_.size(); ++i) {
    const TransportId id{i};
    if (!At(id).up || !At(id).health.proven() || Suspect(now, id)) continue;
    if (best == TransportId::kNone || At(id).health.p95_us() < At(best).health.p95_us()) best = id;
  }
  return best;
}

void ClientSession::SendProbe(Instant now, TransportId id, ClientOutput& out) {
  std::array<std::uint8_t, kProbeBytes + (kMaxAnswersPerFrame - 1) * kPathReportBytes> plaintext;
  std::size_t size = EncodePathFrame(At(id).health.NextProbe(now, machine_->policy()), plaintext);
  const bool carries = attached_ && id == ReportCarrier(now);
  for (std::uint32_t i = 0; carries && i < transports_.size(); ++i) {
    const TransportId other{i};
    const TransportHealth& health = At(other).health;
    if (other == id || !health.proven() || health.dead() || !Suspect(now, other)) continue;
    // What does not fit is said by a later probe, or by the transport itself.
    size += EncodePathFrame(health.Report(other, At(other).counters()),
                            MutableBytes(plaintext).subspan(size));
  }
  SendData(id, ByteView(plaintext.data(), size), out);
}

void ClientSession::SendChallenge(Instant now, TransportId id, ClientOutput& out) {
  std::uint8_t padded[kChallengePlaintext] = {};
  const PathChallenge challenge{.value = At(id).path.NextValue(now, random_)};
  CHECK(EncodePathFrame(challenge, padded) != 0);
  SendData(id, padded, out);
  if (At(id).health.dead()) SendKnock(id, 0, out);
}

void ClientSession::SendKnock(TransportId id, std::uint64_t value, ClientOutput& out) {
  if (!At(id).up) return;
  out.datagrams.push_back({id, channel_->SealControlFrame(At(id).peer_flow, Knock{value})});
}

void ClientSession::SendPathFrame(TransportId id, const PathFrame& frame, ClientOutput& out) {
  std::uint8_t plaintext[64];
  const std::size_t size = EncodePathFrame(frame, plaintext);
  CHECK(size != 0);
  SendData(id, ByteView(plaintext, size), out);
}

void ClientSession::SendData(TransportId id, ByteView plaintext, ClientOutput& out) {
  ClientTransport& t = At(id);
  if (!t.up) return;  // a packet for a link that is down goes nowhere; its death is already known
  if (t.next_counter >= kLastCounter) return Drop(DropReason::kCounterExhausted);
  out.datagrams.push_back({id, channel_->SealData(id, t.peer_flow, t.next_counter, plaintext)});
  ++t.next_counter;
}

void ClientSession::Terminate(Instant now, ClientOutput& out) {
  if (ended_) return;
  if (machine_ != nullptr) return Step(now, OperatorTerminate{}, out);
  Finish({.reason = Reason::kOperatorTerminated}, out);
}

Instant ClientSession::NextTransportDeadline(TransportId id) const {
  const ClientTransport& t = At(id);
  Instant next = std::min(t.path.NextDeadline(), NextProbe(id));
  if (attached_ && keys_lost_) {
    if (machine_->candidates().Get(id).fresh)
      next = std::min(next, *t.solicited_at + kSolicitFresh + Millis{1});
  } else if (attached_ && t.health.proven()) {
    const bool counted_fresh = machine_->candidates().Get(id).fresh;
    const bool counted_quiet =
        id == machine_->active() && t.told_instability != Reason::kHeartbeatTimeout;
    next = std::min(next, t.health.NextDeadline(machine_->policy(), counted_fresh, counted_quiet));
  }
  return next;
}

Instant ClientSession::NextDeadline() const {
  if (ended_) return Instant::max();
  Instant next = Instant::max();
  if (handshake_) {
    const Millis timeout = result_ ? result_->policy.handshake_timeout : Policy{}.handshake_timeout;
    next = std::min(started_ + timeout, handshake_->NextDeadline());
  }
  if (machine_ == nullptr) return next;
  next = std::min({next, Widen(machine_->NextDeadline()), requester_->NextDeadline(),
                   Widen(StableAt().value_or(InstantMs::max()))});
  for (std::uint32_t i = 0; i < transports_.size(); ++i) {
    next = std::min(next, NextTransportDeadline(TransportId{i}));
  }
  return next;
}

ClientView ClientSession::View(Instant now) const {
  ClientView view;
  view.attached = attached_;
  view.held_packets = held_.size();
  view.held_dropped = held_.dropped();
  view.drops = drops_;
  if (machine_ != nullptr) {
    view.id = machine_->id();
    view.state = machine_->state();
    view.state_version = machine_->state_version();
    view.binding_epoch = machine_->binding_epoch();
    view.bound = machine_->active();
    view.attempt_target = machine_->attempt_target();
    view.suite = result_->suite;
    view.inner_v4 = result_->response.inner_v4;
    view.inner_v6 = result_->response.inner_v6;
    view.inner_mtu = result_->response.inner_mtu;
    view.age_ms = machine_->Age(FloorMs(now)).count();
    view.transportless_ms = machine_->TransportlessAge(FloorMs(now)).count();
    view.switches_last_minute = machine_->SwitchesInWindow(FloorMs(now));
  }
  for (std::uint32_t i = 0; i < transports_.size(); ++i) {
    const ClientTransport& t = transports_[i];
    ClientTransportView v;
    v.id = TransportId{i};
    v.remote = t.remote;
    v.up = t.up;
    v.bound = machine_ != nullptr && machine_->active() == v.id;
    if (machine_ != nullptr) {
      const TransportFacts facts = t.health.Facts(now, machine_->policy());
      v.validated = facts.known;
      v.dead = facts.dead;
      v.fresh = facts.fresh;
      const LossStanding loss = t.health.Loss(now, machine_->policy());
      v.verdict = loss.verdict;
      v.loss = loss.worse;
    }
    v.rtt_us = t.health.rtt_us();
    v.jitter_us = t.health.jitter_us();
    v.p95_us = t.health.p95_us();
    v.unanswered_probes = t.health.unanswered();
    if (t.health.last_heard()) {
      v.last_heard_ms_ago = (FloorMs(now) - FloorMs(*t.health.last_heard())).count();
    }
    v.sent = t.next_counter;
    v.arrived = t.health.arrived().arrived;
    v.received = t.window.count();
    view.transports.push_back(v);
  }
  return view;
}

}  // namespace jvpn
