#include "control/control_core.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "control/control_frames.h"
#include "control/control_state.h"
#include "control/deadline.h"
#include "control/host_responder.h"
#include "control/path_frames.h"
#include "control/port_address.h"
#include "control/session_birth.h"
#include "control/session_restorer.h"

namespace jvpn {
namespace {

// Bounds of one turn: whatever floods one input, the others get their share within milliseconds.
constexpr std::size_t kFramesPerLane = 64;
constexpr std::size_t kSignalsPerLane = 512;
// Of all lanes together: a tenth of a millisecond for those that prove nothing, one more for those
// that do. What a lane's ring holds beyond that waits there.
constexpr std::size_t kHandshakesPerTurn = 128;
constexpr std::uint64_t kPublicKeyWorkPerTurn = 4;
constexpr std::size_t kTimersPerTurn = 256;
constexpr std::size_t kPlacesPerTurn = 1024;  // of a sweep over all sessions
constexpr std::size_t kSessionsPerTurn = 64;  // of those, acted upon

}  // namespace

struct ControlCore::State {
  State(ControlConfig config, std::vector<Lane*> lanes_of_workers, Random& random,
        EventSink& events, Instant start, const Persistence* persistence)
      : lanes(lanes_of_workers),
        now(start),
        shared(std::move(config), std::move(lanes_of_workers), random, events, start),
        keeper(shared, persistence) {
    for (const PortSide side : {PortSide::kWan, PortSide::kCore}) {
      for (const IpAddress& hop : shared.config.port(side).next_hops) {
        shared.resolver.Acquire(side, hop, start);
      }
    }
  }

  bool TakeFrames();
  bool TakeHandshakes();
  void OnFrame(WorkerId lane, const UpFrame& frame);
  bool TakeSignals();
  void OnSignal(WorkerId lane, const HealthSignal& signal);
  void OnTransport(SessionEntry& entry, const HealthSignal& signal);
  bool FireTimers();
  bool Sweep();
  void FailTransports(SessionEntry& entry);
  bool FailTransport(SessionEntry& entry, TransportId id);  // false when the session has ended
  void OfferPolicy(SessionEntry& entry);
  bool ResolveNeighbors();
  bool ProgramWorkers();
  bool Keep();

  std::vector<Lane*> lanes;
  Instant now;
  ControlState shared;
  SessionKeeper keeper;
  FrameSender sender{shared};
  SessionRunner runner{shared, sender, keeper};
  SessionBirth birth{shared, sender, runner};
  PathFrames paths{shared, sender, runner};
  ControlFrames control{shared, sender, runner, paths};
  SessionRestorer restorer{shared, runner, keeper};
  HostResponder host{shared.config, shared.resolver, shared.drops};

  // Sweeps over all places go on where they stopped last turn.
  std::optional<std::size_t> port_down_at;
  std::optional<std::size_t> terminate_at;
  std::optional<std::size_t> policy_at;
  bool closing = false;
  std::size_t handshake_lane = 0;  // whose turn it is

  UpFrame up_frame;  // reused, because of its size
  std::vector<std::uint64_t> fired;
  std::vector<NeighborRequest> requests;
};

bool ControlCore::State::TakeFrames() {
  bool any = false;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    for (std::size_t n = 0; n < kFramesPerLane && lanes[i]->frames.TryPop(up_frame); ++n) {
      OnFrame(static_cast<WorkerId>(i), up_frame);
      any = true;
    }
  }
  return any;
}

bool ControlCore::State::TakeHandshakes() {
  const std::uint64_t enough = birth.worked() + kPublicKeyWorkPerTurn;
  std::size_t taken = 0;
  std::size_t empty = 0;  // lanes in a row that had none
  while (taken < kHandshakesPerTurn && empty < lanes.size() && birth.worked() < enough) {
    const std::size_t lane = handshake_lane++ % lanes.size();
    if (!lanes[lane]->handshakes.TryPop(up_frame)) {
      ++empty;
      continue;
    }
    empty = 0;
    ++taken;
    // Before the last record is back nobody knows which addresses are taken.
    if (closing || !keeper.ready()) {
      shared.Drop(DropReason::kRateLimited);
    } else {
      birth.OnInit(static_cast<WorkerId>(lane), up_frame, now);
    }
  }
  return taken > 0;
}

void ControlCore::State::OnFrame(WorkerId lane, const UpFrame& frame) {
  const ByteView bytes = frame.bytes.view();
  switch (frame.kind) {
    case UpFrame::Kind::kNone:
      return;
    case UpFrame::Kind::kLink:
      if (const auto answer = host.Answer(frame.side, bytes, now)) {
        sender.SendFrame(lane, frame.side, *answer);
      }
      return;
    case UpFrame::Kind::kPathFrames:
      return paths.OnPlaintext(lane, frame, now);
    case UpFrame::Kind::kDatagram:
      break;
  }
  if (bytes.empty()) return shared.Drop(DropReason::kTooShort);
  switch (static_cast<FrameType>(bytes[0])) {
    case FrameType::kSessionControl:
      return control.OnFrame(lane, frame, now);
    default:
      return shared.Drop(DropReason::kUnknownType);
  }
}

bool ControlCore::State::TakeSignals() {
  bool any = false;
  HealthSignal signal;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    for (std::size_t n = 0; n < kSignalsPerLane && lanes[i]->signals.TryPop(signal); ++n) {
      OnSignal(static_cast<WorkerId>(i), signal);
      any = true;
    }
  }
  return any;
}

void ControlCore::State::OnSignal(WorkerId lane, const HealthSignal& signal) {
  const auto side = static_cast<PortSide>(signal.side);
  switch (signal.kind) {
    case HealthSignal::Kind::kNone:
    case HealthSignal::Kind::kPortUp:  // transports live again when they are heard
      return;
    case HealthSignal::Kind::kApplied:
      return shared.programmer.Applied(lane, signal.generation, now);
    case HealthSignal::Kind::kNeedNeighbor:
      if (IsOnLink(shared.config.port(side), signal.remote.address)) {
        shared.resolver.Want(side, signal.remote.address, now);
      }
      return;
    case HealthSignal::Kind::kPortDown:
      if (side == PortSide::kWan) port_down_at = 0;
      return;
    case HealthSignal::Kind::kTransport:
    case HealthSignal::Kind::kNewAddress:
      break;
  }
  SessionEntry* entry = shared.sessions.At(lane, signal.session);
  const bool known = entry != nullptr && entry->Find(signal.transport) != nullptr &&
                     Value(signal.generation) >= Value(entry->first_generation);
  if (!known) return;
  if (signal.kind == HealthSignal::Kind::kTransport) return OnTransport(*entry, signal);
  paths.OnNewAddress(*entry, signal.transport, signal.remote, signal.local, now);
}

void ControlCore::State::OnTransport(SessionEntry& entry, const HealthSignal& signal) {
  SessionTransport& transport = *entry.Find(signal.transport);
  transport.life.Observe(signal, now, entry.machine->policy());
  transport.forgotten &= signal.life == HealthSignal::Life::kUnknown;
  const bool attaches = !entry.attached && signal.transport == entry.attach_transport &&
                        signal.life != HealthSignal::Life::kUnknown;
  if (attaches && !birth.Attach(entry, now)) return;
  if (!runner.CheckHealth(entry, signal.transport, now)) return;
  runner.Step(entry, Tick{}, now);  // the next look at it
}

bool ControlCore::State::FireTimers() {
  fired.clear();
  shared.timers.Advance(FloorMs(now), kTimersPerTurn, fired);
  for (const std::uint64_t payload : fired) {
    SessionEntry* entry = shared.sessions.At(static_cast<WorkerId>(payload >> 32),
                                             static_cast<SessionSlot>(payload & 0xffff'ffff));
    if (entry == nullptr) continue;  // another timer of this turn has ended it
    entry->timer = TimerWheel::Handle::kNone;
    entry->timer_at = InstantMs::max();
    runner.Wake(*entry, now);
  }
  return !fired.empty();
}

void ControlCore::State::FailTransports(SessionEntry& entry) {
  // All die at one instant (C-49): the active last, so that it does not flee to one as dead as
  // itself.
  const TransportId active = entry.machine->active();
  for (std::size_t i = 0; i < entry.transports.size(); ++i) {
    const auto id = static_cast<TransportId>(i);
    if (id != active && !FailTransport(entry, id)) return;
  }
  if (active != TransportId::kNone) FailTransport(entry, active);
}

bool ControlCore::State::FailTransport(SessionEntry& entry, TransportId id) {
  SessionTransport& transport = *entry.Find(id);
  if (!transport.life.heard() || !transport.life.Fail(now)) return true;
  if (!transport.validated || !entry.attached) return true;
  transport.told.dead = true;
  const TransportDied died{.transport = id, .cause = Reason::kSocketError};
  return runner.Step(entry, died, now) && runner.TellFacts(entry, id, now);
}

bool ControlCore::State::Sweep() {
  const auto sweep = [this](std::optional<std::size_t>& at, auto act) {
    std::size_t acted = 0;
    const std::size_t stop = std::min(*at + kPlacesPerTurn, shared.sessions.places());
    for (; *at < stop && acted < kSessionsPerTurn; ++*at) {
      SessionEntry* entry = shared.sessions.AtPlace(*at);
      if (entry == nullptr) continue;
      act(*entry);
      ++acted;
    }
    if (*at == shared.sessions.places()) at.reset();
  };
  if (!port_down_at && !terminate_at && !policy_at) return false;
  if (port_down_at) sweep(port_down_at, [this](SessionEntry& entry) { FailTransports(entry); });
  if (policy_at) sweep(policy_at, [this](SessionEntry& entry) { OfferPolicy(entry); });
  // Whoever is ended while the rings are full would not be told.
  if (terminate_at && !shared.programmer.congested()) {
    sweep(terminate_at,
          [this](SessionEntry& entry) { runner.Step(entry, OperatorTerminate{}, now); });
  }
  return true;
}

void ControlCore::State::OfferPolicy(SessionEntry& entry) {
  const std::shared_ptr<const Policy>& wanted = shared.config.peers[entry.peer].policy;
  if (entry.offered == wanted) return;
  entry.offered = wanted;
  const bool fits = FitsProbingOf(*entry.peers_copy, *wanted);
  if (!runner.Step(entry, PolicyUpdate{fits ? wanted : nullptr}, now)) return;
  const TransportId active = entry.machine->active();
  if (active != TransportId::kNone) runner.CheckHealth(entry, active, now);  // it may be barred now
}

bool ControlCore::State::ResolveNeighbors() {
  requests.clear();
  shared.resolver.Turn(now, requests);
  for (const NeighborRequest& request : requests) {
    const Bytes frame = host.Ask(request);
    if (!frame.empty()) sender.SendFrame(WorkerId{0}, request.side, frame);
  }
  const std::vector<NeighborProgram> changes = shared.resolver.TakeChanges();
  for (const NeighborProgram& program : changes) shared.programmer.SetNeighbor(program, now);
  return !requests.empty() || !changes.empty();
}

bool ControlCore::State::ProgramWorkers() {
  const bool any = shared.programmer.Turn(now);
  for (const auto& [owner, slot] : shared.programmer.TakeReleased()) {
    shared.sessions.Free(owner, slot);
  }
  shared.tombstones.Expire(now);
  return any;
}

bool ControlCore::State::Keep() {
  bool any = keeper.Turn(now);
  for (const SessionKeeper::Loaded& loaded : keeper.TakeLoaded()) restorer.Restore(loaded, now);
  for (const SessionKeeper::Fate& fate : keeper.TakeCommits()) {
    control.OnStored(fate, now);
    any = true;
  }
  return any;
}

ControlCore::ControlCore(ControlConfig config, std::vector<Lane*> lanes, Random& random,
                         EventSink& events, Instant now, const Persistence* persistence)
    : state_(std::make_unique<State>(std::move(config), std::move(lanes), random, events, now,
                                     persistence)) {}

ControlCore::~ControlCore() = default;

bool ControlCore::Turn(Instant now) {
  State& state = *state_;
  state.now = std::max(state.now, now);
  bool busy = state.TakeFrames();
  busy |= state.TakeSignals();
  busy |= state.TakeHandshakes();
  busy |= state.FireTimers();
  busy |= state.Sweep();
  busy |= state.Keep();
  busy |= state.ResolveNeighbors();
  busy |= state.ProgramWorkers();
  return busy;
}

Instant ControlCore::NextDeadline() const {
  const State& state = *state_;
  if (state.port_down_at || state.terminate_at || state.policy_at) return state.now;
  return std::min({ToInstant(state.shared.timers.NextDeadline()),
                   state.shared.resolver.NextDeadline(), state.shared.programmer.NextDeadline(),
                   state.keeper.NextDeadline()});
}

std::vector<SessionView> ControlCore::Sessions(Instant now, const SessionId& from,
                                               std::size_t most) const {
  const ControlState& shared = state_->shared;
  std::vector<SessionView> views;
  for (const SessionEntry* entry : shared.sessions.From(from, most)) {
    views.push_back(ViewOf(*entry, shared.config.peers[entry->peer].name, now));
  }
  return views;
}

std::size_t ControlCore::session_count() const { return state_->shared.sessions.size(); }

std::optional<SessionView> ControlCore::FindSession(const SessionId& id, Instant now) const {
  const ControlState& shared = state_->shared;
  const SessionEntry* entry = shared.sessions.Find(id);
  if (entry == nullptr) return std::nullopt;
  return ViewOf(*entry, shared.config.peers[entry->peer].name, now);
}

TerminateResult ControlCore::Terminate(const SessionId& id, Instant now) {
  State& state = *state_;
  state.now = std::max(state.now, now);
  SessionEntry* entry = state.shared.sessions.Find(id);
  if (entry == nullptr) {
    return state.shared.tombstones.Contains(id) ? TerminateResult::kAlreadyTerminated
                                                : TerminateResult::kUnknownSession;
  }
  state.runner.Step(*entry, OperatorTerminate{}, state.now);
  return TerminateResult::kDone;
}

std::vector<PolicyGroupView> ControlCore::PolicyGroups() const {
  std::vector<PolicyGroupView> groups;
  for (const PeerConfig& peer : state_->shared.config.peers) {
    auto group = std::find_if(groups.begin(), groups.end(), [&](const PolicyGroupView& view) {
      return view.group == peer.policy_group;
    });
    if (group == groups.end()) {
      group = groups.insert(groups.end(), {peer.policy_group, 0, peer.policy});
    }
    ++group->peers;
  }
  return groups;
}

bool ControlCore::SetPolicy(const std::string& group, std::shared_ptr<const Policy> policy,
                            Instant now) {
  CHECK(policy != nullptr && HardFaults(*policy).empty());
  state_->now = std::max(state_->now, now);
  bool any = false;
  for (PeerConfig& peer : state_->shared.config.peers) {
    if (peer.policy_group != group) continue;
    peer.policy = policy;
    any = true;
  }
  if (any) state_->policy_at = 0;  // from the start: who was passed already is offered this one
  return any;
}

void ControlCore::TerminateAll(Instant now) {
  state_->now = std::max(state_->now, now);
  state_->closing = true;
  state_->terminate_at = 0;
}

void ControlCore::CloseDoors() { state_->closing = true; }

bool ControlCore::Stored() const { return state_->keeper.idle() || state_->keeper.fenced(); }

bool ControlCore::StoreLost() const { return state_->keeper.fenced(); }

const DropCounters& ControlCore::drops() const { return state_->shared.drops; }

}  // namespace jvpn
