// ForwarderRig: one forwarder with buffers instead of ports, in the scene of gateway_scene.h.
#pragma once

#include <memory>
#include <vector>

#include "dataplane/forwarder.h"
#include "tests/support/gateway_scene.h"

namespace jvpn::testing {

inline const MacAddress kWanMac = Mac(1);
inline const MacAddress kCoreMac = Mac(2);

// What became of one packet.
struct Outcome {
  Fate fate = Fate::kRelease;
  PortSide side = PortSide::kWan;
  WorkerId owner{};
  Bytes frame;
};

struct RigOptions {
  WorkerId self{};
  std::uint32_t workers = 1;
  std::uint32_t max_sessions = 16;
  std::uint16_t vlan = 0;
};

class ForwarderRig : public PacketSource {
 public:
  explicit ForwarderRig(const RigOptions& options = {});

  // Bursts of whole frames, in order.
  std::vector<Outcome> WanBurst(const std::vector<Bytes>& frames);
  std::vector<Outcome> CoreBurst(const std::vector<Bytes>& frames);
  Outcome FromWan(const Bytes& frame) { return WanBurst({frame})[0]; }
  Outcome FromCore(const Bytes& frame) { return CoreBurst({frame})[0]; }

  // Commands, run at once; returns the packets they made.
  std::vector<Outcome> Run(const WorkerCommand& command);
  // Session, its routes, and every neighbor of the scene.
  void Install(const SessionProgram& program);

  SessionProgram ProgramFor(const TunnelPeer& peer, Generation generation, bool outer_v6 = false,
                            std::uint8_t transports = 2) const {
    return scene.ProgramFor(peer, generation, outer_v6, transports);
  }
  Bytes WanFrame(ByteView payload, bool outer_v6 = false, std::uint16_t port = 40000) const {
    return scene.FromClient(payload, outer_v6, port);
  }

  bool Scan() { return forwarder->Scan(now); }
  void Advance(Millis by) { now += by; }
  std::vector<HealthSignal> Signals();
  std::vector<HealthSignal> Signals(HealthSignal::Kind kind);
  std::vector<UpFrame> Frames();
  std::vector<UpFrame> Handshakes();
  std::uint64_t Dropped(DropReason reason) const {
    return stats.drops[static_cast<std::size_t>(reason)].Get();
  }
  // Of all reasons.
  std::uint64_t DroppedInAll() const;

  bool Take(Packet& out) override;

  GatewayScene scene;
  ForwarderConfig config;
  Lane lane;
  WorkerStats stats;
  std::unique_ptr<AeadEngine> engine;
  std::unique_ptr<Forwarder> forwarder;
  Instant now{std::chrono::seconds(1000)};
  bool buffers_left = true;

 private:
  static constexpr std::size_t kHeadroom = 128;
  static constexpr std::size_t kRoom = 2048;
  using Buffer = std::array<std::uint8_t, kHeadroom + kRoom>;

  Packet Load(std::size_t buffer, const Bytes& frame, PortSide side);
  std::vector<Outcome> Unload(std::span<const Packet> packets);

  std::vector<Buffer> buffers_{kBurstPackets};
};

}  // namespace jvpn::testing
