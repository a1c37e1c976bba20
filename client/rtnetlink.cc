#include "client/rtnetlink.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace jvpn {
namespace {

constexpr std::size_t kRequestBytes = 512;
using Request = std::array<char, kRequestBytes>;

absl::Status SystemError(int error) {
  if (error == EEXIST) return absl::AlreadyExistsError("it is there already");
  if (error == EPERM) return absl::PermissionDeniedError("needs root or CAP_NET_ADMIN");
  return absl::UnavailableError(std::strerror(error));
}

nlmsghdr& Begin(Request& buffer, std::uint16_t type, int flags) {
  nlmsghdr* header = mnl_nlmsg_put_header(buffer.data());
  header->nlmsg_type = type;
  header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  return *header;
}

template <typename T>
T& PutExtra(nlmsghdr& header) {
  return *static_cast<T*>(mnl_nlmsg_put_extra_header(&header, sizeof(T)));
}

std::uint8_t Family(const IpAddress& address) { return address.is_v4() ? AF_INET : AF_INET6; }

struct Collect {
  const Rtnetlink::Visit* visit;
};

int OnMessage(const nlmsghdr* message, void* data) {
  const auto* collect = static_cast<const Collect*>(data);
  if (collect->visit != nullptr) (*collect->visit)(*message);
  return MNL_CB_OK;
}

}  // namespace

absl::StatusOr<Rtnetlink> Rtnetlink::Open() {
  MnlSocket socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
  if (socket == nullptr) return SystemError(errno);
  if (mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) return SystemError(errno);
  return Rtnetlink(std::move(socket));
}

absl::Status Rtnetlink::Ask(nlmsghdr& request) {
  request.nlmsg_seq = ++sequence_;
  if (mnl_socket_sendto(socket_.get(), &request, request.nlmsg_len) < 0) return SystemError(errno);
  return Receive(request.nlmsg_seq, nullptr);
}

absl::Status Rtnetlink::Receive(std::uint32_t sequence, const Visit* visit) {
  std::array<char, 32768> buffer;
  Collect collect{visit};
  while (true) {
    const ssize_t size = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return SystemError(errno);
    const int result = mnl_cb_run(buffer.data(), static_cast<std::size_t>(size), sequence,
                                  mnl_socket_get_portid(socket_.get()), OnMessage, &collect);
    if (result < 0) return SystemError(errno);
    if (result == MNL_CB_STOP) return absl::OkStatus();
  }
}

absl::Status Rtnetlink::Dump(std::uint16_t type, const Visit& visit) {
  Request buffer{};
  nlmsghdr& request = Begin(buffer, type, NLM_F_DUMP);
  PutExtra<rtgenmsg>(request).rtgen_family = AF_UNSPEC;
  request.nlmsg_seq = ++sequence_;
  if (mnl_socket_sendto(socket_.get(), &request, request.nlmsg_len) < 0) return SystemError(errno);
  return Receive(request.nlmsg_seq, &visit);
}

absl::Status Rtnetlink::SetUp(std::uint32_t link, std::uint32_t mtu) {
  Request settings_buffer{};
  nlmsghdr& settings = Begin(settings_buffer, RTM_NEWLINK, NLM_F_ACK);
  PutExtra<ifinfomsg>(settings).ifi_index = static_cast<int>(link);
  mnl_attr_put_u32(&settings, IFLA_MTU, mtu);
  // A link-local address of the kernel's would ask for routers inside the tunnel.
  nlattr* families = mnl_attr_nest_start(&settings, IFLA_AF_SPEC);
  nlattr* inet6 = mnl_attr_nest_start(&settings, AF_INET6);
  mnl_attr_put_u8(&settings, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
  mnl_attr_nest_end(&settings, inet6);
  mnl_attr_nest_end(&settings, families);
  if (absl::Status status = Ask(settings); !status.ok()) return status;

  // A request of its own: within one the kernel raises the link first, and the address with it.
  Request up_buffer{};
  nlmsghdr& up = Begin(up_buffer, RTM_NEWLINK, NLM_F_ACK);
  auto& info = PutExtra<ifinfomsg>(up);
  info.ifi_index = static_cast<int>(link);
  info.ifi_flags = IFF_UP;
  info.ifi_change = IFF_UP;
  return Ask(up);
}

absl::Status Rtnetlink::AddAddress(std::uint32_t link, const Prefix& address) {
  Request buffer{};
  nlmsghdr& request = Begin(buffer, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
  auto& info = PutExtra<ifaddrmsg>(request);
  info.ifa_family = Family(address.address);
  info.ifa_prefixlen = address.length;
  // Nobody else in the tunnel could answer a duplicate address probe.
  info.ifa_flags = address.address.is_v6() ? IFA_F_NODAD : 0;
  info.ifa_scope = RT_SCOPE_UNIVERSE;
  info.ifa_index = link;
  mnl_attr_put(&request, IFA_LOCAL, address.address.size(), address.address.bytes.data());
  mnl_attr_put(&request, IFA_ADDRESS, address.address.size(), address.address.bytes.data());
  return Ask(request);
}

absl::Status Rtnetlink::AddRoute(std::uint32_t link, const Prefix& destination) {
  Request buffer{};
  nlmsghdr& request = Begin(buffer, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
  auto& info = PutExtra<rtmsg>(request);
  info.rtm_family = Family(destination.address);
  info.rtm_dst_len = destination.length;
  info.rtm_table = RT_TABLE_MAIN;
  info.rtm_protocol = RTPROT_STATIC;
  info.rtm_scope = destination.address.is_v4() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  info.rtm_type = RTN_UNICAST;
  mnl_attr_put(&request, RTA_DST, destination.address.size(), destination.address.bytes.data());
  mnl_attr_put_u32(&request, RTA_OIF, link);
  return Ask(request);
}

}  // namespace jvpn
