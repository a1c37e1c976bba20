// World: one simulated run: clients, gateway and the links between them on one time line.
//
//   schedule ──> World ──> RunResult: what it did, one hash, and the first broken rule if there is
//
// A run has two parts. First the steps of the schedule are in force. Then everything heals, and
// within a bound that follows from the policy each session must be ATTACHED at both ends on the
// same transport, carrying every packet, or TERMINATED for a reason (liveness).
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/attacker.h"
#include "tests/sim/client_end.h"
#include "tests/sim/gateway_end.h"
#include "tests/sim/network.h"
#include "tests/sim/schedule.h"

namespace jvpn::sim {

struct RunResult {
  std::optional<Finding> finding;
  std::uint64_t hash = 0;
  Duration simulated{};
  std::uint64_t sessions = 0;  // of all clients
  std::uint64_t datagrams = 0;
  std::uint64_t commits = 0;
  std::set<std::string> edges;  // of the gateway, "ATTACHED>VOLATILE transport_dead"
};

// What runs of one process share because it is dear to make; holds nothing of a run.
struct Workshop {
  std::unique_ptr<AeadEngine> full;
  std::unique_ptr<AeadEngine> fast;
  LanePool lanes;
  static Workshop Open();
  AeadEngine& engine(const Schedule& schedule) { return schedule.full_crypto ? *full : *fast; }
};

class World final : public GatewayAround, public ClientAround {
 public:
  World(const Schedule& schedule, Workshop& workshop, bool print);

  RunResult Run();

  void ToWan(const Endpoint& to, ByteView datagram) override;
  void OnGatewayEvent(const Event& event) override;
  void ToGateway(std::uint32_t client, std::uint32_t link, Bytes datagram) override;
  bool LinkUp(std::uint32_t client, std::uint32_t link) override;
  bool SendRefused(std::uint32_t client, std::uint32_t link) override;
  void OnClientEvent(std::uint32_t client, const Event& event) override;

 private:
  struct Client {
    std::unique_ptr<ClientEnd> end;
    Duration starts{};
    Duration next_packet{};
    Duration packet_every{};
    bool busy = false;  // a traffic step is in force
    std::uint32_t inits = 0;
    std::vector<bool> refused;
  };

  // world_steps.cc: what a step does.
  void Begin(const Step& step);
  void End(const Step& step);
  void Repeat(const Step& step);  // once a tick while it is in force
  void Recompute();
  void Impair(const Step& step);
  void SetLink(std::uint32_t client, std::uint32_t link, bool up);

  void RunUntil(Duration until);
  Duration NextEvent(Duration until) const;
  void HandleNow();
  void StartClients();
  void DoSteps();
  void OfferTraffic();
  void OfferPackets(std::uint32_t client, int count);
  void Tick();
  bool Settled();
  bool Settled(const Client& client, const std::vector<SessionView>& sessions);
  Duration Bound() const;
  void Heal();
  void CheckFinalTraffic();
  std::string Describe();
  bool Broken() const { return findings_.first().has_value(); }

  const Schedule schedule_;
  const std::vector<Policy> policies_;  // that an end may hold
  Findings findings_;
  Trace trace_;
  Dice dice_;
  NonceWatch nonces_{findings_};
  Ledger ledger_{findings_};
  Network network_;
  Attacker attacker_;
  KeyPair gateway_key_;
  std::vector<Client> clients_;
  std::unique_ptr<GatewayEnd> gateway_;
  std::vector<Step> waiting_;  // by `at`, the next one last
  std::vector<Step> in_force_;
  Duration next_tick_{};
  std::uint64_t ticks_ = 0;
  bool healed_ = false;
  RunResult result_;
};

}  // namespace jvpn::sim
