// The table as a whole: what can happen in every (state, input) pair is pinned in a golden file,
// and no row is without a test.
//
// After an intended change: JVPN_UPDATE_GOLDEN=1 build/dev/tests/unit/session/unit_session
//                               --gtest_filter='TransitionTable.*', then review the diff.
#include "session/transition_table.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace jvpn {
namespace {

constexpr State kAllStates[] = {State::kBirth,    State::kAttached,   State::kVolatile,
                                State::kDegraded, State::kRecovering, State::kTerminated};

std::string Render() {
  std::ostringstream out;
  out << "# state, input: the rows that can apply, in order; first whose guard holds.\n";
  for (const State state : kAllStates) {
    for (std::size_t i = 0; i < kInputKinds; ++i) {
      const auto kind = static_cast<InputKind>(i);
      out << '\n' << Name(state) << ' ' << Name(kind) << '\n';
      bool decided = false;
      for (const Row& row : TransitionRows()) {
        const bool applies =
            (row.states & In(state)) != 0 && (row.input == kind || row.input == InputKind::kAny);
        if (!applies || decided) continue;
        out << "  " << row.id << ' ' << row.guard.name << " -> "
            << (row.next ? Name(*row.next) : "same") << '\n';
        decided = row.guard.name == "Always";
      }
      if (!decided) out << "  - otherwise -> InvalidTransitionRejected\n";
    }
  }
  return out.str();
}

TEST(TransitionTable, IsAsTheGoldenFilePinsIt) {
  const std::string path = JVPN_GOLDEN_DIR "/session_transitions.txt";
  if (std::getenv("JVPN_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << Render();
  std::ifstream file(path);
  std::ostringstream pinned;
  pinned << file.rdbuf();
  EXPECT_EQ(Render(), pinned.str());
}

TEST(TransitionTable, HasNoEdgeThatTheMachineMustNotTake) {
  // K1: B>A, A>V, V>R, V>D, D>R, R>A, R>D and anything into T.
  const std::set<std::pair<State, State>> allowed = {
      {State::kBirth, State::kAttached},      {State::kAttached, State::kVolatile},
      {State::kVolatile, State::kRecovering}, {State::kVolatile, State::kDegraded},
      {State::kDegraded, State::kRecovering}, {State::kRecovering, State::kAttached},
      {State::kRecovering, State::kDegraded},
  };
  for (const Row& row : TransitionRows()) {
    for (const State state : kAllStates) {
      if ((row.states & In(state)) == 0 || !row.next) continue;
      EXPECT_NE(state, State::kTerminated) << row.id;
      if (*row.next == State::kTerminated) continue;
      EXPECT_TRUE(allowed.contains({state, *row.next})) << row.id;
    }
  }
}

TEST(TransitionTable, GivesAReasonForEveryEdgeAndNoOther) {
  for (const Row& row : TransitionRows()) {
    EXPECT_EQ(row.next.has_value(), row.reason != nullptr) << row.id;
    EXPECT_NE(row.guard.call, nullptr) << row.id;
  }
}

TEST(TransitionTable, HasATestForEveryRow) {
  std::set<std::string> suites;
  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i) suites.insert(all.GetTestSuite(i)->name());
  for (const Row& row : TransitionRows()) {
    EXPECT_TRUE(suites.contains("Row" + std::string(row.id))) << row.id;
  }
}

}  // namespace
}  // namespace jvpn
