// ClientEnd: the shipping client core with a socket a link, in the order in which the client's loop
// turns: what has come, link changes, time, then what is to be sent.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "session/client_session.h"
#include "tests/sim/dice.h"
#include "tests/sim/engines.h"
#include "tests/sim/ledger.h"
#include "tests/sim/log_check.h"

namespace jvpn::sim {

class ClientAround {
 public:
  virtual ~ClientAround() = default;
  virtual void ToGateway(std::uint32_t client, std::uint32_t link, Bytes datagram) = 0;
  virtual bool LinkUp(std::uint32_t client, std::uint32_t link) = 0;
  virtual bool SendRefused(std::uint32_t client, std::uint32_t link) = 0;
  virtual void OnClientEvent(std::uint32_t client, const Event& event) = 0;
};

class ClientEnd final : public EngineObserver {
 public:
  ClientEnd(const Schedule& schedule, std::uint32_t index, const PublicKey& gateway,
            const Endpoint& remote, AeadEngine& engine, NonceWatch& nonces, Ledger& ledger,
            Findings& findings, Trace& trace, ClientAround& around);

  const PublicKey& public_key() const { return key_.public_key; }

  // A new process with the same keys: whatever the old one knew is gone.
  void Start();
  void OnDatagram(std::uint32_t link, Bytes datagram);
  // Next to be read from the tunnel interface.
  void OnInner(Bytes packet);
  void OnLink(std::uint32_t link, LinkEvent event);
  void Terminate();
  void Turn();
  Duration NextTurn() const;
  void Stall(Duration until);

  bool running() const { return session_ != nullptr; }
  bool ended() const { return session_ != nullptr && session_->ended(); }
  bool attached() const { return attached_; }
  const IpAddress& inner() const { return inner_; }
  std::uint32_t starts() const { return starts_; }
  ClientView View() const { return session_->View(Now()); }
  const LogCheck* log() const { return log_.get(); }
  // Log and core agree, and nothing is overdue.
  void Check();

  void KeyExpanded(NonceWatch::KeyName key) override { nonces_.Own(key, index_); }
  void Sealing(NonceWatch::KeyName key, std::uint32_t transport, ByteView plaintext) override;
  void Opened(std::uint32_t, ByteView) override {}

 private:
  struct Received {
    std::uint32_t link = 0;
    Bytes bytes;
  };
  Instant Now() const { return clock_.At(trace_.now()); }
  void Flush();
  void SendAll();
  void Notice(const ClientNotice& notice);
  void TakeDelivered(std::uint32_t link);

  const PolicyBook policies_;  // that a handshake may bring
  const std::uint32_t index_;
  const std::size_t links_;
  const SkewedClock clock_;
  const PublicKey gateway_;
  const Endpoint remote_;
  NonceWatch& nonces_;
  Ledger& ledger_;
  Findings& findings_;
  Trace& trace_;
  ClientAround& around_;
  DiceRandom random_;
  WatchedEngine engine_;
  KeyPair key_;

  std::unique_ptr<ClientSession> session_;
  std::unique_ptr<LogCheck> log_;
  ClientOutput out_;
  std::deque<Received> received_;
  std::deque<Bytes> from_tun_;
  std::vector<LinkChange> changes_;
  bool terminate_ = false;
  Duration stalled_until_{-1};
  bool attached_ = false;
  IpAddress inner_;
  std::uint32_t starts_ = 0;
};

}  // namespace jvpn::sim
