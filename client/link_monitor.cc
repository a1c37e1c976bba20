#include "client/link_monitor.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace jvpn {
namespace {

// Room for a burst of messages; beyond it the kernel says ENOBUFS and we list anew.
constexpr int kReceiveBuffer = 1 << 20;

constexpr unsigned kGroups =
    RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;

const nlattr* FindAttribute(const nlmsghdr& message, std::size_t extra, std::uint16_t type) {
  const auto* attribute = static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(&message, extra));
  const auto* tail = static_cast<const char*>(mnl_nlmsg_get_payload_tail(&message));
  while (
      mnl_attr_ok(attribute, static_cast<int>(tail - reinterpret_cast<const char*>(attribute)))) {
    if (mnl_attr_get_type(attribute) == type) return attribute;
    attribute = mnl_attr_next(attribute);
  }
  return nullptr;
}

std::optional<IpAddress> AddressOf(const nlattr* attribute) {
  if (attribute == nullptr) return std::nullopt;
  const ByteView bytes(static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute)),
                       mnl_attr_get_payload_len(attribute));
  if (bytes.size() == 4) return IpAddress::V4(bytes);
  if (bytes.size() == 16) return IpAddress::V6(bytes);
  return std::nullopt;
}

// An address from which a gateway can be reached: not link-local, not still (or not at all) unique.
bool UsableSource(const ifaddrmsg& info) {
  return info.ifa_scope < RT_SCOPE_LINK &&
         (info.ifa_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == 0;
}

}  // namespace

absl::StatusOr<LinkMonitor> LinkMonitor::Open(const std::vector<std::string>& devices,
                                              Instant now) {
  MnlSocket socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (socket == nullptr || mnl_socket_bind(socket.get(), kGroups, MNL_SOCKET_AUTOPID) < 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen for link changes: ", std::strerror(errno)));
  }
  // More than the default if we may; without it only full listings come more often.
  setsockopt(mnl_socket_get_fd(socket.get()), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer,
             sizeof kReceiveBuffer);
  LinkMonitor monitor(std::move(socket), devices);
  if (const absl::Status status = monitor.Sync(now); !status.ok()) return status;
  return monitor;
}

absl::Status LinkMonitor::Sync(Instant now) {
  absl::StatusOr<Rtnetlink> netlink = Rtnetlink::Open();
  if (!netlink.ok()) return netlink.status();
  const auto visit = [&](const nlmsghdr& message) { OnMessage(now, message); };
  table_.BeginSync();
  absl::Status status = netlink->Dump(RTM_GETLINK, visit);
  if (status.ok()) status = netlink->Dump(RTM_GETADDR, visit);
  if (status.ok()) table_.EndSync(now);
  return status;
}

// After an overrun the kernel drops everything, without another word, until the socket has been
// emptied. So the listing comes after that, or what happens meanwhile would be lost for good.
absl::Status LinkMonitor::Read(Instant now) {
  std::array<char, 32768> buffer;
  bool overrun = false;
  while (true) {
    const ssize_t size = recv(fd(), buffer.data(), buffer.size(), 0);
    if (size > 0) {
      Parse(now, buffer.data(), static_cast<std::size_t>(size));
    } else if (size < 0 && errno == ENOBUFS) {
      overrun = true;
    } else if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (!std::exchange(overrun, false)) return absl::OkStatus();
      if (absl::Status status = Sync(now); !status.ok()) return status;
    } else if (size < 0 && errno != EINTR) {
      return absl::UnavailableError(std::strerror(errno));
    }
  }
}

void LinkMonitor::Parse(Instant now, const char* messages, std::size_t size) {
  int left = static_cast<int>(size);
  const auto* message = reinterpret_cast<const nlmsghdr*>(messages);
  while (mnl_nlmsg_ok(message, left)) {
    OnMessage(now, *message);
    message = mnl_nlmsg_next(message, &left);
  }
}

void LinkMonitor::OnMessage(Instant now, const nlmsghdr& message) {
  const void* payload = mnl_nlmsg_get_payload(&message);
  const std::size_t size = mnl_nlmsg_get_payload_len(&message);
  switch (message.nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK: {
      if (size < sizeof(ifinfomsg)) return;
      const auto& info = *static_cast<const ifinfomsg*>(payload);
      // A bridge tells of its ports in the same words.
      if (info.ifi_family != AF_UNSPEC) return;
      const auto index = static_cast<std::uint32_t>(info.ifi_index);
      if (message.nlmsg_type == RTM_DELLINK) return table_.OnLinkGone(now, index);
      const nlattr* name = FindAttribute(message, sizeof info, IFLA_IFNAME);
      if (name == nullptr) return;
      const bool running = (info.ifi_flags & IFF_UP) != 0 && (info.ifi_flags & IFF_RUNNING) != 0;
      return table_.OnLink(now, index, mnl_attr_get_str(name), running);
    }
    case RTM_NEWADDR:
    case RTM_DELADDR: {
      if (size < sizeof(ifaddrmsg)) return;
      const auto& info = *static_cast<const ifaddrmsg*>(payload);
      // On a point-to-point link IFA_ADDRESS is the other end's.
      const nlattr* local = FindAttribute(message, sizeof info, IFA_LOCAL);
      const auto address =
          AddressOf(local != nullptr ? local : FindAttribute(message, sizeof info, IFA_ADDRESS));
      if (!address) return;
      const bool present = message.nlmsg_type == RTM_NEWADDR && UsableSource(info);
      return table_.OnAddress(now, info.ifa_index, *address, present);
    }
    case RTM_NEWROUTE:
    case RTM_DELROUTE: {
      if (size < sizeof(rtmsg)) return;
      const auto& info = *static_cast<const rtmsg*>(payload);
      if (info.rtm_dst_len != 0 || info.rtm_type != RTN_UNICAST) return;
      const nlattr* out = FindAttribute(message, sizeof info, RTA_OIF);
      if (out == nullptr) return;
      return table_.OnRoute(now, mnl_attr_get_u32(out),
                            info.rtm_family == AF_INET ? IpFamily::kV4 : IpFamily::kV6);
    }
    default:
      return;
  }
}

}  // namespace jvpn
