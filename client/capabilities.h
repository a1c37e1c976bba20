// Capabilities: what the client keeps of root's rights once its devices and files are open.
#pragma once

#include "absl/status/status.h"

namespace jvpn {

// Addresses and routes of the TUN device (CAP_NET_ADMIN) and sockets of an uplink (CAP_NET_RAW)
// are made anew while it runs; nothing else is. Of the calling thread, which must be the only one.
absl::Status KeepNetworkCapabilities();

}  // namespace jvpn
