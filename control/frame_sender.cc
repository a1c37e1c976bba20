#include "control/frame_sender.h"

#include "control/port_address.h"
#include "wire/link_frame.h"

namespace jvpn {

void FrameSender::SendFrame(WorkerId lane, PortSide side, ByteView frame) {
  SendLink command;
  command.side = side;
  if (!command.frame.Assign(frame)) return state_.Drop(DropReason::kTooLong);
  if (!state_.programmer.Send(lane, command)) state_.Drop(DropReason::kLaneFull);
}

void FrameSender::SendDatagram(WorkerId lane, const Endpoint& local, const Endpoint& remote,
                               const MacAddress& to, ByteView payload) {
  if (to.is_zero()) return state_.Drop(DropReason::kNoNeighbor);
  const Bytes frame = BuildUdpFrame(to, state_.config.wan.mac,
                                    {.source = local, .destination = remote, .payload = payload});
  SendFrame(lane, PortSide::kWan, frame);
}

void FrameSender::SendControl(const SessionEntry& entry, const SessionTransport& transport,
                              ByteView frame) {
  if (entry.has_traffic_keys && !state_.programmer.Pushed(entry.owner, entry.slot)) {
    return state_.Drop(DropReason::kLaneFull);
  }
  SendDatagram(entry.owner, transport.local, transport.remote,
               state_.resolver.Find(transport.next_hop), frame);
}

void FrameSender::SendPathFrames(const SessionEntry& entry, TransportId transport,
                                 const Endpoint& remote, const Endpoint& local, ByteView plaintext,
                                 Instant now) {
  const auto generation = state_.programmer.Pushed(entry.owner, entry.slot);
  if (!generation) return state_.Drop(DropReason::kLaneFull);
  SendSealed command;
  command.session = entry.slot;
  command.generation = *generation;
  command.transport = transport;
  command.remote = remote;
  command.local = local;
  const auto hop = NextHop(state_.config.wan, remote.address);
  if (hop) command.next_hop = state_.resolver.Want(PortSide::kWan, *hop, now);
  if (!command.plaintext.Assign(plaintext)) return state_.Drop(DropReason::kTooLong);
  if (!state_.programmer.Send(entry.owner, command)) state_.Drop(DropReason::kLaneFull);
}

}  // namespace jvpn
