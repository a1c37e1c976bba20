// Paired measurement: the thing and its base, interleaved A-B-B-A in one run, so that a noisy
// machine disturbs both alike. Only ratios are claims; cycles are printed for orientation.
//
// Units      TSC cycles per packet. A window is one call; a quad is A B B A and gives one ratio
//            (a1 + a2) / (b1 + b2).
// Disturbed  A quad during which the kernel took the CPU away (involuntary context switches) is
//            discarded and counted.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace jvpn {

struct PairedResult {
  double ratio = 0;  // median of a / b
  double ratio_p25 = 0;
  double ratio_p75 = 0;
  double a_cycles = 0;  // medians, per packet
  double b_cycles = 0;
  std::uint32_t quads = 0;      // that count
  std::uint32_t discarded = 0;  // that were disturbed
};

// One window: does its work and returns TSC cycles per packet; what it must prepare it does before
// it starts its own clock.
using Window = std::function<double()>;

// Runs until `quads` undisturbed ones are in, or three times as many were tried.
PairedResult MeasurePaired(const Window& a, const Window& b, std::uint32_t quads);

double Median(std::vector<double> values);
double Quantile(std::vector<double> values, double q);

}  // namespace jvpn
