#include "control/session_runner.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "control/deadline.h"
#include "control/port_address.h"
#include "crypto/control_seal.h"

namespace jvpn {
namespace {

constexpr std::size_t kCloseCopies = 3;  // docs/wire.md 6.3
constexpr Millis kFirstSolicitPause{100};
constexpr Millis kLastSolicitPause{400};

CloseReason ToWire(Reason reason) {
  switch (reason) {
    case Reason::kSessionLifetimeExceeded:
      return CloseReason::kSessionLifetimeExceeded;
    case Reason::kTransportTtlExceeded:
      return CloseReason::kTransportTtlExceeded;
    case Reason::kOperatorTerminated:
      return CloseReason::kOperatorTerminated;
    case Reason::kPeerTerminated:
      return CloseReason::kPeerTerminated;
    case Reason::kSecurityFailure:
      return CloseReason::kSecurityFailure;
    case Reason::kRecoveryWindowExpired:
      return CloseReason::kRecoveryWindowExpired;
    case Reason::kHandshakeRejected:
      return CloseReason::kHandshakeRejected;
    default:
      return CloseReason::kHardSystemFailure;
  }
}

Bytes Seal(const SessionEntry& entry, const SessionTransport& transport,
           const SessionMessage& message, Random& random) {
  std::array<std::uint8_t, kControlHeaderBytes> header;
  EncodeControlHeader({.flow = transport.tx_index}, header.data());
  return SealControl(entry.keys.control_tx, header, EncodeSessionMessage(message), random);
}

std::uint64_t TimerPayload(const SessionEntry& entry) {
  return std::uint64_t{Value(entry.owner)} << 32 | Value(entry.slot);
}

Prefix HostPrefix(const IpAddress& address) {
  if (address.is_none()) return {};
  return {address, static_cast<std::uint8_t>(address.size() * 8)};
}

}  // namespace

struct SessionRunner::Performer {
  SessionRunner& runner;
  SessionEntry& entry;
  const Request& request;
  Instant now;
  const Teardown* ended = nullptr;  // in the effects

  void operator()(const Emit& emit) { runner.state_.events.Append(emit.event); }
  void operator()(const Bind& bind) { runner.MoveBinding(entry, bind, now); }
  void operator()(const StartAttempt& attempt) {
    entry.solicitation = Solicitation{.target = attempt.target,
                                      .cause = attempt.cause,
                                      .token = {},
                                      .pause = kFirstSolicitPause,
                                      .next_at = FloorMs(now)};
    runner.SendSolicit(entry, now);
  }
  void operator()(const EndAttempt&) { entry.solicitation.reset(); }
  void operator()(const Answer& answer) { runner.SendAnswer(entry, answer, request, now); }
  void operator()(const Rebind& rebind) {
    SessionTransport* transport = entry.Find(rebind.transport);
    CHECK(transport != nullptr);
    runner.Prove(entry, rebind.transport, rebind.address, transport->moved_to_local, now);
  }
  void operator()(const Teardown& teardown) { ended = &teardown; }
};

bool SessionRunner::Step(SessionEntry& entry, const Input& input, Instant now,
                         const Request& request) {
  const Policy* before = &entry.machine->policy();
  Performer performer{.runner = *this, .entry = entry, .request = request, .now = now};
  const Effects effects = entry.machine->Step(FloorMs(now), input);
  for (const Effect& effect : effects) std::visit(performer, effect);
  if (performer.ended != nullptr) {
    Bury(entry, performer.ended->reason, now);
    return false;
  }
  if (entry.machine->state() != State::kRecovering) entry.solicitation.reset();
  if (&entry.machine->policy() != before) TakeUpPolicy(entry, now);
  Arm(entry, now);
  return true;
}

void SessionRunner::TakeUpPolicy(SessionEntry& entry, Instant now) {
  const Policy& policy = entry.machine->policy();
  entry.deny = TokenBucket(policy.reattach_rate_per_s, policy.reattach_burst);
  if (entry.attached) Program(entry, now);  // the worker judges silence by it
}

bool SessionRunner::Step(SessionEntry& entry, const Input& input, Instant now) {
  return Step(entry, input, now, Request{});
}

bool SessionRunner::Wake(SessionEntry& entry, Instant now) {
  if (!Step(entry, Tick{}, now)) return false;
  if (entry.solicitation && entry.solicitation->next_at <= FloorMs(now)) SendSolicit(entry, now);
  for (std::size_t i = 0; i < entry.transports.size(); ++i) {
    if (!CheckSilence(entry, static_cast<TransportId>(i), now)) return false;
  }
  Arm(entry, now);
  return true;
}

bool SessionRunner::TellFacts(SessionEntry& entry, TransportId transport, Instant now) {
  if (!entry.attached) return true;  // in BIRTH there are no candidates yet
  SessionTransport& known = *entry.Find(transport);
  const TransportFacts facts = known.life.Facts(known.validated, now, entry.machine->policy());
  if (facts == known.told) return true;
  known.told = facts;
  return Step(entry, CandidateUpdate{.transport = transport, .facts = facts}, now);
}

bool SessionRunner::CheckSilence(SessionEntry& entry, TransportId transport, Instant now) {
  SessionTransport& known = *entry.Find(transport);
  const Policy& policy = entry.machine->policy();
  const bool dies = known.life.FallsSilent(now, policy.transport_dead);
  const bool turns_volatile = known.life.BecomesVolatile(now, policy);
  const bool stable = known.life.BecomesStable(now, policy.stability_window);
  if (!entry.attached) return true;
  if (dies && known.validated) {
    known.told.dead = true;
    const TransportDied died{.transport = transport, .cause = Reason::kHeartbeatTimeout};
    if (!Step(entry, died, now)) return false;
  }
  const bool active = entry.machine->active() == transport;
  if (active && turns_volatile && entry.machine->state() == State::kAttached) {
    if (!Step(entry, Instability{.cause = Reason::kHeartbeatTimeout}, now)) return false;
  }
  const State state = entry.machine->state();
  if (active && stable && (state == State::kVolatile || state == State::kDegraded)) {
    if (!Step(entry, ActiveStable{}, now)) return false;
  }
  return TellFacts(entry, transport, now);
}

void SessionRunner::MoveBinding(SessionEntry& entry, const Bind& bind, Instant now) {
  entry.bound = bind.transport;
  entry.retired = bind.retired;
  entry.drain_until = bind.drain_until;
  Program(entry, now);
}

void SessionRunner::Prove(SessionEntry& entry, TransportId transport, const Endpoint& remote,
                          const Endpoint& local, Instant now) {
  SessionTransport& known = *entry.Find(transport);
  const NeighborId held = known.next_hop;
  const auto hop = NextHop(state_.config.wan, remote.address);
  known.next_hop = hop ? state_.resolver.Acquire(PortSide::kWan, *hop, now) : NeighborId::kNone;
  state_.resolver.Release(held);
  known.validated = true;
  known.remote = remote;
  known.local = local;
  Program(entry, now);
}

void SessionRunner::Program(const SessionEntry& entry, Instant now) {
  const PeerConfig& peer = state_.config.peers[entry.peer];
  const Policy& policy = entry.machine->policy();
  SessionProgram program;
  program.session = entry.slot;
  program.installed = true;
  program.suite = entry.keys.suite;
  program.epoch = entry.keys.epoch;
  program.rx_key = entry.keys.traffic_rx;
  program.tx_key = entry.keys.traffic_tx;
  program.bound = entry.bound;
  program.retired = entry.retired;
  program.drain_until = ToInstant(entry.drain_until);
  program.inner_v4 = HostPrefix(entry.inner.v4);
  program.inner_v6 = HostPrefix(entry.inner.v6);
  std::copy_n(peer.allowed_sources.begin(),
              std::min(peer.allowed_sources.size(), kMaxAllowedPrefixes), program.allowed.begin());
  program.inner_mtu = state_.config.inner_mtu;
  program.fresh_after = policy.candidate_fresh;
  program.dead_after = policy.transport_dead;
  program.transport_count = static_cast<std::uint8_t>(entry.transports.size());
  for (std::size_t i = 0; i < entry.transports.size(); ++i) {
    const SessionTransport& from = entry.transports[i];
    program.transports[i] = {.rx_index = from.rx_index,
                             .tx_index = from.tx_index,
                             .validated = from.validated,
                             .remote = from.remote,
                             .local = from.local,
                             .next_hop = from.next_hop};
  }
  state_.programmer.SetSession(entry.owner, program, now);
}

void SessionRunner::SendSolicit(SessionEntry& entry, Instant now) {
  Solicitation& solicitation = *entry.solicitation;
  const InstantMs now_ms = FloorMs(now);
  const auto stamp = static_cast<std::uint64_t>(now_ms.time_since_epoch().count());
  const auto half_life =
      static_cast<std::uint64_t>(entry.machine->policy().reattach_proof_max_age.count() / 2);
  // The client obeys each token once, so a repetition bears the same one until it grows old.
  if (stamp - solicitation.token.time_ms > half_life || solicitation.token.instance == 0) {
    solicitation.token = {.instance = state_.config.token_instance, .time_ms = stamp};
  }
  solicitation.next_at = now_ms + solicitation.pause;
  solicitation.pause = std::min(solicitation.pause * 2, kLastSolicitPause);
  const SessionTransport* target = entry.Find(solicitation.target);
  if (target == nullptr || !target->validated) return;
  const Solicit message{.cause = solicitation.cause,
                        .transport = solicitation.target,
                        .binding_epoch = entry.machine->binding_epoch(),
                        .token = solicitation.token};
  sender_.SendControl(entry, *target, Seal(entry, *target, message, state_.random));
}

void SessionRunner::SendAnswer(SessionEntry& entry, const Answer& answer, const Request& request,
                               Instant now) {
  const SessionTransport* transport = entry.Find(answer.transport);
  if (transport == nullptr || !request.answerable) return;
  switch (answer.kind) {
    case Answer::Kind::kAck: {
      const ReattachAck message{.transport = answer.transport,
                                .binding_epoch = entry.machine->binding_epoch(),
                                .counter = answer.counter};
      entry.judge.Accepted(request.frame, Seal(entry, *transport, message, state_.random));
      sender_.SendControl(entry, *transport, entry.judge.cached_ack());
      return;
    }
    case Answer::Kind::kCachedAck:
      sender_.SendControl(entry, *transport, entry.judge.cached_ack());
      return;
    case Answer::Kind::kLateAck: {
      if (!entry.deny.Take(now)) return state_.Drop(DropReason::kRateLimited);
      const ReattachAck message{.transport = answer.committed,
                                .binding_epoch = entry.machine->binding_epoch(),
                                .counter = answer.counter};
      sender_.SendControl(entry, *transport, Seal(entry, *transport, message, state_.random));
      return;
    }
    case Answer::Kind::kDeny: {
      if (!entry.deny.Take(now)) return state_.Drop(DropReason::kRateLimited);
      const Bytes frame =
          Seal(entry, *transport, ReattachDeny{.counter = answer.counter}, state_.random);
      // Never more than what came (docs/wire.md 6.2).
      if (frame.size() <= request.frame.size()) sender_.SendControl(entry, *transport, frame);
      return;
    }
  }
}

void SessionRunner::Bury(SessionEntry& entry, Reason reason, Instant now) {
  Tombstone tombstone;
  tombstone.id = entry.id;
  tombstone.died_at = now;
  const Close close{.reason = ToWire(reason), .counter = 0, .session_id = entry.id};
  std::size_t sent = 0;
  for (const SessionTransport& transport : entry.transports) {
    tombstone.rx_indices.push_back(transport.rx_index);
    tombstone.closes.push_back(Seal(entry, transport, close, state_.random));
    // Before B1 the handshake's source has proved nothing.
    if (!entry.attached || !transport.validated || sent == kCloseCopies) continue;
    sender_.SendControl(entry, transport, tombstone.closes.back());
    ++sent;
  }
  for (const SessionTransport& transport : entry.transports) {
    state_.resolver.Release(transport.next_hop);
  }
  state_.programmer.RemoveSession(entry.owner, entry.slot, now);
  state_.addresses.Release(entry.peer);
  if (entry.timer != TimerWheel::Handle::kNone) state_.timers.Cancel(entry.timer);
  PeerState& peer = state_.peers[entry.peer];
  if (peer.live == &entry) peer.live = nullptr;
  if (peer.birth == &entry) peer.birth = nullptr;

  const std::unique_ptr<SessionEntry> dead = state_.sessions.Erase(entry);
  tombstone.machine = std::move(dead->machine);
  state_.tombstones.Add(std::move(tombstone));
}

void SessionRunner::Arm(SessionEntry& entry, Instant now) {
  InstantMs next = entry.machine->NextDeadline();
  if (entry.solicitation) next = std::min(next, entry.solicitation->next_at);
  for (const SessionTransport& transport : entry.transports) {
    next = std::min(next, transport.life.NextCheck(now, entry.machine->policy()));
  }
  if (next == entry.timer_at) return;
  if (entry.timer != TimerWheel::Handle::kNone) state_.timers.Cancel(entry.timer);
  entry.timer_at = next;
  entry.timer = next == InstantMs::max() ? TimerWheel::Handle::kNone
                                         : state_.timers.Set(next, TimerPayload(entry));
}

}  // namespace jvpn
