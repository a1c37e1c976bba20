// Liveness: when was each transport last heard, and when is that worth telling the control core.
//
// An edge is signalled when it happens: upwards by the packet that made it, downwards by a scan
// over one deadline a session, so that a healthy session costs four bytes a scan. A signal that the
// ring did not take leaves the edge open and is made again. Beyond edges a transport is reported
//   - while it is bound and not fresh         each 250 ms,
//   - on a probe, while its session is watched  at most each 50 ms,
//   - else                                      each 10 s, a standby each 30 s, as totals.
// A session is watched for 10 s after frames went missing or a transport fell silent, and while it
// has no binding: then the control core weighs candidates and wants every sum it can get. Units
// Silence counts whole milliseconds and compares strictly (requirements: all limits).
#pragma once

#include <vector>

#include "dataplane/lane_writer.h"
#include "dataplane/session_table.h"
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
  void Probed(SessionSlab slab, FlowPlace place, const Probe& probe, Instant now);
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
  bool Report(SessionSlab slab, FlowPlace place, HealthSignal::Life life, Instant now);

  SessionTable& sessions_;
  LaneWriter& lane_;
  std::vector<std::uint32_t> due_ms_;  // a session slot's next look; wraps
  std::uint32_t next_slot_ = 0;
  Instant scanned_at_{};
};

}  // namespace jvpn
