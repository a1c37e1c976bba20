// FlowProgrammer: what the workers should have in force, and what they have said they have.
//
// The caller states desires; only differences are sent, numbered, and sent again until the worker
// acknowledges (kApplied). A full ring is no error: what did not fit stays queued in order.
//
//   installing   session at its owner -> acknowledged -> routes at every worker
//   removing     routes at every worker, then the session at its owner; its slot is released when
//   all
//                of that is acknowledged, so that nobody hands packets to the slot's next session
//
// Ownership  The control core; the only producer of every lane's command ring. Keys lie in the
// desired
//            programs until the session is removed.
// When full  Nothing is lost and nothing grows: each session, route and neighbor is queued at most
// once
//            a lane.
// Source     docs/adr/0002; channel/worker_command.h.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "channel/lane.h"

namespace jvpn {

class FlowProgrammer {
 public:
  FlowProgrammer(std::vector<Lane*> lanes, std::uint32_t slots_per_worker);

  // The session's desired state; `desired.generation` is ignored. The same desire twice gives
  // nothing.
  void SetSession(WorkerId owner, const SessionProgram& desired, Instant now);
  // Inner destinations that lead to the session, once it is in force. Another session's claim to a
  // destination is taken over.
  void SetRoutes(WorkerId owner, SessionSlot slot, const std::vector<Prefix>& destinations,
                 Instant now);
  // Takes the session and its routes away and forgets its keys.
  void RemoveSession(WorkerId owner, SessionSlot slot, Instant now);
  void SetNeighbor(const NeighborProgram& program, Instant now);

  // Generation of the session's desired state if it is in the owner's ring or beyond; nullopt while
  // it still waits for room: what is sent now would overtake it.
  std::optional<Generation> Pushed(WorkerId owner, SessionSlot slot) const;
  // A frame to send; false when the ring is full.
  bool Send(WorkerId lane, const WorkerCommand& frame);
  // Half of the lane's ring at least is free: room for what can be done without.
  bool HasRoom(WorkerId lane) const;

  // Signals of the workers that bear an older generation speak of what was there before now.
  Generation next_generation() const { return static_cast<Generation>(next_generation_); }
  // True while anything waits for room in a ring.
  bool congested() const;

  void Applied(WorkerId lane, Generation generation, Instant now);
  // Sends what waits and repeats what was not acknowledged in time. True when there was anything.
  bool Turn(Instant now);
  Instant NextDeadline() const;
  // Slots whose removal is complete.
  std::vector<std::pair<WorkerId, SessionSlot>> TakeReleased();

 private:
  struct Session {
    SessionProgram desired;
    std::vector<Prefix> routes;
    std::uint64_t generation = 0;        // of the last push of the present desire
    std::uint64_t ticket = 0;            // of its place in the queue, 0 = not queued
    std::uint32_t unsettled_routes = 0;  // while removing
    bool acknowledged = false;
    bool routed = false;  // routes are desired at the workers
    bool removing = false;
  };
  struct SessionRef {
    WorkerId owner;
    SessionSlot slot;
    friend bool operator==(const SessionRef&, const SessionRef&) = default;
  };
  struct Route {
    bool present = false;
    SessionRef to{};
    std::uint32_t queued = 0;                           // one bit a lane
    std::uint32_t unsettled = 0;                        // one bit a lane: not acknowledged yet
    absl::InlinedVector<std::uint64_t, 2> generations;  // last push, by lane
    std::vector<SessionRef> waiting;  // removed sessions that wait until it is settled
  };
  struct Queued {
    std::variant<SessionSlot, Prefix, NeighborId> what;
    std::uint64_t ticket = 0;  // sessions only
  };
  struct Outstanding {
    std::uint64_t generation = 0;
    std::variant<SessionSlot, Prefix> what;
    Instant pushed_at{};
  };
  struct LaneState {
    Lane* lane = nullptr;
    std::deque<Queued> queue;
    std::deque<Outstanding> outstanding;
    std::vector<bool> neighbor_queued;
    Instant retry_at = Instant::max();  // when the ring was full
  };

  Session* Find(WorkerId owner, SessionSlot slot) const;
  std::size_t LaneCount() const { return lanes_.size(); }
  void QueueSession(SessionRef ref, Session& session);
  void QueueRoute(const Prefix& destination, Route& route, std::size_t lane);
  void ChangeRoute(const Prefix& destination, Route& route, bool present, SessionRef to);
  void Install(SessionRef ref, Session& session);
  bool Flush(std::size_t lane, Instant now);
  void FlushAll(Instant now);
  // False when the ring is full.
  bool Push(std::size_t lane, const Queued& queued, Instant now);
  bool PushSession(std::size_t lane, SessionSlot slot, std::uint64_t ticket, Instant now);
  bool PushRoute(std::size_t lane, const Prefix& destination, Instant now);
  void SessionAcknowledged(SessionRef ref, std::uint64_t generation);
  void RouteAcknowledged(std::size_t lane, const Prefix& destination, std::uint64_t generation);
  void Repeat(std::size_t lane, const Outstanding& outstanding);
  void ReleaseIfDone(SessionRef ref);

  std::vector<LaneState> lanes_;
  std::vector<std::vector<std::unique_ptr<Session>>> sessions_;  // by owner, slot
  std::map<Prefix, Route> routes_;
  std::vector<NeighborProgram> neighbors_;
  std::vector<std::pair<WorkerId, SessionSlot>> released_;
  std::uint64_t next_generation_ = 1;
  std::uint64_t next_ticket_ = 1;
};

}  // namespace jvpn
