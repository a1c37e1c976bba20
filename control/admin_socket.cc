#include "control/admin_socket.h"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace jvpn {
namespace {

constexpr char kViewersGroup[] = "jvpn";
constexpr mode_t kMode = 0660;
constexpr int kBacklog = 16;

absl::Status Refusal(const std::string& path, const char* doing) {
  return absl::FailedPreconditionError(
      absl::StrCat("cannot ", doing, " the control socket \"", path, "\": ", std::strerror(errno),
                   "; set gateway.control_socket to a path that this user may make"));
}

enum class Occupant { kNobody, kDead, kAlive };

Occupant Probe(const sockaddr_un& address) {
  const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (connect(probe.get(), generic, sizeof address) == 0) return Occupant::kAlive;
  if (errno == ENOENT) return Occupant::kNobody;
  return errno == ECONNREFUSED ? Occupant::kDead : Occupant::kAlive;
}

void GiveToViewers(const std::string& path) {
  const group* viewers = getgrnam(kViewersGroup);
  if (viewers == nullptr) return;
  // Fails only for a gateway that is neither root nor in the group; then the socket stays its own.
  [[maybe_unused]] const int ignored = chown(path.c_str(), static_cast<uid_t>(-1), viewers->gr_gid);
}

}  // namespace

absl::StatusOr<std::unique_ptr<AdminSocket>> AdminSocket::Listen(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return absl::InvalidArgumentError(
        absl::StrCat("the control socket's path \"", path, "\" is too long"));
  }
  path.copy(address.sun_path, path.size());

  std::error_code ignored;  // what stands in the way is told by the bind below
  const auto directory = std::filesystem::path(path).parent_path();
  if (!directory.empty()) std::filesystem::create_directory(directory, ignored);
  const Occupant occupant = Probe(address);
  if (occupant == Occupant::kAlive) {
    return absl::AlreadyExistsError(
        absl::StrCat("another gateway answers at \"", path,
                     "\"; stop it, or give this one its own gateway.control_socket"));
  }
  if (occupant == Occupant::kDead) {
    // Somebody's file refuses a connection just as a dead gateway's socket does.
    struct stat info {};
    if (lstat(path.c_str(), &info) == 0 && !S_ISSOCK(info.st_mode)) {
      return absl::AlreadyExistsError(absl::StrCat(
          "\"", path, "\" is there and is no socket; set gateway.control_socket to another path"));
    }
    unlink(path.c_str());
  }

  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return Refusal(path, "make");
  // Before bind: the name then never stands there with a wider mode.
  fchmod(fd.get(), kMode);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Refusal(path, "make");
  }
  std::unique_ptr<AdminSocket> made(new AdminSocket(path, std::move(fd)));
  GiveToViewers(path);
  if (chmod(path.c_str(), kMode) != 0) return Refusal(path, "set the mode of");
  if (listen(made->fd(), kBacklog) != 0) return Refusal(path, "listen on");
  return made;
}

AdminSocket::~AdminSocket() { unlink(path_.c_str()); }

}  // namespace jvpn
