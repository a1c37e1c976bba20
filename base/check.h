// CHECK and DCHECK: for bugs of ours only, never for a packet, a peer, a file or a disk.
//
// CHECK is always on and ends the process with file, line and the broken expectation; DCHECK is for
// the packet path and compiles away in release builds.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace jvpn::internal {

[[noreturn]] inline void CheckFailed(const char* file, int line, const char* expression) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, expression);
  std::abort();
}

}  // namespace jvpn::internal

#define CHECK(expression)                                             \
  do {                                                                \
    if (!(expression)) [[unlikely]]                                   \
      ::jvpn::internal::CheckFailed(__FILE__, __LINE__, #expression); \
  } while (false)

#ifdef NDEBUG
#define DCHECK(expression) \
  do {                     \
  } while (false && (expression))
#else
#define DCHECK(expression) CHECK(expression)
#endif
