#include "gateway/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace jvpn {

std::optional<User> FindUser(const std::string& name) {
  const passwd* entry = getpwnam(name.c_str());
  if (entry == nullptr) return std::nullopt;
  User user{.name = name, .uid = entry->pw_uid, .gid = entry->pw_gid, .groups = {}};
  int count = 0;
  getgrouplist(name.c_str(), user.gid, nullptr, &count);
  user.groups.resize(static_cast<std::size_t>(count));
  if (getgrouplist(name.c_str(), user.gid, user.groups.data(), &count) < 0) user.groups.clear();
  return user;
}

void HandOver(const std::string& path, const User& user) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_uid != 0) return;
  // Fails on a file system that knows no owners; the file then stays open as it is.
  [[maybe_unused]] const int ignored = lchown(path.c_str(), user.uid, user.gid);
}

absl::Status GiveUpPrivileges(const User& user) {
  if (geteuid() != 0 || user.uid == 0) return absl::OkStatus();
  // glibc changes all threads at once, DPDK's included.
  if (setgroups(user.groups.size(), user.groups.data()) != 0 ||
      setresgid(user.gid, user.gid, user.gid) != 0 ||
      setresuid(user.uid, user.uid, user.uid) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot become the user \"", user.name, "\": ", std::strerror(errno),
                     "; start as root, or as that user with gateway.user = \"", user.name, "\""));
  }
  CHECK(setresuid(0, 0, 0) != 0);  // no way back
  // The kernel has reset this with the user.
  CHECK(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
  return absl::OkStatus();
}

void GiveUpCapabilities() {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  CHECK(syscall(SYS_capset, &header, none) == 0);
}

}  // namespace jvpn
