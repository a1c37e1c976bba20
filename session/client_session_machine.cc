// ClientSession and its SessionMachine: facts in, effects out.
#include <algorithm>
#include <utility>
#include <variant>

#include "session/client_session.h"

namespace jvpn {
namespace {

// "CLOSE ... goes out on up to three transports" (docs/wire.md 6.3).
constexpr std::size_t kCloseCopies = 3;

CloseReason WireReason(Reason reason) {
  switch (reason) {
    case Reason::kSessionLifetimeExceeded:
      return CloseReason::kSessionLifetimeExceeded;
    case Reason::kTransportTtlExceeded:
      return CloseReason::kTransportTtlExceeded;
    case Reason::kHardSystemFailure:
      return CloseReason::kHardSystemFailure;
    case Reason::kSecurityFailure:
      return CloseReason::kSecurityFailure;
    case Reason::kRecoveryWindowExpired:
      return CloseReason::kRecoveryWindowExpired;
    case Reason::kHandshakeRejected:
      return CloseReason::kHandshakeRejected;
    default:
      return CloseReason::kPeerTerminated;  // the local user's wish, as the gateway will log it
  }
}

}  // namespace

void ClientSession::Step(Instant now, const Input& input, ClientOutput& out) {
  const Effects effects = machine_->Step(FloorMs(now), input);
  for (const Effect& effect : effects) {
    if (ended_) return;
    Apply(now, effect, out);
  }
}

void ClientSession::Apply(Instant now, const Effect& effect, ClientOutput& out) {
  if (const auto* emit = std::get_if<Emit>(&effect)) {
    out.notices.emplace_back(*emit);
  } else if (const auto* bind = std::get_if<Bind>(&effect)) {
    retired_ = bind->retired;
    drain_until_ = bind->drain_until;
    if (bind->transport == TransportId::kNone) return;
    for (const Bytes& packet : held_.TakeAll(now)) SendData(bind->transport, packet, out);
  } else if (const auto* start = std::get_if<StartAttempt>(&effect)) {
    const ReattachRequester::Target target{.transport = start->target,
                                           .flow = At(start->target).peer_flow,
                                           .cause = start->cause,
                                           .binding_epoch = machine_->binding_epoch()};
    out.datagrams.push_back({start->target, requester_->Begin(now, target, *channel_)});
  } else if (std::holds_alternative<EndAttempt>(effect)) {
    requester_->End();
  } else if (const auto* teardown = std::get_if<Teardown>(&effect)) {
    if (!told_) SendClose(teardown->reason, out);
    Finish({.reason = teardown->reason,
            .handshake = attached_ ? HandshakeFailure::kNone : HandshakeFailure::kNoAttach,
            .told = told_},
           out);
  }
  // Answer and Rebind are the gateway's.
}

// The gateway has opened a frame of ours and answered it: both ends are live (docs/wire.md 3.4).
void ClientSession::Attach(Instant now, ClientOutput& out) {
  attached_ = true;
  handshake_.reset();
  const ResponsePayload& response = result_->response;
  out.notices.emplace_back(Configure{.inner_v4 = response.inner_v4,
                                     .inner_v6 = response.inner_v6,
                                     .mtu = response.inner_mtu,
                                     .routes = response.routes});
  Step(now, AttachOk{.transport = result_->transport}, out);
  if (ended_) return;
  out.notices.emplace_back(Attached{.session = machine_->id(), .transport = result_->transport});
  TellFacts(now, result_->transport, TransportId::kNone, out);
  for (std::uint32_t i = 0; i < transports_.size(); ++i) {
    ClientTransport& t = transports_[i];
    if (TransportId{i} != result_->transport && t.up && t.granted()) t.path.Start(now);
  }
}

// Death of a transport that was once a way to the gateway; of any other it is no news.
void ClientSession::Kill(Instant now, TransportId id, Reason cause, TransportId prefer,
                         ClientOutput& out) {
  if (ended_ || !attached_) return;
  ClientTransport& t = At(id);
  if (!t.granted() || !t.health.proven() || t.health.dead()) return;
  t.health.Die();
  Step(now, TransportDied{.transport = id, .cause = cause, .prefer = prefer}, out);
}

// Without traffic keys no probe can be answered: a transport lives as long as the gateway solicits
// on it.
TransportFacts ClientSession::FactsOf(Instant now, TransportId id) const {
  const ClientTransport& t = At(id);
  TransportFacts facts = t.health.Facts(now, machine_->policy());
  if (!keys_lost_) return facts;
  facts.fresh = t.up && t.solicited_at && now - *t.solicited_at <= kSolicitFresh;
  facts.known |= facts.fresh;
  facts.dead = !facts.fresh;
  return facts;
}

void ClientSession::LoseKeys(Instant now, TransportId id, ClientOutput& out) {
  keys_lost_ = true;
  const TransportId active = machine_->active();
  // What an attempt of ours aims at may still hear the gateway; it has as long as any other.
  const TransportId target = machine_->attempt_target().value_or(id);
  if (target != active) At(target).solicited_at = now;
  for (ClientTransport& t : transports_) {
    t.health.Die();
    // Its address may be another than the one that the gateway remembers: knock until it answers.
    if (t.up && t.granted()) t.path.Start(now);
  }
  for (std::uint32_t i = 0; i < transports_.size() && !ended_; ++i) {
    const TransportId other{i};
    if (other != active && other != target) TellFacts(now, other, TransportId::kNone, out);
  }
  if (ended_) return;
  if (active != TransportId::kNone) {
    Step(now, TransportDied{.transport = active, .cause = Reason::kPeerSignal}, out);
  }
  if (!ended_) TellFacts(now, id, id, out);
}

void ClientSession::TellFacts(Instant now, TransportId id, TransportId prefer, ClientOutput& out) {
  const TransportFacts& told = machine_->candidates().Get(id);
  TransportFacts facts = FactsOf(now, id);
  facts.failed_before |= told.failed_before;  // the machine also counts failures of quality
  if (prefer == TransportId::kNone && facts == told) return;
  Step(now, CandidateUpdate{.transport = id, .facts = facts, .prefer = prefer}, out);
}

// Reports of one instant count together and the bound transport's come last, so that its death
// finds only candidates that are still fresh (C-49).
void ClientSession::JudgeHealth(Instant now, ClientOutput& out) {
  const TransportId active = machine_->active();
  for (std::uint32_t i = 0; i < transports_.size() && !ended_; ++i) {
    if (TransportId{i} != active) JudgeTransport(now, TransportId{i}, out);
  }
  if (active != TransportId::kNone && !ended_) JudgeTransport(now, active, out);
}

void ClientSession::JudgeTransport(Instant now, TransportId id, ClientOutput& out) {
  ClientTransport& t = At(id);
  if (!t.granted()) return;
  if (keys_lost_) return TellFacts(now, id, TransportId::kNone, out);
  if (!t.health.proven()) return;
  if (!t.health.dead()) t.health.OnTime(now, t.window, machine_->policy());
  if (!t.health.dead() && t.health.Silent(now, machine_->policy().transport_dead)) {
    // Silence may mean that a middlebox moved us: prove the address anew while it lasts.
    if (t.up) t.path.Start(now);
    return Kill(now, id, Reason::kHeartbeatTimeout, TransportId::kNone, out);
  }
  TellFacts(now, id, TransportId::kNone, out);
  if (ended_) return;
  if (id == machine_->active()) {
    JudgeBound(now, out);
  } else {
    t.told_instability.reset();
  }
}

void ClientSession::JudgeBound(Instant now, ClientOutput& out) {
  ClientTransport& t = At(machine_->active());
  const auto unstable = t.health.Unstable(now, machine_->policy());
  const std::optional<Reason> cause = unstable ? std::optional(unstable->cause) : std::nullopt;
  const bool news = cause != t.told_instability || machine_->state() == State::kAttached;
  t.told_instability = cause;
  if (unstable && news) Step(now, *unstable, out);
  if (ended_) return;
  if (const auto at = StableAt(); at && *at <= FloorMs(now)) Step(now, ActiveStable{}, out);
}

// When the bound transport has been steady for so long that it counts as a candidate in place
// (active_stable); empty when it does already, or is not steady.
std::optional<InstantMs> ClientSession::StableAt() const {
  if (!attached_) return std::nullopt;
  const bool waits = machine_->state() == State::kVolatile || machine_->state() == State::kDegraded;
  if (!waits || machine_->active() == TransportId::kNone || machine_->active_stable()) {
    return std::nullopt;
  }
  const auto since = At(machine_->active()).health.steady_since();
  if (!since) return std::nullopt;
  return std::max(*since, machine_->volatile_since()) + machine_->policy().stability_window;
}

void ClientSession::SendClose(Reason reason, ClientOutput& out) {
  std::vector<TransportId> order;
  for (std::uint32_t i = 0; i < transports_.size(); ++i) {
    const ClientTransport& t = transports_[i];
    const bool usable = t.up && t.granted();
    if (usable && (t.health.proven() || TransportId{i} == result_->transport)) {
      order.push_back(TransportId{i});
    }
  }
  const auto rank = [&](TransportId id) {
    return id == machine_->active() ? 0 : At(id).health.dead() ? 2 : 1;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](TransportId a, TransportId b) { return rank(a) < rank(b); });
  if (order.size() > kCloseCopies) order.resize(kCloseCopies);
  const Close close{.reason = WireReason(reason),
                    .counter = requester_->NextCounter(),
                    .session_id = machine_->id()};
  for (const TransportId id : order) {
    out.datagrams.push_back({id, channel_->SealControlFrame(At(id).peer_flow, close)});
  }
}

void ClientSession::Finish(const Ended& end, ClientOutput& out) {
  ended_ = true;
  handshake_.reset();
  channel_.reset();  // wipes the keys
  held_.Clear();
  for (ClientTransport& t : transports_) t.path.Stop();
  if (requester_) requester_->End();
  out.notices.emplace_back(end);
}

}  // namespace jvpn
