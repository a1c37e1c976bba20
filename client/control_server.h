// ControlServer: the socket through which `jvpn status` and `jvpn down` talk to a running client.
// One JSON object a line, both ways.
//
//   {"command":"status"} -> the status object    {"command":"down"} -> {"ok":true}, then the end
//
// Ownership  One thread. fd() is readable when Serve() has something to do.
// Bounds     kConnections connections, kRequestBytes a request; who sends more or does not read is
//            hung up on.
// Access     The socket's mode is 0600: root's.
#pragma once

#include <functional>
#include <list>
#include <string>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"

namespace jvpn {

class ControlServer {
 public:
  static constexpr std::size_t kConnections = 8;
  static constexpr std::size_t kRequestBytes = 4096;

  // Makes the socket's folder if only its last step is missing. Fails if another client has it.
  static absl::StatusOr<ControlServer> Open(const std::string& path);
  ControlServer(ControlServer&&) = default;
  ControlServer& operator=(ControlServer&&) = delete;
  ~ControlServer();

  int fd() const { return epoll_.get(); }
  // Answers every whole line that has come; neither request nor reply holds the newline.
  using Handler = std::function<std::string(const std::string& request)>;
  void Serve(const Handler& handler);

 private:
  struct Connection {
    UniqueFd fd;
    std::string input;
  };
  ControlServer(std::string path, UniqueFd lock, UniqueFd listener, UniqueFd epoll)
      : path_(std::move(path)),
        lock_(std::move(lock)),
        listener_(std::move(listener)),
        epoll_(std::move(epoll)) {}
  void Accept();
  // False: hang up.
  static bool Answer(Connection& connection, const Handler& handler);

  std::string path_;  // empty = moved from
  UniqueFd lock_;
  UniqueFd listener_;
  UniqueFd epoll_;
  std::list<Connection> connections_;
};

// The command of a request; empty when it is none.
std::string CommandOf(const std::string& request);

// The other end, for the commands: sends one line and returns the reply. NotFound: nobody listens.
absl::StatusOr<std::string> AskClient(const std::string& path, const std::string& request,
                                      bool wait_for_end);

}  // namespace jvpn
