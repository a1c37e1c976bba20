#include "bench/paired.h"

#include <sys/resource.h>

#include <algorithm>

#include "base/check.h"

namespace jvpn {
namespace {

long InvoluntarySwitches() {
  rusage usage{};
  CHECK(getrusage(RUSAGE_THREAD, &usage) == 0);
  return usage.ru_nivcsw;
}

}  // namespace

double Quantile(std::vector<double> values, double q) {
  CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  const double at = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  const double share = at - static_cast<double>(below);
  return values[below] * (1 - share) + values[above] * share;
}

double Median(std::vector<double> values) { return Quantile(std::move(values), 0.5); }

PairedResult MeasurePaired(const Window& a, const Window& b, std::uint32_t quads) {
  // Caches, branch predictors and the replay windows' first blocks are not what is measured.
  for (int warm_up = 0; warm_up < 3; ++warm_up) {
    a();
    b();
  }
  std::vector<double> ratios;
  std::vector<double> a_windows;
  std::vector<double> b_windows;
  PairedResult result;
  for (std::uint32_t tried = 0; ratios.size() < quads && tried < 3 * quads; ++tried) {
    const long before = InvoluntarySwitches();
    const double a1 = a();
    const double b1 = b();
    const double b2 = b();
    const double a2 = a();
    if (InvoluntarySwitches() != before) {
      ++result.discarded;
      continue;
    }
    ratios.push_back((a1 + a2) / (b1 + b2));
    a_windows.insert(a_windows.end(), {a1, a2});
    b_windows.insert(b_windows.end(), {b1, b2});
  }
  result.quads = static_cast<std::uint32_t>(ratios.size());
  if (ratios.empty()) return result;
  result.ratio = Median(ratios);
  result.ratio_p25 = Quantile(ratios, 0.25);
  result.ratio_p75 = Quantile(ratios, 0.75);
  result.a_cycles = Median(a_windows);
  result.b_cycles = Median(b_windows);
  return result;
}

}  // namespace jvpn
