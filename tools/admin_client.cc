#include "tools/admin_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace jvpn {
namespace {

constexpr int kAnswerTimeoutMs = 10'000;

absl::Status WhyNot(const std::string& path, int error) {
  if (error == ENOENT || error == ECONNREFUSED || error == ENOTDIR) {
    return absl::UnavailableError(absl::StrCat("no gateway answers at ", path, ": is it running?"));
  }
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError(absl::StrCat(
        "you may not use ", path, ": be root, or a member of the socket's group to look"));
  }
  return absl::UnavailableError(absl::StrCat("cannot reach ", path, ": ", std::strerror(error)));
}

}  // namespace

absl::StatusOr<AdminClient> AdminClient::Connect(const std::string& socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) {
    return absl::InvalidArgumentError(
        absl::StrCat("the path of the socket is too long: ", socket_path));
  }
  socket_path.copy(address.sun_path, socket_path.size());
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return WhyNot(socket_path, errno);
  }
  return AdminClient(socket_path, std::move(fd));
}

absl::StatusOr<Json> AdminClient::Call(const std::string& method, const Json& params) {
  const std::string request = EncodeAdminRequest({.method = method, .params = params});
  const ssize_t sent = send(fd_.get(), request.data(), request.size(), MSG_NOSIGNAL);
  // A gateway that is full answers before it is asked; so what it says is read first, always.
  const auto line = ReadLine(kAnswerTimeoutMs);
  if (!line.has_value()) {
    return absl::UnavailableError(
        absl::StrCat("the gateway at ", path_, sent < 0 ? " hung up" : " gave no answer"));
  }
  AdminAnswer answer = ParseAdminAnswer(*line);
  if (const auto* error = std::get_if<AdminError>(&answer)) {
    return absl::FailedPreconditionError(error->sentence);
  }
  return std::get<Json>(std::move(answer));
}

absl::StatusOr<Json> AdminClient::CallPages(const std::string& method, Json params,
                                            const std::string& list, std::size_t most) {
  Json entries = Json::array();
  for (;;) {
    absl::StatusOr<Json> page = Call(method, params);
    if (!page.ok()) return page;
    const auto part = page->find(list);
    if (part == page->end() || !part->is_array()) return page;
    for (Json& entry : *part) entries.push_back(std::move(entry));
    const auto next = page->find("next");
    if (next == page->end() || (most != 0 && entries.size() >= most)) {
      *part = std::move(entries);
      return page;
    }
    params["from"] = *next;
  }
}

std::optional<std::string> AdminClient::NextLine() { return ReadLine(-1); }

std::optional<std::string> AdminClient::ReadLine(int timeout_ms) {
  for (;;) {
    if (const std::size_t end = in_.find('\n'); end != std::string::npos) {
      std::string line = in_.substr(0, end);
      in_.erase(0, end + 1);
      return line;
    }
    pollfd readable{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    if (poll(&readable, 1, timeout_ms) <= 0 && errno != EINTR) return std::nullopt;
    std::array<char, 16 * 1024> bytes;
    const ssize_t got = recv(fd_.get(), bytes.data(), bytes.size(), 0);
    if (got == 0 || (got < 0 && errno != EINTR)) return std::nullopt;
    if (got > 0) in_.append(bytes.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace jvpn
