#include "control/session_runner.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "control/deadline.h"
#include "control/port_address.h"
#include "crypto/control_seal.h"
#include "crypto/kdf.h"

namespace jvpn {
namespace {

constexpr std::size_t kCloseCopies = 3;  // docs/wire.md 6.3
constexpr Millis kFirstSolicitPause{100};
constexpr Millis kLastSolicitPause{400};
// The first call finds no link address of the next hop yet, so the second comes soon.
constexpr Millis kFirstCallPause{10};
constexpr Millis kLastCallPause{1000};
constexpr Millis kKnockPause{50};

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

// Not content: every sum counts now, and the client shall probe faster.
bool Watched(const SessionEntry& entry) {
  return entry.attached && entry.machine->state() != State::kAttached;
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
  void operator()(const Bind& bind) { runner.MoveBinding(entry, bind, request, now); }
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
  const bool was_watched = Watched(entry);
  Performer performer{.runner = *this, .entry = entry, .request = request, .now = now};
  const Effects effects = entry.machine->Step(FloorMs(now), input);
  for (const Effect& effect : effects) std::visit(performer, effect);
  if (performer.ended != nullptr) {
    Bury(entry, performer.ended->reason, now);
    return false;
  }
  if (entry.machine->state() != State::kRecovering) entry.solicitation.reset();
  if (&entry.machine->policy() != before) TakeUpPolicy(entry, now);
  if (Watched(entry) != was_watched) Program(entry, now);
  Store(entry);
  Arm(entry, now);
  return true;
}

void SessionRunner::TakeUpPolicy(SessionEntry& entry, Instant now) {
  const Policy& policy = entry.machine->policy();
  entry.deny = TokenBucket(policy.reattach_rate_per_s, policy.reattach_burst);
  if (!entry.attached) return;
  Program(entry, now);   // the worker judges silence by it
  keeper_.Touch(entry);  // a restart compares
}

bool SessionRunner::Step(SessionEntry& entry, const Input& input, Instant now) {
  return Step(entry, input, now, Request{});
}

bool SessionRunner::Wake(SessionEntry& entry, Instant now) {
  if (!Step(entry, Tick{}, now)) return false;
  if (entry.solicitation && entry.solicitation->next_at <= FloorMs(now)) SendSolicit(entry, now);
  if (entry.restart_call && entry.restart_call->next_at <= FloorMs(now)) {
    CallAfterRestart(entry, now);
  }
  for (std::size_t i = 0; i < entry.transports.size(); ++i) {
    if (!CheckHealth(entry, static_cast<TransportId>(i), now)) return false;
  }
  Arm(entry, now);
  return true;
}

void SessionRunner::MoveBinding(SessionEntry& entry, const Bind& bind, const Request& request,
                                Instant now) {
  entry.bound = bind.transport;
  entry.retired = bind.retired;
  entry.drain_until = bind.drain_until;
  const bool first = !entry.has_traffic_keys;
  if (entry.machine->key_epoch() > Value(entry.keys.epoch)) {
    CHECK(request.mix != nullptr);
    BeginEpoch(entry, *request.mix);
  }
  Program(entry, now);
  if (first && entry.has_traffic_keys) SetRoutes(entry, now);
}

// Counters begin at 0 under the new keys: the worker sees that they changed.
void SessionRunner::BeginEpoch(SessionEntry& entry, const EpochMix& mix) {
  SessionKeys& keys = entry.keys;
  keys.epoch = static_cast<KeyEpoch>(entry.machine->key_epoch());
  keys.mix = mix;
  const Secret32 secret = DeriveEpochSecret(keys.root, keys.epoch, mix);
  keys.traffic_rx = DeriveTrafficKey(secret, Direction::kToGateway, keys.suite, keys.epoch);
  keys.traffic_tx = DeriveTrafficKey(secret, Direction::kToClient, keys.suite, keys.epoch);
  entry.has_traffic_keys = true;
  entry.restart_call.reset();
  entry.first_generation = state_.programmer.next_generation();
}

void SessionRunner::Store(SessionEntry& entry) {
  if (!entry.attached || !keeper_.enabled()) return;
  const StoredMark mark{.version = entry.machine->state_version(),
                        .binding_epoch = entry.machine->binding_epoch(),
                        .counter = entry.judge.greatest(),
                        .bound = entry.machine->active()};
  if (mark == entry.stored) return;
  entry.stored = mark;
  keeper_.Touch(entry);
}

bool SessionRunner::AwaitStore(SessionEntry& entry, Reattach& input, const ReattachRequest& asked,
                               const Request& request, Instant now) {
  if (!keeper_.enabled()) return false;
  // What the commit would make of the session is what is stored before it is made.
  SessionMachine trial = *entry.machine;
  trial.Step(FloorMs(now), input);
  if (trial.binding_epoch() == entry.machine->binding_epoch()) return false;
  EpochMix mix = entry.keys.mix;
  if (trial.key_epoch() != entry.machine->key_epoch()) {
    mix.client = asked.random;
    state_.random.Fill(mix.gateway);
    mix.boot_epoch = keeper_.boot_epoch();
  }
  if (!keeper_.Commit(entry, trial.Snapshot(FloorMs(now)), mix, now)) {
    input.stored = false;
    return false;
  }
  entry.pending = PendingCommit{.input = input,
                                .cause = asked.cause,
                                .frame = Bytes(request.frame.begin(), request.frame.end()),
                                .answerable = request.answerable,
                                .mix = mix};
  return true;
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
  if (entry.attached) keeper_.Touch(entry);
}

void SessionRunner::SetRoutes(const SessionEntry& entry, Instant now) {
  std::vector<Prefix> destinations = state_.config.peers[entry.peer].allowed_sources;
  for (Prefix& prefix : destinations) prefix = prefix.Network();
  for (const IpAddress& address : {entry.inner.v4, entry.inner.v6}) {
    if (!address.is_none()) destinations.push_back(HostPrefix(address));
  }
  state_.programmer.SetRoutes(entry.owner, entry.slot, destinations, now);
}

void SessionRunner::Program(const SessionEntry& entry, Instant now) {
  if (!entry.has_traffic_keys) return;
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
  program.loss_window = policy.loss_window;
  program.loss_min_samples = policy.loss_min_samples;
  program.loss_threshold_permille = policy.loss_volatile_threshold;
  // The last of so many in a row is lost two intervals after it was due; the client's own pace.
  program.heartbeats_after =
      (policy.max_consecutive_drops + 2) * entry.peers_copy->heartbeat_interval;
  program.watched = Watched(entry);
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

Token SessionRunner::FreshToken(Instant now) const {
  return {.instance = state_.config.token_instance,
          .time_ms = static_cast<std::uint64_t>(FloorMs(now).time_since_epoch().count())};
}

void SessionRunner::CallAfterRestart(SessionEntry& entry, Instant now) {
  if (!entry.restart_call) entry.restart_call = RestartCall{.token = {}, .pause = kFirstCallPause};
  RestartCall& call = *entry.restart_call;
  call.token = FreshToken(now);
  call.next_at = FloorMs(now) + call.pause;
  call.pause = std::min(call.pause * 2, kLastCallPause);
  for (std::size_t i = 0; i < entry.transports.size(); ++i) {
    SendCall(entry, static_cast<TransportId>(i));
  }
}

void SessionRunner::AnswerKnock(SessionEntry& entry, TransportId transport, Instant now) {
  if (!entry.restart_call || FloorMs(now) - kKnockPause < entry.restart_call->knocked_at) return;
  entry.restart_call->knocked_at = FloorMs(now);
  entry.restart_call->token = FreshToken(now);
  SendCall(entry, transport);
}

void SessionRunner::SendCall(SessionEntry& entry, TransportId id) {
  const SessionTransport& transport = *entry.Find(id);
  if (!transport.validated) return;
  const Solicit message{.cause = ReattachCause::kRestart,
                        .transport = id,
                        .binding_epoch = entry.machine->binding_epoch(),
                        .token = entry.restart_call->token};
  sender_.SendControl(entry, transport, Seal(entry, transport, message, state_.random));
}

void SessionRunner::SendCheck(SessionEntry& entry, TransportId transport, WorkerId lane,
                              const UpFrame& frame, Instant now) {
  const auto value = entry.validator.Begin(transport, frame.remote, frame.local, /*asked=*/false,
                                           now, state_.random);
  if (!value) return;
  sender_.SendDatagram(lane, frame.local, frame.remote, frame.source_mac,
                       Seal(entry, *entry.Find(transport), Check{*value}, state_.random));
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
                                .counter = answer.counter,
                                .key_epoch = entry.keys.epoch,
                                .boot_epoch = entry.keys.mix.boot_epoch,
                                .random = entry.keys.mix.gateway};
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
                                .counter = answer.counter,
                                .key_epoch = entry.keys.epoch,
                                .boot_epoch = entry.keys.mix.boot_epoch,
                                .random = entry.keys.mix.gateway};
      sender_.SendControl(entry, *transport, Seal(entry, *transport, message, state_.random));
      return;
    }
    case Answer::Kind::kDeny: {
      if (!entry.deny.Take(now)) return state_.Drop(DropReason::kRateLimited);
      const ReattachDeny message{.counter = answer.counter, .token = FreshToken(now)};
      const Bytes frame = Seal(entry, *transport, message, state_.random);
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
  if (entry.has_traffic_keys) state_.programmer.RemoveSession(entry.owner, entry.slot, now);
  keeper_.Forget(entry.id);
  state_.addresses.Release(entry.peer);
  if (entry.timer != TimerWheel::Handle::kNone) state_.timers.Cancel(entry.timer);
  PeerState& peer = state_.peers[entry.peer];
  if (peer.live == &entry) peer.live = nullptr;
  if (peer.birth == &entry) peer.birth = nullptr;

  const std::unique_ptr<SessionEntry> dead = state_.sessions.Erase(entry);
  if (!dead->has_traffic_keys) state_.sessions.Free(dead->owner, dead->slot);
  tombstone.machine = std::move(dead->machine);
  state_.tombstones.Add(std::move(tombstone));
}

void SessionRunner::Arm(SessionEntry& entry, Instant now) {
  InstantMs next = entry.machine->NextDeadline();
  if (entry.solicitation) next = std::min(next, entry.solicitation->next_at);
  if (entry.restart_call) next = std::min(next, entry.restart_call->next_at);
  for (const SessionTransport& transport : entry.transports) {
    next = std::min(next, transport.life.NextCheck(now, entry.machine->policy()));
  }
  next = std::min(next, StableAt(entry).value_or(InstantMs::max()));
  if (next == entry.timer_at) return;
  if (entry.timer != TimerWheel::Handle::kNone) state_.timers.Cancel(entry.timer);
  entry.timer_at = next;
  entry.timer = next == InstantMs::max() ? TimerWheel::Handle::kNone
                                         : state_.timers.Set(next, TimerPayload(entry));
}

}  // namespace jvpn
