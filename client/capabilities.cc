#include "client/capabilities.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace jvpn {

absl::Status KeepNetworkCapabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct held[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capget, &header, held) != 0) {
    return absl::UnavailableError(absl::StrCat("capabilities: ", std::strerror(errno)));
  }
  constexpr std::uint32_t kKept = 1U << CAP_NET_ADMIN | 1U << CAP_NET_RAW;
  held[0] = {.effective = held[0].effective & kKept,
             .permitted = held[0].permitted & kKept,
             .inheritable = 0};
  held[1] = {};
  if (syscall(SYS_capset, &header, held) != 0) {
    return absl::UnavailableError(absl::StrCat("capabilities: ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

}  // namespace jvpn
