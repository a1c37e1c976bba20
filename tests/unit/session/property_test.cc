// K1 to K9 of requirements 8.1 on random schedules: whatever happens, in whatever order, the log of
// a session obeys them. Seeds are fixed; a failure names its seed.
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/session/random_schedule.h"

namespace jvpn {
namespace {

#ifdef __SANITIZE_ADDRESS__
// This build looks for broken memory, not for rare schedules, and takes twenty times as long.
constexpr int kSchedules = 2'000;
#else
constexpr int kSchedules = 24'000;
#endif
bool Allowed(State from, State to) {
  static const std::set<std::pair<State, State>> kEdges = {
      {State::kBirth, State::kAttached},      {State::kAttached, State::kVolatile},
      {State::kVolatile, State::kRecovering}, {State::kVolatile, State::kDegraded},
      {State::kDegraded, State::kRecovering}, {State::kRecovering, State::kAttached},
      {State::kRecovering, State::kDegraded}};
  return from != State::kTerminated && (to == State::kTerminated || kEdges.contains({from, to}));
}

template <typename Field>
Field Extreme(const Played& run, Field Policy::*field, bool greatest) {
  Field value = run.policies.front().*field;
  for (const Policy& policy : run.policies) {
    value = greatest ? std::max(value, policy.*field) : std::min(value, policy.*field);
  }
  return value;
}

// K1, K2, K7, K8.
void CheckEdges(const Played& run) {
  State state = State::kBirth;
  std::uint32_t version = 0;
  InstantMs entered{};
  bool ended = false;
  Reason end_reason{};
  InstantMs last{};
  for (std::size_t i = 0; i < run.events.size(); ++i) {
    const Event& event = run.events[i];
    EXPECT_GE(event.at, last);
    last = event.at;
    if (event.type == EventType::kSessionTerminated) {
      ASSERT_FALSE(ended) << "K8";
      ASSERT_EQ(state, State::kTerminated) << "K8";
      ASSERT_EQ(run.events[i - 1].type, EventType::kSessionStateChange) << "K8";
      EXPECT_EQ(event.reason, end_reason) << "K8";
      ended = true;
    } else if (ended) {
      // G8 still answers requests, and that is all.
      EXPECT_EQ(event.type, EventType::kReattachResult) << "K8";
    }
    if (event.type != EventType::kSessionStateChange) continue;
    EXPECT_EQ(event.previous_state, state) << "K2";
    EXPECT_TRUE(Allowed(state, *event.new_state)) << "K1 " << ToText(event);
    EXPECT_EQ(event.state_version, ++version) << "K2";
    if (state == State::kRecovering) {
      EXPECT_LE(event.at - entered, Extreme(run, &Policy::recovery_window, true) + Millis{1})
          << "K7";
    }
    state = *event.new_state;
    entered = event.at;
    end_reason = *event.reason;
  }
}

// K5 and K6.
void CheckSwitches(const Played& run) {
  std::vector<InstantMs> commits;
  std::size_t reattached = 0;
  std::optional<InstantMs> left_recovering;
  for (const Event& event : run.events) {
    if (event.type == EventType::kTransportSwitch ||
        event.type == EventType::kTransportRevalidated) {
      commits.push_back(event.at);
    }
    if (event.type != EventType::kSessionStateChange) continue;
    if (event.new_state == State::kRecovering && left_recovering) {
      EXPECT_GE(event.at - *left_recovering, Extreme(run, &Policy::switch_cooldown, false)) << "K6";
    }
    if (event.previous_state == State::kRecovering) {
      left_recovering = event.at;
      if (event.new_state == State::kAttached) ++reattached;
    }
  }
  EXPECT_EQ(commits.size(), reattached) << "K5";
  const std::uint32_t cap = Extreme(run, &Policy::max_switches_per_min, true);
  for (std::size_t i = cap; i < commits.size(); ++i) {
    EXPECT_GE(commits[i] - commits[i - cap], Millis{60'000}) << "K5";
  }
}

std::string Text(const Played& run) {
  std::string text;
  for (const Event& event : run.events) text += ToJson(event, "n") + '\n';
  return text;
}

TEST(RandomSchedules, ObeyTheCommonChecks) {
  std::set<std::pair<State, State>> seen;
  for (std::uint32_t seed = 0; seed < kSchedules; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Played run = Play(seed);
    CheckEdges(run);
    CheckSwitches(run);
    for (const Event& event : run.events) {
      if (event.type == EventType::kSessionStateChange) {
        seen.insert({*event.previous_state, *event.new_state});
      }
      // A timer that fires without a row would mean that deadline and guard disagree.
      EXPECT_FALSE(event.input.starts_with("timer")) << event.input;
    }
    if (HasFailure()) return;
  }
  EXPECT_EQ(seen.size(), 7U + 5U);  // the schedules reach every edge that there is
}

TEST(RandomSchedules, GiveTheSameLogForTheSameInputs) {
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    EXPECT_EQ(Text(Play(seed)), Text(Play(seed))) << seed;  // K9
  }
}

}  // namespace
}  // namespace jvpn
