#include "gateway/core_backend.h"

#include <utility>

namespace jvpn {

CoreBackend::CoreBackend(ControlCore& core, const Dataplane& dataplane, std::uint32_t workers,
                         AdminFacts facts, Instant started)
    : core_(core), facts_(std::move(facts)), started_(started) {
  for (std::uint32_t w = 0; w < workers; ++w) workers_.push_back(&dataplane.stats(w));
}

AdminFacts CoreBackend::Facts(Instant now) const {
  AdminFacts facts = facts_;
  facts.uptime_ms = std::chrono::duration_cast<Millis>(now - started_).count();
  return facts;
}

std::vector<SessionView> CoreBackend::Sessions(const SessionId& from, std::size_t most,
                                               Instant now) const {
  return core_.Sessions(now, from, most);
}

std::size_t CoreBackend::SessionCount() const { return core_.session_count(); }

std::optional<SessionView> CoreBackend::FindSession(const SessionId& id, Instant now) const {
  return core_.FindSession(id, now);
}

TerminateResult CoreBackend::Terminate(const SessionId& id, Instant now) {
  return core_.Terminate(id, now);
}

std::vector<PolicyGroupView> CoreBackend::PolicyGroups() const { return core_.PolicyGroups(); }

bool CoreBackend::SetPolicy(const std::string& group, std::shared_ptr<const Policy> policy,
                            Instant now) {
  return core_.SetPolicy(group, std::move(policy), now);
}

DropCounters CoreBackend::ControlDrops() const { return core_.drops(); }

std::vector<const WorkerStats*> CoreBackend::Workers() const { return workers_; }

}  // namespace jvpn
