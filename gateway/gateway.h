// Gateway: both planes, assembled. The one place that sees workers and control core together.
//
//   Start   control socket, audit log, store, ports, control core; nothing is touched by a second
//           instance. Then root's rights are given up, and workers begin.
//   Run     the control loop, until SIGTERM or SIGINT
//   end     sessions stay in the store; without one each is told that it ends. Lanes drain, workers
//           stop, the audit log is flushed
//
// Ownership  The main thread; it becomes the control core's.
// Errors     absl::Status with a sentence that says what to do; nothing is left half started.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "base/boot_clock.h"
#include "control/admin_methods.h"
#include "control/admin_server.h"
#include "control/audit_log.h"
#include "control/control_core.h"
#include "crypto/sodium_random.h"
#include "dataplane/dataplane.h"
#include "gateway/config.h"
#include "gateway/core_backend.h"
#include "gateway/stop_signals.h"
#include "store/sqlite_store.h"

namespace jvpn {

class Gateway {
 public:
  static absl::StatusOr<std::unique_ptr<Gateway>> Start(GatewayConfig config);
  ~Gateway();

  void Run();

 private:
  explicit Gateway(GatewayConfig config);

  absl::Status OpenDoors();
  absl::Status OpenStore();
  absl::Status StartPlanes();
  // Everything is open: what is not needed any more is given up, in every thread, for good.
  absl::Status Confine();
  // The first lines of the audit log: that it begins, and every policy of the configuration.
  void OpenLog(Instant now);
  void TellFacts() const;
  // Waits for an admin request or a signal, or until the control core has work by itself.
  void Wait(Instant now, bool busy);
  void HandleSignals();
  void ShutDown();
  bool LanesDrained() const;

  GatewayConfig config_;
  StopSignals signals_;
  BootClock clock_;
  SodiumRandom random_;
  std::unique_ptr<AdminSocket> socket_;  // until the server takes it
  std::unique_ptr<AuditLog> audit_;
  std::unique_ptr<SqliteStore> store_;  // null: sessions end with the process
  Persistence persistence_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unique_ptr<Dataplane> dataplane_;
  std::unique_ptr<ControlCore> core_;
  std::unique_ptr<CoreBackend> backend_;
  std::unique_ptr<AdminMethods> methods_;
  std::unique_ptr<AdminServer> admin_;
  bool stopping_ = false;
  bool store_loss_told_ = false;
};

}  // namespace jvpn
