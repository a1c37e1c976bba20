// KeepSecrets: what a process that holds keys does before it reads the first one.
//
// Its memory goes to no core file and to no debugger of another process of its user, stays out of
// swap, and no program that it might be made to run can gain rights. Whole-process locking covers
// what single allocations would miss: copies in registers' spill slots, rings, parsers' buffers.
#pragma once

namespace jvpn {

// False when the memory could not be locked: this user may not. The rest always holds. Not
// inherited by a forked child, which calls it again.
bool KeepSecrets();

}  // namespace jvpn
