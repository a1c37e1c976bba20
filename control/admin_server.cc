#include "control/admin_server.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace jvpn {
namespace {

constexpr int kEventsPerTurn = 16;
constexpr std::size_t kReadBytes = 4096;
// What waits for a follower before its lines are left where they are; the audit log's tail holds
// them until they are overwritten, and then they count as dropped.
constexpr std::size_t kFollowBytes = 64 * 1024;
constexpr std::size_t kFollowLines = 64;

void Watch(int epoll, int operation, int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  CHECK(epoll_ctl(epoll, operation, fd, &event) == 0);
}

}  // namespace

AdminServer::AdminServer(std::unique_ptr<AdminSocket> socket, AdminMethods& methods,
                         const AuditLog& audit)
    : socket_(std::move(socket)),
      methods_(methods),
      audit_(audit),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      followed_seq_(audit.next_seq()) {
  CHECK(epoll_.valid());
  Watch(epoll_.get(), EPOLL_CTL_ADD, socket_->fd(), EPOLLIN);
}

bool AdminServer::Turn(Instant now) {
  answered_ = false;
  std::array<epoll_event, kEventsPerTurn> events;
  const int count = epoll_wait(epoll_.get(), events.data(), kEventsPerTurn, 0);
  for (int i = 0; i < count; ++i) {
    const int fd = events[static_cast<std::size_t>(i)].data.fd;
    if (fd == socket_->fd()) {
      AcceptOne();
      continue;
    }
    const auto client = clients_.find(fd);
    if (client == clients_.end()) continue;
    Read(client->second);
    if (!Advance(client->second, now)) clients_.erase(client);
  }
  const bool news = followed_seq_ != audit_.next_seq();
  followed_seq_ = audit_.next_seq();
  for (auto client = clients_.begin(); news && client != clients_.end();) {
    const bool over = client->second.follow && !Advance(client->second, now);
    client = over ? clients_.erase(client) : std::next(client);
  }
  return count > 0 || news;
}

void AdminServer::AcceptOne() {
  UniqueFd fd(accept4(socket_->fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd.valid()) return;
  if (clients_.size() >= kMaxClients) {
    const std::string line = EncodeAdminAnswer(
        AdminError{absl::StrCat("the gateway serves ", kMaxClients, " clients already")});
    // A new socket's buffer takes one line; if not, the closed connection says enough.
    [[maybe_unused]] const ssize_t ignored =
        send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return;
  }
  Admit(std::move(fd));
}

void AdminServer::Admit(UniqueFd fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return;
  const int key = fd.get();
  Watch(epoll_.get(), EPOLL_CTL_ADD, key, EPOLLIN);
  Client& client = clients_[key];
  client.fd = std::move(fd);
  client.caller = {
      .uid = peer.uid, .pid = peer.pid, .may_change = peer.uid == 0 || peer.uid == geteuid()};
}

void AdminServer::Read(Client& client) {
  // Not while an answer waits: a peer that does not read is not listened to.
  if (client.ended || client.HasRequest() || (!client.out.empty() && !client.follow)) return;
  std::array<char, kReadBytes> bytes;
  const ssize_t got = recv(client.fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) client.ended = true;
  // A follower has nothing more to say; only its end matters.
  if (got > 0 && !client.follow) client.in.append(bytes.data(), static_cast<std::size_t>(got));
}

void AdminServer::AnswerOne(Client& client, Instant now) {
  if (!client.out.empty() || client.follow || client.broken) return;
  const std::size_t end = client.in.find('\n');
  if (end == std::string::npos) {
    if (client.in.size() <= kMaxAdminRequest) return;
    client.out = EncodeAdminAnswer(
        AdminError{absl::StrCat("the request is longer than ", kMaxAdminRequest, " bytes")});
    client.broken = true;
    return;
  }
  // The others' requests wait in their buffers; a level-triggered turn follows at once.
  if (std::exchange(answered_, true)) return;
  const std::string line = client.in.substr(0, end);
  client.in.erase(0, end + 1);
  AdminReply reply = methods_.Handle(line, client.caller, now);
  client.out = std::move(reply.line);
  client.follow = reply.follow;
  client.next_seq = reply.next_seq;
}

void AdminServer::Follow(Client& client) {
  if (!client.follow) return;
  while (client.out.size() < kFollowBytes && client.next_seq < audit_.next_seq()) {
    if (client.next_seq < audit_.first_seq()) {
      absl::StrAppend(&client.out, "{\"dropped\":", audit_.first_seq() - client.next_seq, "}\n");
      client.next_seq = audit_.first_seq();
    }
    for (const std::string& line : audit_.LinesFrom(client.next_seq, kFollowLines)) {
      absl::StrAppend(&client.out, "{\"event\":", line, "}\n");
      ++client.next_seq;
    }
  }
}

void AdminServer::Flush(Client& client) {
  if (client.out.empty()) return;
  const ssize_t sent =
      send(client.fd.get(), client.out.data(), client.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent > 0) {
    client.out.erase(0, static_cast<std::size_t>(sent));
  } else if (errno != EAGAIN && errno != EINTR) {
    client.out.clear();
    client.in.clear();
    client.ended = true;
    client.broken = true;
  }
}

bool AdminServer::Advance(Client& client, Instant now) {
  Flush(client);
  AnswerOne(client, now);
  Follow(client);
  Flush(client);
  if (client.follow && client.ended) return false;
  const bool behind = client.follow && client.next_seq < audit_.next_seq();
  const bool want_write = !client.out.empty() || behind || client.HasRequest();
  if (!want_write && (client.broken || client.ended)) return false;
  if (want_write != client.want_write) {
    client.want_write = want_write;
    // A follower's end is still watched for while it is slow; others are not read then.
    const std::uint32_t events =
        want_write ? (client.follow ? EPOLLIN | EPOLLOUT : EPOLLOUT) : EPOLLIN;
    Watch(epoll_.get(), EPOLL_CTL_MOD, client.fd.get(), events);
  }
  return true;
}

}  // namespace jvpn
