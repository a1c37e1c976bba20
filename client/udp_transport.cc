#include "client/udp_transport.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace jvpn {
namespace {

constexpr unsigned kBatch = ReceiveBuffers::kBatch;
// About 20 ms at 1 Gb/s; the kernel's default loses bursts.
constexpr int kSocketBuffer = 4 << 20;

socklen_t ToSockaddr(const Endpoint& endpoint, sockaddr_storage& to) {
  if (endpoint.address.is_v4()) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(endpoint.port);
    std::memcpy(&in.sin_addr, endpoint.address.bytes.data(), 4);
    std::memcpy(&to, &in, sizeof in);
    return sizeof in;
  }
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(endpoint.port);
  std::memcpy(&in.sin6_addr, endpoint.address.bytes.data(), 16);
  std::memcpy(&to, &in, sizeof in);
  return sizeof in;
}

Endpoint FromSockaddr(const sockaddr_storage& from) {
  if (from.ss_family == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, &from, sizeof in);
    return {IpAddress::V4(ByteView(reinterpret_cast<const std::uint8_t*>(&in.sin_addr), 4)),
            ntohs(in.sin_port)};
  }
  sockaddr_in6 in;
  std::memcpy(&in, &from, sizeof in);
  return {IpAddress::V6(ByteView(reinterpret_cast<const std::uint8_t*>(&in.sin6_addr), 16)),
          ntohs(in.sin6_port)};
}

// Only these say that the machine itself has no way to send there. ECONNREFUSED and its like come
// from ICMP, which is not authenticated.
bool IsRefusal(int error) {
  switch (error) {
    case ENETUNREACH:
    case ENETDOWN:
    case EHOSTUNREACH:
    case ENODEV:
    case ENXIO:
    case EADDRNOTAVAIL:
      return true;
    default:
      return false;
  }
}

absl::Status OptionError(const std::string& device, const char* what) {
  if (errno == EPERM) {
    return absl::PermissionDeniedError(absl::StrCat("may not bind a socket to ", device,
                                                    "; run jvpn as root or with CAP_NET_RAW"));
  }
  return absl::UnavailableError(absl::StrCat(device, ": ", what, ": ", std::strerror(errno)));
}

}  // namespace

UdpTransport::UdpTransport(std::string device, const Endpoint& remote)
    : device_(std::move(device)), remote_(remote) {
  remote_size_ = ToSockaddr(remote, remote_address_);
}

absl::Status UdpTransport::Open() {
  const bool v4 = remote_.address.is_v4();
  UniqueFd fd(socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return OptionError(device_, "socket");
  if (setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, device_.data(),
                 static_cast<socklen_t>(device_.size())) != 0) {
    return OptionError(device_, "bind to the device");
  }
  const int probe = v4 ? IP_PMTUDISC_PROBE : IPV6_PMTUDISC_PROBE;
  const int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
  const int option = v4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER;
  if (setsockopt(fd.get(), level, option, &probe, sizeof probe) != 0) {
    return OptionError(device_, "set the don't-fragment bit");
  }
  // Large buffers are a wish: without the capability the kernel's own limit holds.
  for (const int direction : {SO_RCVBUFFORCE, SO_SNDBUFFORCE}) {
    setsockopt(fd.get(), SOL_SOCKET, direction, &kSocketBuffer, sizeof kSocketBuffer);
  }
  fd_ = std::move(fd);
  return absl::OkStatus();
}

bool UdpTransport::Send(std::span<const ByteView> datagrams) {
  std::array<mmsghdr, kBatch> messages;
  std::array<iovec, kBatch> vectors;
  while (!datagrams.empty()) {
    const unsigned count = static_cast<unsigned>(std::min<std::size_t>(datagrams.size(), kBatch));
    for (unsigned i = 0; i < count; ++i) {
      vectors[i] = {const_cast<std::uint8_t*>(datagrams[i].data()), datagrams[i].size()};
      messages[i] = {};
      messages[i].msg_hdr.msg_name = &remote_address_;
      messages[i].msg_hdr.msg_namelen = remote_size_;
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int sent = sendmmsg(fd_.get(), messages.data(), count, 0);
    if (sent > 0) {
      for (int i = 0; i < sent; ++i)
        counters_.sent_bytes += datagrams[static_cast<unsigned>(i)].size();
      datagrams = datagrams.subspan(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (IsRefusal(errno)) {
      counters_.not_sent += datagrams.size();
      return false;
    }
    // No room, too big, filtered: this one is lost, as on any path; the next may pass.
    ++counters_.not_sent;
    datagrams = datagrams.subspan(1);
  }
  return true;
}

bool UdpTransport::Receive(ReceiveBuffers& buffers, const Visit& visit) {
  std::array<mmsghdr, kBatch> messages;
  std::array<iovec, kBatch> vectors;
  std::array<sockaddr_storage, kBatch> sources;
  for (unsigned i = 0; i < kBatch; ++i) {
    vectors[i] = {buffers.bytes[i].data(), buffers.bytes[i].size()};
    messages[i] = {};
    messages[i].msg_hdr.msg_name = &sources[i];
    messages[i].msg_hdr.msg_namelen = sizeof sources[i];
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const int count = recvmmsg(fd_.get(), messages.data(), kBatch, MSG_DONTWAIT, nullptr);
  if (count <= 0) return false;
  for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
    counters_.received_bytes += messages[i].msg_len;
    visit(FromSockaddr(sources[i]), MutableBytes(buffers.bytes[i].data(), messages[i].msg_len));
  }
  return true;
}

}  // namespace jvpn
