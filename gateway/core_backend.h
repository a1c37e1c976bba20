// CoreBackend: the admin methods' view of the running gateway. Everything here runs in the control
// loop; the workers' counters may be read at any time.
#pragma once

#include "control/admin_backend.h"
#include "control/control_core.h"
#include "dataplane/dataplane.h"

namespace jvpn {

class CoreBackend final : public AdminBackend {
 public:
  // `facts.uptime_ms` is counted from `started`. Both planes must outlive this.
  CoreBackend(ControlCore& core, const Dataplane& dataplane, std::uint32_t workers,
              AdminFacts facts, Instant started);

  AdminFacts Facts(Instant now) const override;
  std::vector<SessionView> Sessions(const SessionId& from, std::size_t most,
                                    Instant now) const override;
  std::size_t SessionCount() const override;
  std::optional<SessionView> FindSession(const SessionId& id, Instant now) const override;
  TerminateResult Terminate(const SessionId& id, Instant now) override;
  std::vector<PolicyGroupView> PolicyGroups() const override;
  bool SetPolicy(const std::string& group, std::shared_ptr<const Policy> policy,
                 Instant now) override;
  DropCounters ControlDrops() const override;
  std::vector<const WorkerStats*> Workers() const override;

 private:
  ControlCore& core_;
  std::vector<const WorkerStats*> workers_;
  AdminFacts facts_;
  Instant started_;
};

}  // namespace jvpn
