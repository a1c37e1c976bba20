#include "control/flow_programmer.h"

#include <algorithm>

#include "base/check.h"

namespace jvpn {
namespace {

// An acknowledgement takes one turn of a worker, microseconds; so late it is lost or the worker is
// busy.
constexpr Duration kRepeatAfter = Millis(200);
// When the ring is full, how soon to look again.
constexpr Duration kRetryAfter = Millis(1);
constexpr std::size_t kRepeatsPerTurn = 64;

constexpr std::uint32_t Bit(std::size_t lane) { return std::uint32_t{1} << lane; }

}  // namespace

FlowProgrammer::FlowProgrammer(std::vector<Lane*> lanes, std::uint32_t slots_per_worker) {
  CHECK(!lanes.empty() && lanes.size() <= kMaxWorkers);
  for (Lane* lane : lanes) {
    LaneState state;
    state.lane = lane;
    state.neighbor_queued.resize(kMaxNeighbors);
    lanes_.push_back(std::move(state));
    sessions_.emplace_back(slots_per_worker);
  }
  neighbors_.resize(kMaxNeighbors);
}

FlowProgrammer::Session* FlowProgrammer::Find(WorkerId owner, SessionSlot slot) const {
  return sessions_[Value(owner)][Value(slot)].get();
}

void FlowProgrammer::QueueSession(SessionRef ref, Session& session) {
  session.ticket = next_ticket_++;
  session.acknowledged = false;
  lanes_[Value(ref.owner)].queue.push_back({ref.slot, session.ticket});
}

void FlowProgrammer::QueueRoute(const Prefix& destination, Route& route, std::size_t lane) {
  route.unsettled |= Bit(lane);
  if ((route.queued & Bit(lane)) != 0) return;
  route.queued |= Bit(lane);
  lanes_[lane].queue.push_back({destination, 0});
}

void FlowProgrammer::SetSession(WorkerId owner, const SessionProgram& desired, Instant now) {
  CHECK(desired.installed);
  auto& place = sessions_[Value(owner)][Value(desired.session)];
  if (place == nullptr) {
    place = std::make_unique<Session>();
  } else {
    CHECK(!place->removing);
    place->desired.generation = desired.generation;
    if (place->desired == desired) return;
  }
  place->desired = desired;
  QueueSession({owner, desired.session}, *place);
  Flush(Value(owner), now);
}

void FlowProgrammer::SetRoutes(WorkerId owner, SessionSlot slot,
                               const std::vector<Prefix>& destinations, Instant now) {
  Session* session = Find(owner, slot);
  CHECK(session != nullptr && !session->removing && session->routes.empty());
  session->routes = destinations;
  if (session->acknowledged) Install({owner, slot}, *session);
  FlushAll(now);
}

void FlowProgrammer::Install(SessionRef ref, Session& session) {
  if (session.routed) return;
  session.routed = !session.routes.empty();
  for (const Prefix& destination : session.routes) {
    ChangeRoute(destination, routes_[destination], true, ref);
  }
}

void FlowProgrammer::ChangeRoute(const Prefix& destination, Route& route, bool present,
                                 SessionRef to) {
  route.present = present;
  route.to = to;
  route.generations.resize(LaneCount());
  for (std::size_t lane = 0; lane < LaneCount(); ++lane) QueueRoute(destination, route, lane);
}

void FlowProgrammer::RemoveSession(WorkerId owner, SessionSlot slot, Instant now) {
  Session* session = Find(owner, slot);
  CHECK(session != nullptr && !session->removing);
  const SessionRef ref{owner, slot};
  session->removing = true;
  session->desired = SessionProgram{};
  session->desired.session = slot;
  for (const Prefix& destination : session->routes) {
    const auto found = routes_.find(destination);
    if (!session->routed || found == routes_.end()) continue;
    Route& route = found->second;
    if (route.present && route.to == ref) ChangeRoute(destination, route, false, ref);
    if (route.unsettled == 0) continue;
    route.waiting.push_back(ref);
    ++session->unsettled_routes;
  }
  QueueSession(ref, *session);
  FlushAll(now);
}

void FlowProgrammer::SetNeighbor(const NeighborProgram& program, Instant now) {
  const auto index = static_cast<std::size_t>(program.id);
  neighbors_[index] = program;
  for (LaneState& state : lanes_) {
    if (state.neighbor_queued[index]) continue;
    state.neighbor_queued[index] = true;
    state.queue.push_back({program.id, 0});
  }
  FlushAll(now);
}

std::optional<Generation> FlowProgrammer::Pushed(WorkerId owner, SessionSlot slot) const {
  const Session* session = Find(owner, slot);
  if (session == nullptr || session->ticket != 0) return std::nullopt;
  return static_cast<Generation>(session->generation);
}

bool FlowProgrammer::Send(WorkerId lane, const WorkerCommand& frame) {
  return lanes_[Value(lane)].lane->commands.TryPush(frame);
}

bool FlowProgrammer::HasRoom(WorkerId lane) const {
  return lanes_[Value(lane)].lane->commands.Free() > kLaneCommands / 2;
}

bool FlowProgrammer::congested() const {
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [](const LaneState& state) { return !state.queue.empty(); });
}

void FlowProgrammer::FlushAll(Instant now) {
  for (std::size_t lane = 0; lane < LaneCount(); ++lane) Flush(lane, now);
}

bool FlowProgrammer::Flush(std::size_t lane, Instant now) {
  LaneState& state = lanes_[lane];
  bool any = false;
  state.retry_at = Instant::max();
  while (!state.queue.empty()) {
    if (!Push(lane, state.queue.front(), now)) {
      state.retry_at = now + kRetryAfter;
      break;
    }
    state.queue.pop_front();
    any = true;
  }
  return any;
}

bool FlowProgrammer::Push(std::size_t lane, const Queued& queued, Instant now) {
  if (const auto* slot = std::get_if<SessionSlot>(&queued.what)) {
    return PushSession(lane, *slot, queued.ticket, now);
  }
  if (const auto* destination = std::get_if<Prefix>(&queued.what)) {
    return PushRoute(lane, *destination, now);
  }
  const auto index = static_cast<std::size_t>(std::get<NeighborId>(queued.what));
  if (!lanes_[lane].lane->commands.TryPush(neighbors_[index])) return false;
  lanes_[lane].neighbor_queued[index] = false;
  return true;
}

bool FlowProgrammer::PushSession(std::size_t lane, SessionSlot slot, std::uint64_t ticket,
                                 Instant now) {
  Session* session = Find(static_cast<WorkerId>(lane), slot);
  // It was queued again, further back, or is gone.
  if (session == nullptr || session->ticket != ticket) return true;
  session->desired.generation = static_cast<Generation>(next_generation_);
  if (!lanes_[lane].lane->commands.TryPush(session->desired)) return false;
  session->generation = next_generation_++;
  session->ticket = 0;
  lanes_[lane].outstanding.push_back({session->generation, slot, now});
  return true;
}

bool FlowProgrammer::PushRoute(std::size_t lane, const Prefix& destination, Instant now) {
  Route& route = routes_.at(destination);
  const RouteProgram program{.destination = destination,
                             .generation = static_cast<Generation>(next_generation_),
                             .present = route.present,
                             .owner = route.to.owner,
                             .session = route.to.slot};
  if (!lanes_[lane].lane->commands.TryPush(program)) return false;
  route.generations[lane] = next_generation_++;
  route.queued &= ~Bit(lane);
  lanes_[lane].outstanding.push_back({route.generations[lane], destination, now});
  return true;
}

void FlowProgrammer::Applied(WorkerId lane, Generation generation, Instant now) {
  auto& outstanding = lanes_[Value(lane)].outstanding;
  while (!outstanding.empty() && outstanding.front().generation <= Value(generation)) {
    const Outstanding done = outstanding.front();
    outstanding.pop_front();
    if (const auto* slot = std::get_if<SessionSlot>(&done.what)) {
      SessionAcknowledged({lane, *slot}, done.generation);
    } else {
      RouteAcknowledged(Value(lane), std::get<Prefix>(done.what), done.generation);
    }
  }
  FlushAll(now);
}

void FlowProgrammer::SessionAcknowledged(SessionRef ref, std::uint64_t generation) {
  Session* session = Find(ref.owner, ref.slot);
  // An older desire, or one that is on its way again.
  if (session == nullptr || session->generation != generation || session->ticket != 0) return;
  session->acknowledged = true;
  if (session->removing) {
    ReleaseIfDone(ref);
  } else {
    Install(ref, *session);
  }
}

void FlowProgrammer::RouteAcknowledged(std::size_t lane, const Prefix& destination,
                                       std::uint64_t generation) {
  const auto found = routes_.find(destination);
  if (found == routes_.end()) return;
  Route& route = found->second;
  if (route.generations[lane] != generation || (route.queued & Bit(lane)) != 0) return;
  route.unsettled &= ~Bit(lane);
  if (route.unsettled != 0) return;
  const std::vector<SessionRef> waiting = std::move(route.waiting);
  route.waiting.clear();
  if (!route.present) routes_.erase(found);
  for (const SessionRef ref : waiting) {
    Session* session = Find(ref.owner, ref.slot);
    CHECK(session != nullptr && session->unsettled_routes > 0);
    --session->unsettled_routes;
    ReleaseIfDone(ref);
  }
}

void FlowProgrammer::ReleaseIfDone(SessionRef ref) {
  Session* session = Find(ref.owner, ref.slot);
  if (!session->removing || !session->acknowledged || session->unsettled_routes > 0) return;
  sessions_[Value(ref.owner)][Value(ref.slot)].reset();
  released_.emplace_back(ref.owner, ref.slot);
}

void FlowProgrammer::Repeat(std::size_t lane, const Outstanding& outstanding) {
  if (const auto* slot = std::get_if<SessionSlot>(&outstanding.what)) {
    Session* session = Find(static_cast<WorkerId>(lane), *slot);
    const bool current = session != nullptr && session->generation == outstanding.generation &&
                         session->ticket == 0 && !session->acknowledged;
    if (current) QueueSession({static_cast<WorkerId>(lane), *slot}, *session);
    return;
  }
  const Prefix& destination = std::get<Prefix>(outstanding.what);
  const auto found = routes_.find(destination);
  if (found == routes_.end()) return;
  Route& route = found->second;
  const bool current =
      route.generations[lane] == outstanding.generation && (route.unsettled & Bit(lane)) != 0;
  if (current) QueueRoute(destination, route, lane);
}

bool FlowProgrammer::Turn(Instant now) {
  bool any = false;
  for (std::size_t lane = 0; lane < LaneCount(); ++lane) {
    auto& outstanding = lanes_[lane].outstanding;
    for (std::size_t n = 0; n < kRepeatsPerTurn && !outstanding.empty() &&
                            outstanding.front().pushed_at + kRepeatAfter <= now;
         ++n) {
      const Outstanding late = outstanding.front();
      outstanding.pop_front();
      Repeat(lane, late);
    }
    any |= Flush(lane, now);
  }
  return any;
}

Instant FlowProgrammer::NextDeadline() const {
  Instant next = Instant::max();
  for (const LaneState& state : lanes_) {
    next = std::min(next, state.retry_at);
    if (!state.outstanding.empty()) {
      next = std::min(next, state.outstanding.front().pushed_at + kRepeatAfter);
    }
  }
  return next;
}

std::vector<std::pair<WorkerId, SessionSlot>> FlowProgrammer::TakeReleased() {
  return std::exchange(released_, {});
}

}  // namespace jvpn
