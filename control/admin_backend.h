// AdminBackend: what the admin methods read and do. The gateway puts ControlCore and the workers
// behind it; a test puts values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "channel/worker_stats.h"
#include "control/session_view.h"
#include "wire/drop_reason.h"

namespace jvpn {

struct AdminFacts {
  std::string version;
  std::string node_id;
  std::int64_t uptime_ms = 0;
  bool without_hugepages = false;
};

class AdminBackend {
 public:
  virtual ~AdminBackend() = default;
  virtual AdminFacts Facts(Instant now) const = 0;
  // At most `most`, in the order of their ids, from the first that is not less than `from`.
  virtual std::vector<SessionView> Sessions(const SessionId& from, std::size_t most,
                                            Instant now) const = 0;
  virtual std::size_t SessionCount() const = 0;
  virtual std::optional<SessionView> FindSession(const SessionId& id, Instant now) const = 0;
  virtual TerminateResult Terminate(const SessionId& id, Instant now) = 0;
  virtual std::vector<PolicyGroupView> PolicyGroups() const = 0;
  // False: no peer is of that group.
  virtual bool SetPolicy(const std::string& group, std::shared_ptr<const Policy> policy,
                         Instant now) = 0;
  virtual DropCounters ControlDrops() const = 0;
  virtual std::vector<const WorkerStats*> Workers() const = 0;
};

}  // namespace jvpn
