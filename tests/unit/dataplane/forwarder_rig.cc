#include "tests/unit/dataplane/forwarder_rig.h"

#include <algorithm>

namespace jvpn::testing {
namespace {

ForwarderConfig ConfigOf(const RigOptions& options, const GatewayScene& scene) {
  ForwarderConfig config;
  config.self = options.self;
  config.workers = options.workers;
  config.max_sessions = options.max_sessions;
  config.transports_per_session = 4;
  config.wan = scene.Wan();
  config.core = scene.Core();
  config.listen_port = kListenPort;
  config.inner_v4_pool = *Prefix::Parse("10.64.0.0/16");
  config.inner_v6_pool = *Prefix::Parse("fd00:64::/64");
  config.token_instance = 0x1122'3344'5566'7788;
  return config;
}

}  // namespace

ForwarderRig::ForwarderRig(const RigOptions& options)
    : scene{.vlan = options.vlan}, config(ConfigOf(options, scene)) {
  auto made = AeadEngine::Create(AeadEngine::Sharing::kProcess);
  CHECK(made.ok());
  engine = *std::move(made);
  auto built = Forwarder::Create(config, *engine, lane, stats);
  CHECK(built.ok());
  forwarder = *std::move(built);
}

Packet ForwarderRig::Load(std::size_t buffer, const Bytes& frame, PortSide side) {
  CHECK(frame.size() <= kRoom);
  Buffer& to = buffers_[buffer];
  to.fill(0xee);
  std::copy(frame.begin(), frame.end(), to.begin() + kHeadroom);
  Packet packet;
  packet.data = to.data() + kHeadroom;
  packet.buffer = &to;
  packet.length = static_cast<std::uint16_t>(frame.size());
  packet.headroom = kHeadroom;
  packet.tailroom = static_cast<std::uint16_t>(kRoom - frame.size());
  packet.side = side;
  return packet;
}

std::vector<Outcome> ForwarderRig::Unload(std::span<const Packet> packets) {
  std::vector<Outcome> outcomes;
  for (const Packet& packet : packets) {
    outcomes.push_back(
        {packet.fate, packet.side, packet.owner, Bytes(packet.data, packet.data + packet.length)});
  }
  return outcomes;
}

std::vector<Outcome> ForwarderRig::WanBurst(const std::vector<Bytes>& frames) {
  std::vector<Packet> burst;
  for (const Bytes& frame : frames) burst.push_back(Load(burst.size(), frame, PortSide::kWan));
  forwarder->FromWan(burst, now);
  return Unload(burst);
}

std::vector<Outcome> ForwarderRig::CoreBurst(const std::vector<Bytes>& frames) {
  std::vector<Packet> burst;
  for (const Bytes& frame : frames) burst.push_back(Load(burst.size(), frame, PortSide::kCore));
  forwarder->FromCore(burst, now);
  return Unload(burst);
}

bool ForwarderRig::Take(Packet& out) {
  if (!buffers_left) return false;
  out = Load(0, {}, PortSide::kWan);
  return true;
}

std::vector<Outcome> ForwarderRig::Run(const WorkerCommand& command) {
  CHECK(lane.commands.TryPush(command));
  std::array<Packet, 1> out;
  const auto turn = forwarder->RunCommands(*this, out, now);
  CHECK(turn.commands == 1);
  return Unload(std::span(out).first(turn.packets));
}

void ForwarderRig::Install(const SessionProgram& program) {
  for (const NeighborProgram& neighbor : scene.Neighbors()) Run(neighbor);
  Run(program);
  for (const RouteProgram& route : scene.Routes(program, config.self)) Run(route);
}

std::vector<HealthSignal> ForwarderRig::Signals() {
  std::vector<HealthSignal> all;
  HealthSignal signal;
  while (lane.signals.TryPop(signal)) all.push_back(signal);
  return all;
}

std::vector<HealthSignal> ForwarderRig::Signals(HealthSignal::Kind kind) {
  std::vector<HealthSignal> all = Signals();
  std::erase_if(all, [&](const HealthSignal& signal) { return signal.kind != kind; });
  return all;
}

std::vector<UpFrame> ForwarderRig::Frames() {
  std::vector<UpFrame> all;
  UpFrame frame;
  while (lane.frames.TryPop(frame)) all.push_back(frame);
  return all;
}

std::vector<UpFrame> ForwarderRig::Handshakes() {
  std::vector<UpFrame> all;
  UpFrame frame;
  while (lane.handshakes.TryPop(frame)) all.push_back(frame);
  return all;
}

std::uint64_t ForwarderRig::DroppedInAll() const {
  std::uint64_t all = 0;
  for (const Counter& counter : stats.drops) all += counter.Get();
  return all;
}

}  // namespace jvpn::testing
