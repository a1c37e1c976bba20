// Rtnetlink: asks the kernel to change or list links, addresses and routes, and waits for its
// answer.
//
// Ownership  One thread. The kernel answers at once, so the few requests of a start may block.
// Errors     A Status whose message is the kernel's reason; the caller says what it was about.
// Source     rtnetlink(7), libmnl.
#pragma once

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "wire/ip_address.h"

namespace jvpn {

struct MnlSocketCloser {
  void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};
using MnlSocket = std::unique_ptr<mnl_socket, MnlSocketCloser>;

class Rtnetlink {
 public:
  static absl::StatusOr<Rtnetlink> Open();

  // Link up with this MTU, and no IPv6 address of the kernel's own making.
  absl::Status SetUp(std::uint32_t link, std::uint32_t mtu);
  absl::Status AddAddress(std::uint32_t link, const Prefix& address);
  // On-link at `link`, in the main table. A route that is there already is an error.
  absl::Status AddRoute(std::uint32_t link, const Prefix& destination);

  // All links (RTM_GETLINK) or addresses (RTM_GETADDR), one message a call of `visit`.
  using Visit = std::function<void(const nlmsghdr&)>;
  absl::Status Dump(std::uint16_t type, const Visit& visit);

 private:
  explicit Rtnetlink(MnlSocket socket) : socket_(std::move(socket)) {}
  absl::Status Ask(nlmsghdr& request);
  absl::Status Receive(std::uint32_t sequence, const Visit* visit);

  MnlSocket socket_;
  std::uint32_t sequence_ = 0;
};

}  // namespace jvpn
