#include "bench/paired.h"

#include <sys/resource.h>

#include <algorithm>
#include <optional>

#include "base/check.h"

namespace jvpn {
namespace {

long InvoluntarySwitches() {
  rusage usage{};
  CHECK(getrusage(RUSAGE_THREAD, &usage) == 0);
  return usage.ru_nivcsw;
}

// Passes of one window: few enough that A and B of a quad see the same machine.
constexpr std::uint32_t kPasses = 8;

// Runs windows out of undisturbed passes, and keeps the account of both.
class Sampler {
 public:
  explicit Sampler(std::uint32_t quads) : allowed_(4 * 4 * kPasses * quads) {}

  // Cycles per packet over one window; nothing when the machine is too busy.
  std::optional<double> Window(const Pass& pass) {
    double sum = 0;
    for (std::uint32_t good = 0; good < kPasses;) {
      if (passes_ == allowed_) return std::nullopt;
      ++passes_;
      const long before = InvoluntarySwitches();
      const double cycles = pass();
      if (InvoluntarySwitches() != before) {
        ++disturbed_;
        continue;
      }
      sum += cycles;
      ++good;
    }
    return sum / kPasses;
  }

  std::uint32_t passes() const { return passes_; }
  std::uint32_t disturbed() const { return disturbed_; }

 private:
  const std::uint32_t allowed_;
  std::uint32_t passes_ = 0;
  std::uint32_t disturbed_ = 0;
};

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

PairedResult MeasurePaired(const Pass& a, const Pass& b, std::uint32_t quads) {
  // Caches, branch predictors and the replay windows' first blocks are not what is measured.
  for (int warm_up = 0; warm_up < 16; ++warm_up) {
    a();
    b();
  }
  std::vector<double> ratios;
  std::vector<double> a_windows;
  std::vector<double> b_windows;
  Sampler sampler(quads);
  while (ratios.size() < quads) {
    const auto a1 = sampler.Window(a);
    const auto b1 = a1 ? sampler.Window(b) : std::nullopt;
    const auto b2 = b1 ? sampler.Window(b) : std::nullopt;
    const auto a2 = b2 ? sampler.Window(a) : std::nullopt;
    if (!a2) break;
    ratios.push_back((*a1 + *a2) / (*b1 + *b2));
    a_windows.insert(a_windows.end(), {*a1, *a2});
    b_windows.insert(b_windows.end(), {*b1, *b2});
  }
  PairedResult result;
  result.passes = sampler.passes();
  result.disturbed = sampler.disturbed();
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
