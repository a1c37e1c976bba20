// ClientLoop: one running client: its tunnel interface, its sockets, its session, one thread.
//
//   turn: wait -> what came (links, datagrams, inner packets, commands) -> timers -> what is to be
//   sent
//
// What came is handed to the session before its timers run, so that a late turn never takes a
// waiting answer for silence.
//
// Ownership  Run() holds the thread until the session has ended. Everything the client made in the
// system
//            goes with this object, the tunnel interface first of all.
// Bounds     kPacketsPerTurn inner packets and one batch of datagrams a socket in one turn.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "base/time.h"
#include "client/audit_log.h"
#include "client/config.h"
#include "client/control_server.h"
#include "client/ending.h"
#include "client/endpoint_resolver.h"
#include "client/link_monitor.h"
#include "client/poller.h"
#include "client/tun_device.h"
#include "client/udp_transport.h"
#include "crypto/aead.h"
#include "session/client_session.h"

namespace jvpn {

class ClientLoop {
 public:
  static constexpr unsigned kPacketsPerTurn = 64;

  // Takes the name, makes the interface, resolves the gateway. `clock` and `random` outlive the
  // loop.
  static absl::StatusOr<std::unique_ptr<ClientLoop>> Create(const ClientFile& file,
                                                            ClientIdentity identity, Clock& clock,
                                                            Random& random);
  ~ClientLoop();

  // `on_attached` is called once, when the tunnel is ready; its argument is a line for the user.
  using OnAttached = std::function<void(const std::string& line)>;
  Ending Run(const OnAttached& on_attached);

 private:
  struct Path {
    std::size_t uplink = 0;
    UdpTransport socket;
    std::uint32_t opened_on = 0;  // the device's index then
  };
  struct Kernel {  // what the system lends us
    ControlServer control;
    TunDevice tun;
    LinkMonitor links;
    Poller poller;
    UniqueFd signals;
    std::optional<AuditLog> audit;
  };

  ClientLoop(const ClientFile& file, Kernel kernel, std::unique_ptr<AeadEngine> engine,
             Clock& clock);
  absl::Status OpenPaths(const std::vector<Endpoint>& gateways);
  absl::Status OpenPath(std::size_t path);
  absl::Status Register();
  void StartSession(ClientIdentity identity, Random& random);

  void Turn(const OnAttached& on_attached);
  void Handle(std::uint64_t tag, Instant now);
  void ReadTun(Instant now);
  void ReadPath(std::size_t path, Instant now);
  void ReadSignals(Instant now);
  void ServeControl(Instant now);
  void TakeLinkChanges(Instant now);
  void Flush(Instant now, const OnAttached& on_attached);
  void SendAll(Instant now);
  void Notice(Instant now, const ClientNotice& notice, const OnAttached& on_attached);
  void ConfigureTun(Instant now, const Configure& configure);
  // Ends the session for a fault of this machine, and says which.
  void Fail(Instant now, const absl::Status& status);
  std::string StatusLine(Instant now) const;

  const ClientFile file_;
  Kernel kernel_;
  std::unique_ptr<AeadEngine> engine_;
  Clock& clock_;
  std::vector<Path> paths_;  // transport k of the session is paths_[k]
  std::optional<ClientSession> session_;
  std::unique_ptr<ReceiveBuffers> buffers_;
  Bytes tun_buffer_;
  ClientOutput out_;
  std::optional<Ending> fault_;  // ours, which ended the session
  std::optional<Ending> ending_;
};

}  // namespace jvpn
