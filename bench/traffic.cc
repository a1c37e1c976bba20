#include "bench/traffic.h"

#include <algorithm>

#include "base/check.h"
#include "dataplane/checksum.h"
#include "dataplane/ip_layout.h"
#include "wire/data_header.h"
#include "wire/link_frame.h"

namespace jvpn {
namespace {

IpAddress Address(const char* text) {
  const auto address = IpAddress::Parse(text);
  CHECK(address.has_value());
  return *address;
}

Prefix MakePrefix(const char* text) {
  const auto prefix = Prefix::Parse(text);
  CHECK(prefix.has_value());
  return *prefix;
}

IpAddress Plus(const IpAddress& base, std::uint32_t distance) {
  std::uint8_t raw[4];
  StoreBe32(raw, LoadBe32(base.bytes.data()) + distance);
  return IpAddress::V4(raw);
}

// An inner UDP packet of exactly `size` bytes.
Bytes InnerPacket(const IpAddress& from, const IpAddress& to, std::uint16_t size) {
  CHECK(size >= kIpv4HeaderBytes + kUdpHeaderBytes);
  Bytes payload(size - kIpv4HeaderBytes);
  StoreBe16(payload.data(), 7);
  StoreBe16(payload.data() + 2, 7);
  StoreBe16(payload.data() + 4, static_cast<std::uint16_t>(payload.size()));
  return BuildIp({.source = from,
                  .destination = to,
                  .protocol = static_cast<std::uint8_t>(IpProtocol::kUdp),
                  .hop_limit = 64,
                  .payload = payload});
}

// In an IPv4 header, with its checksum.
void SetAddress(std::uint8_t* ip, std::size_t offset, const IpAddress& address) {
  std::copy_n(address.bytes.begin(), 4, ip + offset);
  StoreBe16(ip + kV4ChecksumOffset, 0);
  StoreChecksum(ip + kV4ChecksumOffset, FoldChecksum(OnesSum({ip, kIpv4HeaderBytes})));
}

// Each client has a port of its own, so that no two sessions share an outer 5-tuple.
std::uint16_t ClientPort(std::uint32_t session) {
  return static_cast<std::uint16_t>(1024 + session % 60'000);
}

}  // namespace

BenchAddresses BenchAddresses::Make() {
  return {.wan = MakePrefix("192.0.2.1/24"),
          .core = MakePrefix("198.51.100.1/24"),
          .client = Address("192.0.2.7"),
          .server = Address("198.51.100.7"),
          .inner_pool = MakePrefix("10.64.0.0/10")};
}

Traffic::Traffic(Suite suite, std::uint32_t sessions, std::uint32_t flow_slots, AeadEngine& engine,
                 Random& random)
    : addresses_(BenchAddresses::Make()), suite_(suite), engine_(engine), clients_(sessions) {
  CHECK(sessions <= flow_slots);
  // Random positions, as the control core picks them: neighbouring sessions are not neighbours in
  // the table.
  std::vector<std::uint32_t> slots(flow_slots);
  for (std::uint32_t i = 0; i < flow_slots; ++i) slots[i] = i;
  for (std::uint32_t i = 0; i < sessions; ++i) {
    std::swap(slots[i], slots[i + random.U32() % (flow_slots - i)]);
    Client& client = clients_[i];
    random.Fill(client.to_gateway.writable());
    random.Fill(client.to_client.writable());
    engine_.ExpandKey(suite_, client.to_gateway, client.seal_key);
    client.index = FlowIndex::Of(WorkerId{0}, slots[i] | flow_slots);
  }
}

SessionProgram Traffic::ProgramOf(std::uint32_t i, Generation generation) const {
  SessionProgram program;
  program.session = SessionSlot{i};
  program.generation = generation;
  program.installed = true;
  program.suite = suite_;
  program.epoch = KeyEpoch{1};
  program.rx_key = clients_[i].to_gateway;
  program.tx_key = clients_[i].to_client;
  program.bound = TransportId{0};
  program.inner_v4 = {.address = InnerAddress(i), .length = 32};
  program.inner_mtu = 1420;
  program.fresh_after = Millis(500);
  program.dead_after = Millis(750);
  program.transport_count = 1;
  program.transports[0] = {.rx_index = clients_[i].index,
                           .tx_index = FlowIndex{i + 1},
                           .validated = true,
                           .remote = {addresses_.client, ClientPort(i)},
                           .local = {addresses_.wan.address, kBenchPort},
                           .next_hop = NeighborId{0}};
  return program;
}

RouteProgram Traffic::RouteOf(std::uint32_t i, Generation generation) const {
  return {.destination = {InnerAddress(i), 32},
          .generation = generation,
          .present = true,
          .owner = WorkerId{0},
          .session = SessionSlot{i}};
}

IpAddress Traffic::InnerAddress(std::uint32_t session) const {
  return Plus(addresses_.inner_pool.address, 2 + session);
}

const Traffic::Mould& Traffic::UplinkMould(std::uint16_t size) {
  if (uplink_.size == size) return uplink_;
  Bytes tunnel(kDataHeaderBytes);
  const Bytes inner = InnerPacket(InnerAddress(0), addresses_.server, size);
  tunnel.insert(tunnel.end(), inner.begin(), inner.end());
  tunnel.resize(tunnel.size() + kTagBytes);
  uplink_ = {size, BuildUdpFrame(MacAddress{}, kRouterMac,
                                 {.source = {addresses_.client, ClientPort(0)},
                                  .destination = {addresses_.wan.address, kBenchPort},
                                  .payload = tunnel})};
  return uplink_;
}

const Traffic::Mould& Traffic::DownlinkMould(std::uint16_t size) {
  if (downlink_.size == size) return downlink_;
  const Bytes inner = InnerPacket(addresses_.server, InnerAddress(0), size);
  downlink_ = {size, BuildEthernet(MacAddress{}, kRouterMac, EtherType::kIpv4, inner)};
  return downlink_;
}

std::uint16_t Traffic::UplinkFrame(std::uint32_t session, std::uint16_t size, std::uint8_t* to) {
  Client& client = clients_[session];
  const Bytes& mould = UplinkMould(size).frame;
  std::copy(mould.begin(), mould.end(), to);
  StoreBe16(to + kTunnelOffset - kUdpHeaderBytes, ClientPort(session));
  StoreBe16(to + kTunnelOffset - 2, 0);  // no UDP checksum, as a tunnel over IPv4 has none
  std::uint8_t* tunnel = to + kTunnelOffset;
  EncodeDataHeader({.key_phase = 1, .flow = client.index, .counter = client.counter}, tunnel);
  AeadJob job;
  job.key = &client.seal_key;
  job.header = tunnel;
  job.payload = tunnel + kDataHeaderBytes;
  job.length = size;
  SetAddress(job.payload, kV4SourceOffset, InnerAddress(session));
  EncodeNonce(TransportId{0}, client.counter++, job.nonce);
  engine_.Seal(suite_, std::span(&job, 1));
  return static_cast<std::uint16_t>(mould.size());
}

std::uint16_t Traffic::DownlinkFrame(std::uint32_t session, std::uint16_t size, std::uint8_t* to) {
  const Bytes& mould = DownlinkMould(size).frame;
  std::copy(mould.begin(), mould.end(), to);
  SetAddress(to + kEthernetHeaderBytes, kV4DestinationOffset, InnerAddress(session));
  return static_cast<std::uint16_t>(mould.size());
}

}  // namespace jvpn
