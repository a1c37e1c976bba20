// Lane: all rings between one worker and the control core. Values only, never a pointer.
//
//   worker ──signals──> control core      totals and edges; full: counted, repeated later
//   worker ──frames───> control core      what the worker cannot answer; full: dropped, counted
//   worker ──handshakes> control core     inits, apart: a flood of them fills no other ring
//   worker <─commands── control core      programs and frames to send, in order; full: the control
//   core
//                                         keeps the difference and tries again next turn
#pragma once

#include "channel/frame.h"
#include "channel/health_signal.h"
#include "channel/spsc_ring.h"
#include "channel/worker_command.h"

namespace jvpn {

struct Lane {
  SpscRing<HealthSignal, kLaneSignals> signals;
  SpscRing<UpFrame, kLaneFrames> frames;
  SpscRing<UpFrame, kLaneHandshakes> handshakes;
  SpscRing<WorkerCommand, kLaneCommands> commands;
};

}  // namespace jvpn
