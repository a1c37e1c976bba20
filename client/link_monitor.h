// LinkMonitor: hears from the kernel what happens to links, addresses and default routes, and keeps
// the LinkTable true.
//
// When full  The kernel says ENOBUFS when it had to drop messages; then everything is listed anew.
// Ownership  One thread. fd() is readable when Read() has something to do.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/link_table.h"
#include "client/rtnetlink.h"

namespace jvpn {

class LinkMonitor {
 public:
  // Listens first and lists then, so that nothing falls in between.
  static absl::StatusOr<LinkMonitor> Open(const std::vector<std::string>& devices, Instant now);

  int fd() const { return mnl_socket_get_fd(socket_.get()); }
  absl::Status Read(Instant now);
  LinkTable& table() { return table_; }

 private:
  LinkMonitor(MnlSocket socket, const std::vector<std::string>& devices)
      : socket_(std::move(socket)), table_(devices) {}
  absl::Status Sync(Instant now);
  void Parse(Instant now, const char* messages, std::size_t size);
  void OnMessage(Instant now, const nlmsghdr& message);

  MnlSocket socket_;
  LinkTable table_;
};

}  // namespace jvpn
