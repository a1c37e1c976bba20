#include "client/tun_device.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace jvpn {
namespace {

constexpr char kTunPath[] = "/dev/net/tun";

absl::Status OpenError(int error) {
  switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return absl::NotFoundError(
          absl::StrCat(kTunPath, " is not there; load the module: modprobe tun"));
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(
          absl::StrCat("may not open ", kTunPath, "; run jvpn as root or with CAP_NET_ADMIN"));
    default:
      return absl::UnavailableError(absl::StrCat(kTunPath, ": ", std::strerror(error)));
  }
}

absl::Status CreateError(const std::string& name, int error) {
  if (error == EPERM) {
    return absl::PermissionDeniedError(absl::StrCat("may not create interface ", name,
                                                    "; run jvpn as root or with CAP_NET_ADMIN"));
  }
  if (error == EBUSY || error == EINVAL) {
    return absl::AlreadyExistsError(absl::StrCat("an interface named ", name,
                                                 " exists already; choose another interface.name"));
  }
  return absl::UnavailableError(
      absl::StrCat("cannot create interface ", name, ": ", std::strerror(error)));
}

absl::Status Explain(const absl::Status& status, const std::string& what) {
  return absl::Status(status.code(), absl::StrCat("cannot ", what, ": ", status.message()));
}

void AppendHalves(const Prefix& everything, std::vector<Prefix>& routes) {
  Prefix half{everything.address, 1};
  half = half.Network();
  routes.push_back(half);
  half.address.bytes[0] = 0x80;
  routes.push_back(half);
}

}  // namespace

std::vector<Prefix> RoutesToLay(const TunSettings& settings) {
  std::vector<Prefix> wanted;
  for (const Prefix& route : settings.routes) {
    const Prefix& own = route.address.is_v4() ? settings.inner_v4 : settings.inner_v6;
    if (own.address.is_none()) continue;
    if (route.length == 0) {
      AppendHalves(route, wanted);
    } else if (route.Network() != own.Network()) {
      wanted.push_back(route.Network());
    }
  }
  std::vector<Prefix> routes;
  for (const Prefix& route : wanted) {
    if (std::find(routes.begin(), routes.end(), route) == routes.end()) routes.push_back(route);
  }
  return routes;
}

absl::StatusOr<TunDevice> TunDevice::Create(const std::string& name) {
  // TUNSETIFF would join an existing tun interface of that name; it is somebody else's.
  if (if_nametoindex(name.c_str()) != 0) return CreateError(name, EBUSY);
  UniqueFd fd(open(kTunPath, O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return OpenError(errno);
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (ioctl(fd.get(), TUNSETIFF, &request) < 0) return CreateError(name, errno);
  const unsigned link = if_nametoindex(name.c_str());
  if (link == 0) return CreateError(name, errno);
  return TunDevice(name, std::move(fd), link);
}

absl::Status TunDevice::Configure(const TunSettings& settings) {
  absl::StatusOr<Rtnetlink> netlink = Rtnetlink::Open();
  if (!netlink.ok()) return Explain(netlink.status(), "open a netlink socket");
  absl::Status status = netlink->SetUp(link_, settings.mtu);
  if (!status.ok()) return Explain(status, "bring " + name_ + " up");
  for (const Prefix& address : {settings.inner_v4, settings.inner_v6}) {
    if (address.address.is_none()) continue;
    status = netlink->AddAddress(link_, address);
    if (!status.ok()) return Explain(status, "give " + name_ + " " + address.ToString());
  }
  for (const Prefix& route : RoutesToLay(settings)) {
    status = netlink->AddRoute(link_, route);
    if (!status.ok()) {
      return Explain(status, "route " + route.ToString() + " into " + name_ +
                                 " (the gateway pushed it; interface.routes can refuse it)");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::size_t> TunDevice::Read(MutableBytes to) {
  const ssize_t size = read(fd_.get(), to.data(), to.size());
  if (size >= 0) return static_cast<std::size_t>(size);
  if (errno == EAGAIN || errno == EINTR) return 0;
  return absl::UnavailableError(absl::StrCat("the interface ", name_, " was taken away (",
                                             std::strerror(errno),
                                             "); make it anew with: jvpn up"));
}

bool TunDevice::Write(ByteView packet) {
  return write(fd_.get(), packet.data(), packet.size()) == static_cast<ssize_t>(packet.size());
}

}  // namespace jvpn
