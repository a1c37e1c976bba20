#include "session/candidate_table.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"

namespace jvpn {
namespace {

TransportId IdAt(std::size_t index) { return TransportId{static_cast<std::uint32_t>(index)}; }

}  // namespace

void CandidateTable::Set(TransportId id, const TransportFacts& facts) {
  CHECK(IsTransport(id));
  facts_[Value(id)] = facts;
}

const TransportFacts& CandidateTable::Get(TransportId id) const {
  static const TransportFacts kUnknown;
  return IsTransport(id) ? facts_[Value(id)] : kUnknown;
}

std::uint32_t CandidateTable::Count(TransportId active) const {
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    if (facts_[i].known && !facts_[i].dead && IdAt(i) != active) ++count;
  }
  return count;
}

std::vector<std::pair<TransportId, TransportFacts>> CandidateTable::Alive(
    TransportId active) const {
  std::vector<std::pair<TransportId, TransportFacts>> alive;
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    const bool counts = facts_[i].known && !facts_[i].dead;
    if (counts || IdAt(i) == active) alive.emplace_back(IdAt(i), facts_[i]);
  }
  return alive;
}

bool CandidateTable::Usable(TransportId id, const Situation& situation) const {
  const TransportFacts& facts = Get(id);
  if (facts.dead || facts.verdict == Verdict::kLossy) return false;
  if (IsTransport(id) && id == situation.active) return situation.active_stable;
  if (!facts.known || !facts.fresh) return false;
  return facts.verdict == Verdict::kOk || !facts.probe_gap;
}

bool CandidateTable::BeatsActive(TransportId id, const Situation& situation,
                                 const Policy& policy) const {
  if (!policy.enforce_hysteresis || !situation.by_loss_or_latency) return true;
  const std::uint64_t kept = 1000 - std::min(Get(id).loss_permille, 1000U);
  const std::uint64_t kept_by_active = 1000 - std::min(Get(situation.active).loss_permille, 1000U);
  return kept * 1000 > kept_by_active * policy.switch_improvement_factor;
}

bool CandidateTable::Eligible(TransportId id, const Situation& situation,
                              const Policy& policy) const {
  if (!Usable(id, situation)) return false;
  if (situation.active == TransportId::kNone || id == situation.active) return true;
  const TransportFacts& facts = Get(id);
  if (facts.failed_before && situation.now - facts.clean_since < policy.stability_window) {
    return false;
  }
  return BeatsActive(id, situation, policy);
}

bool CandidateTable::Barred(TransportId id, const Situation& situation,
                            const Policy& policy) const {
  if (Get(id).barred || !policy.Allows(kTransportProtocol)) return true;
  return !policy.switching_enabled && id != situation.previous;
}

std::optional<TransportId> CandidateTable::Best(const Situation& situation, const Policy& policy,
                                                TransportSet excluded) const {
  std::optional<TransportId> best;
  const auto rank = [this](TransportId id) {
    const TransportFacts& facts = Get(id);
    return std::tuple(facts.loss_permille / 10, facts.latency_us, facts.clean_since, Value(id));
  };
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    const TransportId id = IdAt(i);
    if ((excluded & SetOf(id)) != 0 || !Eligible(id, situation, policy)) continue;
    if (Barred(id, situation, policy)) continue;
    if (!best || rank(id) < rank(*best)) best = id;
  }
  return best;
}

bool CandidateTable::AnyEligible(const Situation& situation, const Policy& policy,
                                 TransportSet excluded) const {
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    const TransportId id = IdAt(i);
    if ((excluded & SetOf(id)) == 0 && Eligible(id, situation, policy)) return true;
  }
  return false;
}

std::optional<InstantMs> CandidateTable::NextEligible(const Situation& situation,
                                                      const Policy& policy) const {
  std::optional<InstantMs> next;
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    const InstantMs ripe = facts_[i].clean_since + policy.stability_window;
    if (ripe <= situation.now || (next && *next <= ripe)) continue;
    Situation then = situation;
    then.now = ripe;
    if (!Eligible(IdAt(i), situation, policy) && Eligible(IdAt(i), then, policy)) next = ripe;
  }
  return next;
}

}  // namespace jvpn
