// GatewayEnd: the shipping gateway without its ports and threads: ControlCore and Forwarders with
// their lanes, turned by hand. Around it a router on each side that answers for its neighbors.
//
// Order     A turn lets workers and control core take turns until none has anything to do at this
//           instant, unless a stall keeps one of them away.
// Process   Kill() ends it at any instant, Boot() begins another one on the same disk.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "control/control_core.h"
#include "dataplane/forwarder.h"
#include "store/memory_store.h"
#include "tests/sim/dice.h"
#include "tests/sim/engines.h"
#include "tests/sim/ledger.h"
#include "tests/sim/log_check.h"

namespace jvpn::sim {

// What the gateway sends, and whose it is.
class GatewayAround {
 public:
  virtual ~GatewayAround() = default;
  virtual void ToWan(const Endpoint& to, ByteView datagram) = 0;
  virtual void OnGatewayEvent(const Event& event) = 0;
};

// Rings are large; runs of one process share them, empty between two.
struct LanePool {
  std::vector<std::unique_ptr<Lane>> lanes;
  Lane& Get(std::size_t index);
};

class GatewayEnd final : public PacketSource, public EventSink, public EngineObserver {
 public:
  GatewayEnd(const Schedule& schedule, const KeyPair& identity,
             const std::vector<PublicKey>& clients, AeadEngine& engine, NonceWatch& nonces,
             Ledger& ledger, Findings& findings, Trace& trace, LanePool& lanes,
             GatewayAround& around);

  void FromWan(const Endpoint& from, ByteView datagram);
  void FromHost(ByteView packet);
  void Turn();
  Duration NextTurn() const;

  void StallControl(Duration until);
  void StallWorkers(Duration until) { workers_stalled_until_ = until; }
  void SetPort(bool up);
  void SetNeighborSilent(bool silent) { neighbor_silent_ = silent; }
  void TerminateSomeSession();
  // As "jvpnctl policy apply" does it, in the control loop.
  void ApplyPolicy(const PolicyOffer& offer);
  // Of sessions that begin now.
  const Policy& policy() const { return *config_.peers.front().policy; }
  void Stop() {
    if (alive()) core_->TerminateAll(Now());
  }
  // The process dies where it stands: nothing of it is left but the store's disk.
  void Kill();
  void Boot();
  bool alive() const { return core_ != nullptr; }
  void SetStoreFailing(bool failing);
  void SetStoreStalled(bool stalled);
  void TearNextPut(std::size_t bytes);

  Instant Now() const { return clock_.At(trace_.now()); }
  Endpoint local() const;
  std::vector<SessionView> Sessions() const {
    return alive() ? core_->Sessions(Now()) : std::vector<SessionView>{};
  }
  // The log of a session; nullptr for one that has none yet.
  const LogCheck* LogOf(const SessionId& id) const;
  // Logs and cores agree, and nothing is overdue.
  void Check();

  bool Take(Packet& out) override;
  void Append(const Event& event) override;
  void Sealing(NonceWatch::KeyName key, std::uint32_t transport, ByteView plaintext) override;
  void Opened(std::uint32_t transport, ByteView plaintext) override;

 private:
  static constexpr std::size_t kHeadroom = 128;
  static constexpr std::size_t kRoom = 2048;
  using Buffer = std::array<std::uint8_t, kHeadroom + kRoom>;

  struct Frame {
    PortSide side{};
    Bytes bytes;
  };
  struct Worker {
    Lane* lane = nullptr;
    std::unique_ptr<WorkerStats> stats;
    std::unique_ptr<Forwarder> forwarder;
    std::deque<Frame> received;
    std::uint64_t dropped() const;
  };

  bool WorkerTurn(Worker& worker);
  void RunBurst(Worker& worker);
  Packet Load(std::size_t buffer, PortSide side, const Bytes& frame);
  void Settle(std::span<const Packet> packets);
  void Transmit(const Packet& packet);
  void TransmitWan(ByteView frame);
  void TransmitCore(ByteView frame);
  void CheckBurst(const Worker& worker, std::span<const Packet> packets, std::uint64_t dropped);
  void CheckDelivery(std::uint32_t client, std::uint32_t number);
  void LearnSessions();
  void Deliver(Worker& worker, PortSide side, Bytes frame);
  bool Stalled(Duration until) const { return trace_.now() < until; }
  const LogCheck* LiveLogOf(std::uint32_t client) const;

  SkewedClock clock_;
  NonceWatch& nonces_;
  Ledger& ledger_;
  Findings& findings_;
  Trace& trace_;
  GatewayAround& around_;
  DiceRandom random_;
  WatchedEngine engine_;
  ControlConfig config_;
  LanePool& lanes_;
  const std::uint32_t worker_count_;
  MemoryDisk disk_;
  std::unique_ptr<MemoryStore> store_;
  Persistence persistence_;
  bool store_failing_ = false;
  bool store_stalled_ = false;
  bool store_doubtful_ = false;  // what the log told may not have reached the disk
  Duration killed_at_{};
  std::vector<Worker> workers_;
  std::unique_ptr<ControlCore> core_;

  std::vector<Buffer> buffers_{kBurstPackets};
  std::size_t taken_ = 0;  // buffers of this turn's commands
  Duration control_stalled_until_{-1};
  Duration workers_stalled_until_{-1};
  Duration next_scan_{};
  bool port_up_ = true;
  bool neighbor_silent_ = false;

  PolicyBook policies_;                    // that the log has told
  std::shared_ptr<const Policy> written_;  // in the configuration file
  std::map<SessionId, LogCheck> logs_;
  std::map<SessionId, std::uint32_t> client_of_;
  std::map<IpAddress, std::uint32_t> client_by_inner_;
  bool sessions_changed_ = false;
  Millis stalled_{0};  // in all
  // Of the present burst: inner packets and the transport on which each came; other plaintexts.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> opened_;
  std::size_t opened_path_frames_ = 0;
  const Worker* running_ = nullptr;
};

}  // namespace jvpn::sim
