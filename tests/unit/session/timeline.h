// Timeline: a SessionMachine in virtual time, and its log as the acceptance scenarios write it:
// "10000 TransportDead A socket_error; SSC A>V transport_dead v2; …", one line an instant.
//
// Transport 0 is A, 1 is B, …; X is an address that belongs to no transport of the session. States
// in SSC are their first letters. The profile's round trip of 40 ms is the test's business.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "session/replay.h"
#include "session/session_machine.h"

namespace jvpn {

inline constexpr TransportId kA{0};
inline constexpr TransportId kB{1};
inline constexpr TransportId kC{2};
inline constexpr TransportId kX{'X' - 'A'};

constexpr InstantMs At(std::int64_t ms) { return InstantMs{Millis{ms}}; }

// Fresh, validated, no loss, 20 ms, clean since the beginning.
TransportFacts Good();
TransportFacts Lossy(std::uint32_t permille);

// A request that passes every check, and those that fail one.
Reattach Valid(TransportId transport, Reason cause = Reason::kPeerSignal);
Reattach Invalid(TransportId transport, Reattach::Proof proof = Reattach::Proof::kBadProof);
Reattach Replayed(TransportId transport);
Reattach StaleEpoch(TransportId transport);

PolicyBook BookOf(const std::vector<Policy>& policies);
// What SessionReplay finds in the log of a session that went on to `until`; empty: nothing.
std::string JudgeLog(const std::vector<Event>& log, Role role, const PolicyBook& book,
                     InstantMs until);

class Timeline {
 public:
  explicit Timeline(Policy policy = Policy::Reference(), Role role = Role::kGateway);
  // Attached on A at 0, `standbys` known at 100, and the log emptied.
  static Timeline Attached(std::vector<TransportId> standbys, Policy policy = Policy::Reference(),
                           Role role = Role::kGateway);

  // Fires every timer at its own instant until `ms`, then the input.
  Effects Feed(std::int64_t ms, const Input& input);
  // Fires every timer at its own instant up to and at `ms`.
  void Run(std::int64_t ms);

  // Shorthands for the inputs that the scenarios are made of.
  void Dies(std::int64_t ms, TransportId transport, Reason cause = Reason::kSocketError);
  void Learns(std::int64_t ms, TransportId transport, const TransportFacts& facts = Good());
  void Loses(std::int64_t ms, std::uint32_t lost, std::uint32_t sent);

  // The log so far, and an empty one from now on. If the whole log is not what the rules make of it
  // (session/replay.h), that stands behind it.
  std::string Take();
  const std::vector<Event>& events() const { return events_; }
  SessionMachine& machine() { return machine_; }

 private:
  Effects Step(InstantMs now, const Input& input);
  std::string Mismatches() const;

  Role role_;
  std::vector<Policy> policies_;  // all that were ever offered
  SessionMachine machine_;
  InstantMs now_{};
  std::vector<Event> events_;  // since the last Take()
  std::vector<Event> whole_log_;
};

// As ToText(), in the letters of the scenarios.
std::string ScenarioText(const Event& event);
template <typename T>
std::vector<T> All(const Effects& effects) {
  std::vector<T> found;
  for (const Effect& effect : effects) {
    if (const T* one = std::get_if<T>(&effect)) found.push_back(*one);
  }
  return found;
}

}  // namespace jvpn
