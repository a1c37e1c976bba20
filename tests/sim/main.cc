// sim: runs seeds of the simulator. scripts/sim shards them over processes and shows progress.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "crypto/sodium_random.h"
#include "tests/sim/minimize.h"
#include "tests/sim/world.h"

namespace jvpn::sim {
namespace {

// A failed CHECK ends the process; which seed it was is said first.
std::array<char, 32> g_running{};
int g_running_size = 0;

void OnAbort(int) {
  if (write(STDOUT_FILENO, g_running.data(), static_cast<std::size_t>(g_running_size)) < 0)
    _exit(4);
  _exit(3);
}

void NoteRunning(std::uint64_t seed) {
  g_running_size = std::snprintf(g_running.data(), g_running.size(), "crashed %llu\n",
                                 static_cast<unsigned long long>(seed));
}

struct Sum {
  std::uint64_t seeds = 0;
  std::uint64_t hash = 0;
  std::uint64_t sessions = 0;
  std::uint64_t datagrams = 0;
  std::uint64_t commits = 0;
  double session_seconds = 0;
  std::set<std::string> edges;
  std::array<std::uint64_t, kFaults> faults{};
  std::vector<nlohmann::json> findings;

  void Add(const Schedule& schedule, const RunResult& run) {
    ++seeds;
    hash = (hash ^ run.hash) * 0x0000'0100'0000'01b3U;
    sessions += run.sessions;
    datagrams += run.datagrams;
    commits += run.commits;
    session_seconds +=
        static_cast<double>(run.sessions) * std::chrono::duration<double>(run.simulated).count();
    edges.insert(run.edges.begin(), run.edges.end());
    for (const Step& step : schedule.steps) ++faults[static_cast<std::size_t>(step.fault)];
    if (run.finding) {
      findings.push_back(
          {{"seed", schedule.seed}, {"rule", run.finding->rule}, {"text", run.finding->text}});
    }
  }

  nlohmann::json ToJson() const {
    nlohmann::json by_fault;
    for (std::size_t i = 0; i < kFaults; ++i) by_fault[std::string(kFaultNames[i])] = faults[i];
    return {{"seeds", seeds},         {"hash", hash},       {"sessions", sessions},
            {"datagrams", datagrams}, {"commits", commits}, {"session_seconds", session_seconds},
            {"edges", edges},         {"faults", by_fault}, {"findings", findings}};
  }
};

int RunMany(std::uint64_t from, std::uint64_t count) {
  Workshop workshop = Workshop::Open();
  Sum sum;
  std::signal(SIGABRT, OnAbort);
  for (std::uint64_t seed = from; seed < from + count; ++seed) {
    NoteRunning(seed);
    const Schedule schedule = MakeSchedule(seed);
    sum.Add(schedule, World(schedule, workshop, /*print=*/false).Run());
  }
  std::printf("%s\n", sum.ToJson().dump().c_str());
  return sum.findings.empty() ? 0 : 1;
}

std::string PolicyText(const Policy& p) {
  const Policy base = *Policy::FromProfile(p.profile);
  std::string text = "policy " + p.profile;
  const auto differs = [&](const char* name, auto value, auto usual) {
    if (value != usual) text += std::string(", ") + name + ' ' + std::to_string(value);
  };
  differs("cap", p.max_switches_per_min, base.max_switches_per_min);
  differs("cooldown", p.switch_cooldown.count(), base.switch_cooldown.count());
  differs("ttl", p.transport_lost_ttl.count(), base.transport_lost_ttl.count());
  differs("window", p.recovery_window.count(), base.recovery_window.count());
  differs("strict", p.strict_validation, base.strict_validation);
  differs("max_failures", p.max_validation_failures, base.max_validation_failures);
  differs("drain", p.drain.count(), base.drain.count());
  differs("lifetime", p.max_lifetime.count(), base.max_lifetime.count());
  differs("expiry_action", static_cast<int>(p.recovery_expiry_action),
          static_cast<int>(base.recovery_expiry_action));
  differs("dead", p.transport_dead.count(), base.transport_dead.count());
  differs("rebinds", p.rebind_max_per_min, base.rebind_max_per_min);
  differs("v2d", p.volatile_to_degraded.count(), base.volatile_to_degraded.count());
  differs("candidates", p.max_candidate_count, base.max_candidate_count);
  differs("proof_age", p.reattach_proof_max_age.count(), base.reattach_proof_max_age.count());
  return text;
}

void Print(const Schedule& schedule) {
  std::printf("seed %llu: %zu clients, %u workers, %s, %s\n",
              static_cast<unsigned long long>(schedule.seed), schedule.clients.size(),
              schedule.workers, schedule.full_crypto ? "full crypto" : "checksums",
              PolicyText(schedule.policy).c_str());
  for (std::size_t i = 0; i < schedule.steps.size(); ++i) {
    std::printf("  %zu: %s\n", i, ToText(schedule.steps[i]).c_str());
  }
}

int RunOne(std::uint64_t seed, const std::vector<std::size_t>& without, bool minimize, bool trace) {
  Schedule schedule = MakeSchedule(seed);
  std::set<std::size_t, std::greater<>> last_first(without.begin(), without.end());
  for (const std::size_t i : last_first) {
    if (i < schedule.steps.size()) {
      schedule.steps.erase(schedule.steps.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  if (minimize) schedule = Minimize(std::move(schedule), RuleOfTrial);
  Print(schedule);
  const std::string rule = minimize ? RuleOfTrial(schedule) : "";
  if (rule == "CHECK" && !trace) {
    std::printf("a CHECK fails\n");
    return 1;
  }
  Workshop workshop = Workshop::Open();
  const RunResult run = World(schedule, workshop, trace).Run();
  std::printf("hash %016llx, %.3f s simulated\n", static_cast<unsigned long long>(run.hash),
              std::chrono::duration<double>(run.simulated).count());
  if (!run.finding) return 0;
  std::printf("%s: %s\n", run.finding->rule.c_str(), run.finding->text.c_str());
  return 1;
}

int Main(int argc, char** argv) {
  CLI::App app("Runs seeds of the simulator.");
  std::uint64_t from = 1;
  std::uint64_t count = 0;
  std::uint64_t seed = 0;
  std::vector<std::size_t> without;
  bool minimize = false;
  bool trace = false;
  app.add_option("--from", from, "first seed");
  app.add_option("--count", count, "how many seeds; prints one JSON object");
  app.add_option("--seed", seed, "one seed, for people");
  app.add_option("--without", without, "steps of the seed's schedule to leave out");
  app.add_flag("--minimize", minimize, "leave out every step that the finding does not need");
  app.add_flag("--trace", trace, "print what happens");
  CLI11_PARSE(app, argc, argv);
  InitCrypto();
  return count > 0 ? RunMany(from, count) : RunOne(seed, without, minimize, trace);
}

}  // namespace
}  // namespace jvpn::sim

int main(int argc, char** argv) { return jvpn::sim::Main(argc, argv); }
