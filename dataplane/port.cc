#include "dataplane/port.h"

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace jvpn {
namespace {

constexpr std::uint16_t kDescriptors = 1024;

const char* NameOf(PortSide side) { return side == PortSide::kWan ? "wan" : "core"; }

absl::Status Failed(int code, const std::string& what) {
  return absl::InternalError(absl::StrCat(what, ": ", rte_strerror(std::abs(code))));
}

// Core side: by destination alone if the device can, so that a session's packets stay together.
std::uint64_t RssOf(PortSide side, std::uint64_t offered) {
  if (side == PortSide::kCore) return offered & (RTE_ETH_RSS_IP | RTE_ETH_RSS_L3_DST_ONLY);
  return offered & (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP);
}

}  // namespace

std::string DeviceArguments(const std::string& vdev, std::uint32_t workers) {
  const bool packet_socket = vdev.rfind("net_af_packet", 0) == 0;
  if (!packet_socket || workers == 1 || vdev.find("qpairs=") != std::string::npos) return vdev;
  return absl::StrCat(vdev, ",qpairs=", workers);
}

absl::StatusOr<std::unique_ptr<Port>> Port::Open(const PortDevice& device,
                                                 const PortSettings& settings,
                                                 const PacketPools& pools) {
  const bool is_pci = !device.pci.empty();
  const std::string arguments =
      is_pci ? device.pci : DeviceArguments(device.vdev, settings.workers);
  const std::string name = arguments.substr(0, arguments.find(','));
  std::uint16_t id = 0;
  if (rte_eth_dev_get_port_by_name(name.c_str(), &id) != 0) {
    const int probed = rte_dev_probe(arguments.c_str());
    if (probed != 0 || rte_eth_dev_get_port_by_name(name.c_str(), &id) != 0) {
      return absl::NotFoundError(absl::StrCat(
          "no ", NameOf(settings.side), " port: DPDK could not open \"", arguments, "\" (",
          rte_strerror(std::abs(probed)), "); ",
          is_pci ? "is the device bound to vfio-pci?"
                 : "does the interface exist, is it up, and is its driver's package installed?"));
    }
  }
  return Adopt(id, settings, pools);
}

absl::StatusOr<std::unique_ptr<Port>> Port::Adopt(std::uint16_t id, const PortSettings& settings,
                                                  const PacketPools& pools) {
  rte_eth_dev_info info;
  if (const int failed = rte_eth_dev_info_get(id, &info); failed != 0) {
    return Failed(failed,
                  absl::StrCat("the ", NameOf(settings.side), " port says nothing of itself"));
  }
  const std::uint32_t queues =
      std::min<std::uint32_t>({settings.workers, info.max_rx_queues, info.max_tx_queues});
  if (queues == 0) {
    return absl::InternalError(absl::StrCat("the ", NameOf(settings.side), " port has no queues"));
  }
  std::unique_ptr<Port> port(new Port(id, static_cast<std::uint16_t>(queues)));
  if (absl::Status status = port->Configure(settings, pools); !status.ok()) {
    return absl::Status(status.code(), absl::StrCat(NameOf(settings.side),
                                                    " port: ", std::string(status.message())));
  }
  return port;
}

absl::Status Port::Configure(const PortSettings& settings, const PacketPools& pools) {
  rte_eth_dev_info info;
  if (const int failed = rte_eth_dev_info_get(id_, &info); failed != 0) {
    return Failed(failed, "the device says nothing of itself");
  }
  rte_eth_conf config{};
  const std::uint64_t rss = RssOf(settings.side, info.flow_type_rss_offloads);
  if (queues_ > 1 && rss != 0) {
    config.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    config.rx_adv_conf.rss_conf.rss_hf = rss;
  }
  // Fast free needs all buffers of a queue from one pool, and handed-over ones are from others.
  if (settings.workers == 1 && (info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) != 0) {
    config.txmode.offloads |= RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
  }
  if (const int failed = rte_eth_dev_configure(id_, queues_, queues_, &config); failed != 0) {
    return Failed(failed, absl::StrCat("cannot be set up with ", queues_, " queues"));
  }
  if (absl::Status status = SetMtu(settings.mtu); !status.ok()) return status;
  if (absl::Status status = SetUpQueues(pools); !status.ok()) return status;
  if (const int failed = rte_eth_dev_start(id_); failed != 0) {
    return Failed(failed, "does not start");
  }
  // Solicited-node groups of our addresses. A device that can do neither filters nothing.
  if (rte_eth_allmulticast_enable(id_) != 0) rte_eth_promiscuous_enable(id_);
  return absl::OkStatus();
}

absl::Status Port::SetUpQueues(const PacketPools& pools) {
  std::uint16_t rx = kDescriptors;
  std::uint16_t tx = kDescriptors;
  if (const int failed = rte_eth_dev_adjust_nb_rx_tx_desc(id_, &rx, &tx); failed != 0) {
    return Failed(failed, "takes no number of descriptors");
  }
  // A small pool must not be swallowed by the rings.
  const auto most = static_cast<std::uint16_t>(pools.buffers_each() / 8);
  const int socket = rte_eth_dev_socket_id(id_);
  for (std::uint16_t queue = 0; queue < queues_; ++queue) {
    if (const int failed =
            rte_eth_rx_queue_setup(id_, queue, std::min(rx, most), static_cast<unsigned>(socket),
                                   nullptr, pools.of(queue));
        failed != 0) {
      return Failed(failed, absl::StrCat("receive queue ", queue));
    }
    if (const int failed = rte_eth_tx_queue_setup(id_, queue, std::min(tx, most),
                                                  static_cast<unsigned>(socket), nullptr);
        failed != 0) {
      return Failed(failed, absl::StrCat("transmit queue ", queue));
    }
  }
  return absl::OkStatus();
}

absl::Status Port::SetMtu(std::uint16_t mtu) {
  std::uint16_t present = 0;
  if (rte_eth_dev_get_mtu(id_, &present) == 0 && present >= mtu) return absl::OkStatus();
  const int failed = rte_eth_dev_set_mtu(id_, mtu);
  // What cannot be asked or set (rings) does not limit either.
  if (failed == 0 || failed == -ENOTSUP) return absl::OkStatus();
  return Failed(failed, absl::StrCat("must carry packets of ", mtu, " bytes and has an MTU of ",
                                     present, "; raise it, or lower inner_mtu"));
}

Port::~Port() {
  rte_eth_dev_stop(id_);
  rte_eth_dev_close(id_);
}

MacAddress Port::mac() const {
  rte_ether_addr address{};
  rte_eth_macaddr_get(id_, &address);
  MacAddress mac;
  std::copy_n(address.addr_bytes, mac.bytes.size(), mac.bytes.begin());
  return mac;
}

bool Port::IsUp() const {
  rte_eth_link link{};
  // A device that cannot tell counts as up: the transports' own silence shows what it is.
  return rte_eth_link_get_nowait(id_, &link) != 0 || link.link_status == RTE_ETH_LINK_UP;
}

}  // namespace jvpn
