#include "dataplane/forwarder.h"

#include <algorithm>

#include "dataplane/ip_layout.h"

namespace jvpn {

absl::StatusOr<std::unique_ptr<Forwarder>> Forwarder::Create(const ForwarderConfig& config,
                                                             AeadEngine& engine, Lane& lane,
                                                             WorkerStats& stats) {
  auto state = WorkerState::Create(config, engine, lane, stats);
  if (!state.ok()) return state.status();
  return std::unique_ptr<Forwarder>(new Forwarder(*std::move(state), lane));
}

Forwarder::Forwarder(std::unique_ptr<WorkerState> state, Lane& lane)
    : state_(std::move(state)), lane_(lane), uplink_(*state_), downlink_(*state_) {}

Forwarder::CommandTurn Forwarder::RunCommands(PacketSource& source, std::span<Packet> out,
                                              Instant now) {
  CommandTurn turn;
  while (turn.commands < out.size() && lane_.commands.TryPop(command_)) {
    ++turn.commands;
    Packet& packet = out[turn.packets];
    if (auto* session = std::get_if<SessionProgram>(&command_)) {
      if (state_->sessions->Apply(*session, state_->engine, now)) {
        state_->liveness.Programmed(session->session, now);
      }
      Acknowledge(session->generation, session->session);
    } else if (auto* route = std::get_if<RouteProgram>(&command_)) {
      state_->routes.Apply(*route);
      Acknowledge(route->generation, route->session);
    } else if (auto* neighbor = std::get_if<NeighborProgram>(&command_)) {
      state_->neighbors.Apply(*neighbor);
    } else if (auto* link = std::get_if<SendLink>(&command_)) {
      if (SendLinkFrame(*link, source, packet)) ++turn.packets;
    } else if (auto* sealed = std::get_if<SendSealed>(&command_)) {
      if (SendSealedFrame(*sealed, source, packet, now)) ++turn.packets;
    }
  }
  // Programs hold keys; what is done is forgotten.
  if (turn.commands > 0) command_ = std::monostate{};
  SayApplied();
  return turn;
}

// On a lane generations grow in the order of commands, so the newest stands for all before it, and
// one signal a turn is enough. One that the ring did not take is said next turn.
void Forwarder::Acknowledge(Generation generation, SessionSlot session) {
  if (generation > applied_) {
    applied_ = generation;
    applied_session_ = session;
  }
  ack_due_ = true;
}

void Forwarder::SayApplied() {
  if (!ack_due_) return;
  HealthSignal signal;
  signal.kind = HealthSignal::Kind::kApplied;
  signal.session = applied_session_;
  signal.generation = applied_;
  ack_due_ = !state_->lane_writer.Signal(signal);
}

bool Forwarder::SendLinkFrame(const SendLink& send, PacketSource& source, Packet& out) {
  const ByteView frame = send.frame.view();
  if (frame.size() < kEthernetBytes) {
    CountDrop(state_->stats, DropReason::kMalformedEthernet);
    return false;
  }
  const std::uint16_t vlan = state_->config.side(send.side).vlan;
  const std::size_t tag = vlan == 0 ? 0 : kVlanTagBytes;
  if (!source.Take(out) || out.tailroom < frame.size() + tag) {
    CountDrop(state_->stats, DropReason::kNoBuffer);
    return false;
  }
  out.SetLength(static_cast<std::uint16_t>(frame.size() + tag));
  std::copy_n(frame.begin(), kEtherTypeOffset, out.data);
  if (tag != 0) {
    StoreBe16(out.data + kEtherTypeOffset, kEtherTypeVlan);
    StoreBe16(out.data + kEtherTypeOffset + 2, vlan);
  }
  std::copy(frame.begin() + kEtherTypeOffset, frame.end(), out.data + kEtherTypeOffset + tag);
  out.side = send.side;
  out.fate = Fate::kTransmit;
  return true;
}

// To an address that the control core chose: it may be one that is still to be proved.
bool Forwarder::SendSealedFrame(const SendSealed& send, PacketSource& source, Packet& out,
                                Instant now) {
  WorkerState& state = *state_;
  CHECK(Value(send.session) < state.sessions->max_sessions());
  const SessionSlab slab = state.sessions->slab(send.session);
  const SessionHot& hot = slab.hot();
  const std::uint32_t transport = Value(send.transport);
  if (!hot.installed || hot.generation < send.generation || transport >= hot.transport_count ||
      slab.tx(transport).rx_index.value == 0) {
    CountDrop(state.stats, DropReason::kUnknownFlow);
    return false;
  }
  const MacAddress* next_hop = state.neighbors.Find(send.next_hop);
  if (next_hop == nullptr) {
    CountDrop(state.stats, DropReason::kNoNeighbor);
    const Endpoint& to = send.remote;
    state.lane_writer.NeedNeighbor(
        PortSide::kWan,
        state.neighbors.Resolve(PortSide::kWan, to.address.family, to.address.bytes.data()).address,
        now);
    return false;
  }
  const ByteView plaintext = send.plaintext.view();
  if (!source.Take(out) || out.tailroom < plaintext.size()) {
    CountDrop(state.stats, DropReason::kNoBuffer);
    return false;
  }
  out.SetLength(static_cast<std::uint16_t>(plaintext.size()));
  std::copy(plaintext.begin(), plaintext.end(), out.data);
  const OuterPath path{.family = send.remote.address.family,
                       .remote_port = send.remote.port,
                       .remote = send.remote.address.bytes.data(),
                       .local = send.local.address.bytes.data(),
                       .next_hop = next_hop};
  // A packet that is refused here has been counted and still has a buffer to give back.
  state.sealer.AddTowards(out, slab, transport, path);
  state.sealer.Flush();
  return true;
}

}  // namespace jvpn
