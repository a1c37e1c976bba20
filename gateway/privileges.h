// Privileges: the gateway opens devices, hugepages and files as root and then becomes a user who
// may do nothing else.
//
// Order   FindUser while the configuration is read; GiveUpPrivileges once, when everything is open
//         and before the first packet is taken.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace jvpn {

// Who the gateway becomes when the configuration names nobody, if there is such a user.
inline constexpr char kDefaultUser[] = "jvpn";

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

std::optional<User> FindUser(const std::string& name);

// Gives a file that root has made to `user`, so that it can be opened again later. What belongs to
// somebody else already, or is no file, stays as it is.
void HandOver(const std::string& path, const User& user);

// Of the whole process, every thread, for good: user and groups, and with root's id all
// capabilities. Does nothing to the ids of a process that is not root's.
absl::Status GiveUpPrivileges(const User& user);

// Of the calling thread, and of those that it starts: every capability. For a gateway that was
// started without root's id, by a service manager that gave it capabilities.
void GiveUpCapabilities();

}  // namespace jvpn
