// SyscallFilter: what the threads of a running gateway may ask of the kernel (seccomp).
//
//   gateway  every thread: files that are open or lie in its folders, its sockets, memory
//   worker   a worker, on top of that: packets, memory, sleep; no file is opened, nobody accepted
//
// A call that is not on the list fails with EPERM; one that only an intruder makes (a program run,
// another process looked into, a kernel module) kills the process. Memory never becomes executable
// again. Both are for good.
//
// Sanitizers need more calls than any list should have: under them no filter is installed.
#pragma once

#include "absl/status/status.h"

namespace jvpn {

// True in a build that installs filters.
bool HasSyscallFilter();
// All threads of the process, those of libraries included.
absl::Status FilterGateway();
// The calling thread; after FilterGateway, so the kernel is known to take filters.
void FilterWorker();

}  // namespace jvpn
