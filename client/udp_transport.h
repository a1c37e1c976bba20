// UdpTransport: the socket of one transport: bound to its uplink's device, one gateway address, a
// port of its own, so that nobody can tell by the port that two transports belong together.
//
// The socket is not connected: its source address may change under it, and an ICMP error, which
// anybody can forge, never reaches it. It never fragments (DF): a packet that is too big is an
// error here.
//
// Ownership  One thread. Errors: SendResult says whether the local stack itself refused.
#pragma once

#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "base/bytes.h"
#include "base/unique_fd.h"
#include "wire/ip_address.h"

namespace jvpn {

struct UdpCounters {
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t not_sent = 0;  // no room, too big, or refused
};

// What a burst of datagrams is received into; one set serves all sockets of a thread.
struct ReceiveBuffers {
  static constexpr unsigned kBatch = 32;
  // Longer than any datagram of a session: what is cut to it cannot authenticate anyway.
  static constexpr std::size_t kDatagramBytes = 10'240;
  std::array<std::array<std::uint8_t, kDatagramBytes>, kBatch> bytes;
};

class UdpTransport {
 public:
  UdpTransport(std::string device, const Endpoint& remote);

  // A new socket, bound to the device as it is now. An older one is closed.
  absl::Status Open();
  void Close() { fd_.Reset(); }
  bool is_open() const { return fd_.valid(); }
  int fd() const { return fd_.get(); }
  const std::string& device() const { return device_; }
  const Endpoint& remote() const { return remote_; }
  const UdpCounters& counters() const { return counters_; }

  // Sends all, in batches. False: the local stack says that there is no way there now.
  bool Send(std::span<const ByteView> datagrams);

  // One batch of datagrams, which lie in `buffers`; false when there was none.
  using Visit = std::function<void(const Endpoint& source, MutableBytes datagram)>;
  bool Receive(ReceiveBuffers& buffers, const Visit& visit);

 private:
  std::string device_;
  Endpoint remote_;
  sockaddr_storage remote_address_{};
  socklen_t remote_size_ = 0;
  UniqueFd fd_;
  UdpCounters counters_;
};

}  // namespace jvpn
