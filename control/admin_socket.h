// The admin server's listening socket: made once, private to root, the gateway's user and its
// group.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"

namespace jvpn {

class AdminSocket {
 public:
  // Refuses when another gateway answers at `path`; takes the place of a dead one. Mode 0660;
  // belongs to the group "jvpn" if there is one, whose members may then look but not change.
  static absl::StatusOr<std::unique_ptr<AdminSocket>> Listen(const std::string& path);
  // Removes the socket.
  ~AdminSocket();
  AdminSocket(const AdminSocket&) = delete;
  AdminSocket& operator=(const AdminSocket&) = delete;

  int fd() const { return fd_.get(); }

 private:
  AdminSocket(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;
  UniqueFd fd_;
};

}  // namespace jvpn
