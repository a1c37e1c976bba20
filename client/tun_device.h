// TunDevice: the tunnel's interface in the kernel. It lives as long as its descriptor, and
// addresses and routes with it, so that every way out of the program cleans up.
//
// Leaks   Routes stay while a session recovers: packets then wait or are dropped, they never take
// another
//         way. A default route is laid as its two halves, which win over the machine's own default
//         and leave it in place for the uplinks' sockets.
// Errors  One sentence that says what to do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "base/unique_fd.h"
#include "client/rtnetlink.h"
#include "wire/ip_address.h"

namespace jvpn {

struct TunSettings {
  Prefix inner_v4;  // family kNone = no such address
  Prefix inner_v6;
  std::uint32_t mtu = 0;
  std::vector<Prefix> routes;
};

// What is laid for `settings`: networks, default routes split, nothing twice, nothing that an
// address's own prefix covers already, and nothing of a family without an address.
std::vector<Prefix> RoutesToLay(const TunSettings& settings);

class TunDevice {
 public:
  // A new interface, down and without an address.
  static absl::StatusOr<TunDevice> Create(const std::string& name);

  absl::Status Configure(const TunSettings& settings);

  int fd() const { return fd_.get(); }
  const std::string& name() const { return name_; }
  // The next packet's size in `to`, 0 when there is none now; an error when the interface is gone,
  // which the descriptor then says for ever. Packets longer than `to` are cut by the kernel, so
  // `to` is larger than any MTU.
  absl::StatusOr<std::size_t> Read(MutableBytes to);
  // False: the kernel did not take it; it is lost, as on any link.
  bool Write(ByteView packet);

 private:
  TunDevice(std::string name, UniqueFd fd, std::uint32_t link)
      : name_(std::move(name)), fd_(std::move(fd)), link_(link) {}

  std::string name_;
  UniqueFd fd_;
  std::uint32_t link_;
};

}  // namespace jvpn
