#include "client/control_server.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"

namespace jvpn {
namespace {

absl::Status PathError(const std::string& path, const char* what) {
  if (errno == EACCES || errno == EPERM) {
    return absl::PermissionDeniedError(
        absl::StrCat("may not use ", path, " (", what, "); run jvpn as root"));
  }
  return absl::UnavailableError(absl::StrCat(path, ": ", what, ": ", std::strerror(errno)));
}

absl::StatusOr<sockaddr_un> AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": too long for a socket; at most ",
                                                   sizeof address.sun_path - 1, " characters"));
  }
  path.copy(address.sun_path, path.size());
  return address;
}

// Held until the process ends, however it ends: two clients never share a name, and what a crash
// left behind is recognised.
absl::StatusOr<UniqueFd> Lock(const std::string& path) {
  const std::string lock_path = path + ".lock";
  while (true) {
    UniqueFd lock(open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock.valid()) return PathError(lock_path, "open");
    if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
      return absl::AlreadyExistsError(absl::StrCat("a client is running already and listens on ",
                                                   path,
                                                   "; end it with jvpn down and its name or file"));
    }
    // A client that was just ending may have removed the file between the two calls.
    struct stat ours {};
    struct stat named {};
    if (fstat(lock.get(), &ours) == 0 && stat(lock_path.c_str(), &named) == 0 &&
        ours.st_ino == named.st_ino) {
      return lock;
    }
  }
}

bool WriteAll(int fd, const std::string& text) {
  return send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

}  // namespace

absl::StatusOr<ControlServer> ControlServer::Open(const std::string& path) {
  const absl::StatusOr<sockaddr_un> address = AddressOf(path);
  if (!address.ok()) return address.status();
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (!folder.empty() && mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) {
    return PathError(folder, "make the folder");
  }
  absl::StatusOr<UniqueFd> lock = Lock(path);
  if (!lock.ok()) return lock.status();
  struct stat info {};
  if (lstat(path.c_str(), &info) == 0 && !S_ISSOCK(info.st_mode)) {
    return absl::AlreadyExistsError(absl::StrCat(
        path, " is there and is no socket; set interface.control_socket to another path"));
  }
  unlink(path.c_str());  // ours by the lock: a dead client's
  UniqueFd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const mode_t old_mask = umask(0177);
  const bool bound =
      listener.valid() &&
      bind(listener.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0;
  umask(old_mask);
  if (!bound || listen(listener.get(), kConnections) != 0) return PathError(path, "listen");
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN;
  if (!epoll.valid() || epoll_ctl(epoll.get(), EPOLL_CTL_ADD, listener.get(), &event) != 0) {
    return PathError(path, "epoll");
  }
  return ControlServer(path, std::move(*lock), std::move(listener), std::move(epoll));
}

ControlServer::~ControlServer() {
  if (!lock_.valid()) return;
  unlink(path_.c_str());
  unlink((path_ + ".lock").c_str());
}

void ControlServer::Accept() {
  while (true) {
    UniqueFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) return;
    if (connections_.size() == kConnections) continue;  // hung up on: it may come again
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) continue;
    connections_.push_back({std::move(fd), {}});
  }
}

void ControlServer::Serve(const Handler& handler) {
  Accept();
  for (auto it = connections_.begin(); it != connections_.end();) {
    it = Answer(*it, handler) ? std::next(it) : connections_.erase(it);
  }
}

bool ControlServer::Answer(Connection& connection, const Handler& handler) {
  char buffer[kRequestBytes];
  const ssize_t size = recv(connection.fd.get(), buffer, sizeof buffer, 0);
  if (size < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  if (size == 0) return false;
  connection.input.append(buffer, static_cast<std::size_t>(size));
  std::size_t end;
  while ((end = connection.input.find('\n')) != std::string::npos) {
    const std::string request = connection.input.substr(0, end);
    connection.input.erase(0, end + 1);
    if (!WriteAll(connection.fd.get(), handler(request) + '\n')) return false;
  }
  return connection.input.size() <= kRequestBytes;
}

std::string CommandOf(const std::string& request) {
  const nlohmann::json parsed = nlohmann::json::parse(request, nullptr, false);
  if (!parsed.is_object()) return {};
  const auto command = parsed.find("command");
  const bool named = command != parsed.end() && command->is_string();
  return named ? command->get<std::string>() : std::string();
}

absl::StatusOr<std::string> AskClient(const std::string& path, const std::string& request,
                                      bool wait_for_end) {
  const absl::StatusOr<sockaddr_un> address = AddressOf(path);
  if (!address.ok()) return address.status();
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid() ||
      connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED) {
      return absl::NotFoundError(absl::StrCat("no client listens on ", path));
    }
    return PathError(path, "connect");
  }
  // A client answers within its turn; one that does not for this long is stuck.
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (!WriteAll(fd.get(), request + '\n')) return PathError(path, "send");
  std::string reply;
  char buffer[4096];
  while (true) {
    const ssize_t size = recv(fd.get(), buffer, sizeof buffer, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return absl::DeadlineExceededError(absl::StrCat(path, ": no answer"));
    if (size == 0) break;
    reply.append(buffer, static_cast<std::size_t>(size));
    if (!wait_for_end && reply.ends_with('\n')) break;
  }
  if (!reply.ends_with('\n')) {
    return absl::UnavailableError(absl::StrCat(path, ": hung up before it answered"));
  }
  reply.pop_back();
  return reply;
}

}  // namespace jvpn
