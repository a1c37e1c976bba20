// ClientWorld: a ClientSession and a TestGateway over a network of tests, in virtual time. Every
// transport has its own one-way delay and its own cuts; nothing is lost or reordered unless a test
// says so.
//
// The log is what the client's user and its audit would read, one line an entry, times in ms since
// the start: "1000 SSC ATTACHED>VOLATILE transport_dead v2".
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "session/client_session.h"
#include "tests/support/seeded_random.h"
#include "tests/support/test_gateway.h"

namespace jvpn {

class ClientWorld {
 public:
  explicit ClientWorld(std::size_t transports, std::uint64_t seed = 1);

  // Two keys that do not belong together, for the handshake that must fail.
  void UseWrongPresharedKey() { wrong_psk_ = true; }
  // The client starts at the first call of Run().
  void Run(std::int64_t until_ms);
  // The same with an inner packet each way, each 10 ms; the way down on the bound transport.
  void RunLoaded(std::int64_t until_ms);
  // Attached on transport 0 and all others validated and fresh; the log is emptied.
  void RunUntilReady();

  // Of each `of` frames, `lose` evenly spread ones.
  struct Losses {
    std::uint32_t lose = 0;
    std::uint32_t of = 100;
    std::uint32_t seen = 0;
    bool Take() {
      const std::uint32_t before = seen++ % of;
      return (before + 1) * lose / of != before * lose / of;
    }
  };
  struct Wire {
    Duration delay = std::chrono::milliseconds(20);
    bool to_gateway = true;
    bool to_client = true;
    Losses up;
    Losses down;
    void Cut() { to_gateway = to_client = false; }
    void Mend() { to_gateway = to_client = true; }
  };
  Wire& wire(std::uint32_t transport) { return wires_[transport]; }

  void Link(std::uint32_t transport, LinkEvent event);
  void SendInner(std::size_t size = 100);
  void ReceiveInner(std::uint32_t transport, std::size_t size = 100);
  void Terminate();
  // Straight into the client, as if the network had made it up.
  void Inject(std::uint32_t transport, Bytes bytes, std::optional<Endpoint> source = {});
  void FromGateway(const TestGateway::Datagrams& datagrams);

  // What the client has sent, kept from the start: transport, time, bytes.
  struct Sent {
    std::int64_t ms = 0;
    std::uint32_t transport = 0;
    Bytes bytes;
  };
  const std::vector<Sent>& sent() const { return sent_; }
  std::size_t CountSent(std::uint32_t transport, FrameType type) const;
  // Whatever the gateway sent, on its way to the client.
  const std::vector<Bytes>& received() const { return received_; }
  const std::vector<Bytes>& delivered() const { return delivered_; }
  const std::optional<Configure>& configured() const { return configured_; }
  const std::optional<Ended>& ended() const { return ended_; }
  std::string TakeLog();

  TestGateway& gateway() { return *gateway_; }
  ClientSession& client() { return *client_; }
  ClientView View() const { return client_->View(Now()); }
  std::int64_t now_ms() const { return now_ms_; }
  Instant Now() const;
  Endpoint client_endpoint(std::uint32_t transport) const;

  static Bytes InnerPacket(std::size_t size);

 private:
  struct Flight {
    bool to_gateway = false;
    std::uint32_t transport = 0;
    Endpoint source;
    Bytes bytes;
  };
  void Start();
  void Drain(ClientOutput& out);
  void Log(const std::string& line);
  void Arrive(Flight flight);
  std::uint32_t TransportOf(const TestGateway::Datagram& datagram) const;
  Instant NextEvent() const;

  SeededRandom random_;
  std::unique_ptr<AeadEngine> engine_;
  bool wrong_psk_ = false;
  KeyPair client_key_;
  KeyPair gateway_key_;
  Secret32 psk_;
  std::unique_ptr<TestGateway> gateway_;
  std::unique_ptr<ClientSession> client_;
  std::vector<Wire> wires_;
  std::vector<std::uint32_t> moves_;  // new addresses so far, a transport
  std::vector<bool> up_;
  std::multimap<Instant, Flight> flights_;
  Instant now_;
  std::int64_t now_ms_ = 0;

  std::vector<Sent> sent_;
  std::vector<Bytes> received_;
  std::vector<Bytes> delivered_;
  std::optional<Configure> configured_;
  std::optional<Ended> ended_;
  std::string log_;
};

}  // namespace jvpn
