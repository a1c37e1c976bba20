// AdminServer: jvpnctl's other end. Lives in the control loop and never makes it wait.
//
// Ownership  The control core's thread. Its fd() is readable when Turn() has work.
// Limits     kMaxClients connections; a request of kMaxAdminRequest bytes; one answer at a time; a
//            follower that does not read is told how many lines it missed.
// Rights     Who may connect is the socket's mode (the kernel checks it); who may change something
// is
//            decided by the peer's uid (SO_PEERCRED): root, or the user that the gateway runs as.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/time.h"
#include "base/unique_fd.h"
#include "control/admin_methods.h"
#include "control/admin_socket.h"
#include "control/audit_log.h"

namespace jvpn {

class AdminServer {
 public:
  static constexpr std::size_t kMaxClients = 32;

  AdminServer(std::unique_ptr<AdminSocket> socket, AdminMethods& methods, const AuditLog& audit);

  int fd() const { return epoll_.get(); }
  // One bounded turn, of one request at most; false when there was nothing to do.
  bool Turn(Instant now);
  std::size_t clients() const { return clients_.size(); }

 private:
  struct Client {
    UniqueFd fd;
    AdminCaller caller;
    std::string in;   // bounded: a request and what one read brings after it
    std::string out;  // bounded: one answer, or kFollowBytes and a line
    bool follow = false;
    bool ended = false;   // the peer sends no more
    bool broken = false;  // close it once `out` is written

    bool HasRequest() const { return !follow && !broken && in.find('\n') != std::string::npos; }
    bool want_write = false;
    std::uint64_t next_seq = 0;
  };

  void AcceptOne();
  void Admit(UniqueFd fd);
  void Read(Client& client);
  // Answers the next whole request of `in`, once the last answer is written.
  void AnswerOne(Client& client, Instant now);
  void Follow(Client& client);
  void Flush(Client& client);
  // False when the connection is over.
  bool Advance(Client& client, Instant now);

  std::unique_ptr<AdminSocket> socket_;
  AdminMethods& methods_;
  const AuditLog& audit_;
  UniqueFd epoll_;
  std::map<int, Client> clients_;
  bool answered_ = false;           // a request, in this turn
  std::uint64_t followed_seq_ = 0;  // lines before this one have been offered to every follower
};

}  // namespace jvpn
