// FrameSender: what the control core says, as frames in the workers' command rings.
//
// When full  The frame is dropped and counted (kLaneFull): peers repeat what matters.
#pragma once

#include "control/control_state.h"

namespace jvpn {

class FrameSender {
 public:
  explicit FrameSender(ControlState& state) : state_(state) {}

  void SendFrame(WorkerId lane, PortSide side, ByteView frame);
  // A UDP datagram from the tunnel port, to a link address that is known.
  void SendDatagram(WorkerId lane, const Endpoint& local, const Endpoint& remote,
                    const MacAddress& to, ByteView payload);
  // A sealed session control frame on a validated transport. Not sent while a program of the
  // session still waits for room: it would arrive before what it announces is in force.
  void SendControl(const SessionEntry& entry, const SessionTransport& transport, ByteView frame);
  // Path frames, sealed by the worker, of a session that has traffic keys, to an address that need
  // not be proved.
  void SendPathFrames(const SessionEntry& entry, TransportId transport, const Endpoint& remote,
                      const Endpoint& local, ByteView plaintext, Instant now);

 private:
  ControlState& state_;
};

}  // namespace jvpn
