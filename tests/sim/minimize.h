// Minimize: the smallest part of a failing schedule that still fails.
#pragma once

#include <functional>
#include <string>

#include "tests/sim/schedule.h"

namespace jvpn::sim {

// What a run of the schedule ends with: empty, or the broken rule ("CHECK" when the process died).
// Each trial is a process of its own, so that a failed CHECK ends the trial only.
std::string RuleOfTrial(const Schedule& schedule);

// Leaves out one step after the other as long as some rule breaks.
Schedule Minimize(Schedule schedule, const std::function<std::string(const Schedule&)>& trial);

}  // namespace jvpn::sim
