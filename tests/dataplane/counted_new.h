// Counts what a stretch of code takes from the heap on this thread.
#pragma once

#include <cstdint>

namespace jvpn::testing {

// Since the thread began.
std::uint64_t HeapAllocations();

}  // namespace jvpn::testing
