// Liveness: when was each transport last heard, what does it lose, and when is either worth telling
// the control core.
//
// The worker judges edges, the control core judges sessions. An edge is signalled when it happens:
// by the packet that made it, or by a scan over one deadline a session, so that a healthy session
// costs four bytes a scan. Edges are
//   - fresh, stale, silent,
//   - LOSSY or not; of a standby also UNKNOWN with a gap or not, and whole percents of loss,
//   - of the bound transport, too many heartbeats missing in a row.
// A signal that the ring did not take leaves the edge open and is made again. Beyond edges a
// transport is reported
//   - while it is bound and in trouble       each 250 ms,
//   - on a probe, while the session is watched or has no binding   at most each 50 ms,
//   - else                                   each 10 s, a standby each 30 s, as totals.
//
// Units      Silence counts whole milliseconds and compares strictly (requirements: all limits).
#pragma once

#include <optional>
#include <vector>

#include "dataplane/lane_writer.h"
#include "dataplane/session_table.h"
#include "session/loss_account.h"
#include "wire/path_frame.h"

namespace jvpn {

class Liveness {
 public:
  Liveness(SessionTable& sessions, LaneWriter& lane);

  // A frame of the transport was opened.
  void Heard(SessionSlab slab, FlowPlace place, Instant now) {
    slab.rx(place.transport()).last_heard = now;
    if (slab.hot().life(place.transport()) == HealthSignal::Life::kFresh) return;
    BecameFresh(slab, place, now);
  }
  // `counter` is that of the frame that brought the probe.
  void Probed(SessionSlab slab, FlowPlace place, const Probe& probe, std::uint64_t counter,
              Instant now);
  // A report of one transport that came on another; empty when it names none.
  std::optional<PathReport> Reported(SessionSlab slab, SessionSlot session,
                                     const PathReport& report, Instant now);
  // What the other end is to know of the transport's frames.
  const ReceiveSums& Sums(FlowPlace place) const { return account(place).sums(); }
  // A program changed the session: look at it soon.
  void Programmed(SessionSlot slot, Instant now);

  // A slice, so large that the whole table is seen every kScanPeriod; true when a session was due.
  bool Scan(Instant now);

  static constexpr Millis kScanPeriod{8};

 private:
  void BecameFresh(SessionSlab slab, FlowPlace place, Instant now);
  void Visit(SessionSlot slot, Instant now);
  // Signals what is due of one transport; returns when to look again, in ms from now.
  std::int64_t VisitTransport(SessionSlab slab, FlowPlace place, Instant now);
  // After the account of a transport changed.
  void Weigh(SessionSlab slab, FlowPlace place, Instant now);
  // What is to be told of a transport now, and whether that is news.
  struct Health {
    HealthSignal::Life life{};
    LossStanding loss;
    bool heartbeats_missed = false;
  };
  Health HealthOf(SessionSlab slab, FlowPlace place, Instant now) const;
  static bool IsNews(SessionSlab slab, std::uint32_t transport, const Health& health, Instant now);
  bool Report(SessionSlab slab, FlowPlace place, const Health& health, Instant now);
  void LookBy(SessionSlot slot, std::uint32_t due_ms);
  LossAccount& account(FlowPlace place) {
    return accounts_[std::size_t{Value(place.session())} * sessions_.transports() +
                     place.transport()];
  }
  const LossAccount& account(FlowPlace place) const {
    return const_cast<Liveness*>(this)->account(place);
  }

  SessionTable& sessions_;
  LaneWriter& lane_;
  std::vector<std::uint32_t> due_ms_;  // a session slot's next look; wraps
  std::vector<LossAccount> accounts_;  // by session slot, transport
  std::uint32_t next_slot_ = 0;
  Instant scanned_at_{};
};

}  // namespace jvpn
