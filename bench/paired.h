// Paired measurement: the thing and its base, interleaved A-B-B-A in one run, so that a noisy
// machine disturbs both alike. Only ratios are claims; cycles are printed for orientation.
//
// Units      TSC cycles per packet. A window is the mean of a few passes; a quad is the windows
//            A B B A and gives one ratio (a1 + a2) / (b1 + b2).
// Disturbed  A pass during which the kernel took the CPU away (involuntary context switches) is
//            discarded, counted and run again: it is short, so that a busy machine still leaves
//            whole ones.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace jvpn {

struct PairedResult {
  double ratio = 0;  // median of a / b
  double ratio_p25 = 0;
  double ratio_p75 = 0;
  double a_cycles = 0;  // medians of the windows, per packet
  double b_cycles = 0;
  std::uint32_t quads = 0;      // that count
  std::uint32_t passes = 0;     // that were run
  std::uint32_t disturbed = 0;  // of those
};

// One pass: does its work and returns TSC cycles per packet; what it must prepare it does before it
// starts its own clock.
using Pass = std::function<double()>;

// Runs `quads` quads; stops early, with what there is, when three passes of four are disturbed.
PairedResult MeasurePaired(const Pass& a, const Pass& b, std::uint32_t quads);

double Median(std::vector<double> values);
double Quantile(std::vector<double> values, double q);

}  // namespace jvpn
