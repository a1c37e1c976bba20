#include "tests/sim/minimize.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "base/check.h"
#include "tests/sim/world.h"

namespace jvpn::sim {

std::string RuleOfTrial(const Schedule& schedule) {
  std::fflush(nullptr);
  int ends[2];
  CHECK(pipe(ends) == 0);
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    Workshop workshop = Workshop::Open();
    const RunResult result = World(schedule, workshop, /*print=*/false).Run();
    const std::string rule = result.finding ? result.finding->rule : "";
    const bool told = write(ends[1], rule.data(), rule.size()) >= 0;
    _exit(told ? 0 : 1);
  }
  close(ends[1]);
  char rule[64];
  const ssize_t size = read(ends[0], rule, sizeof rule);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status)) return "CHECK";
  return size > 0 ? std::string(rule, static_cast<std::size_t>(size)) : "";
}

Schedule Minimize(Schedule schedule, const std::function<std::string(const Schedule&)>& trial) {
  for (std::size_t i = schedule.steps.size(); i-- > 0;) {
    Schedule smaller = schedule;
    smaller.steps.erase(smaller.steps.begin() + static_cast<std::ptrdiff_t>(i));
    if (!trial(smaller).empty()) schedule = std::move(smaller);
  }
  return schedule;
}

}  // namespace jvpn::sim
