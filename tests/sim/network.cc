#include "tests/sim/network.h"

#include <algorithm>
#include <string>

#include "wire/data_header.h"

namespace jvpn::sim {
namespace {

constexpr std::size_t kRecorded = 64;
constexpr std::uint32_t kBurstEnds = 150;  // permille of datagrams

Endpoint FirstExternal(std::uint32_t client, std::uint32_t link) {
  const std::uint8_t address[] = {198, 51, 100, static_cast<std::uint8_t>(10 + 10 * client + link)};
  return {IpAddress::V4(address), static_cast<std::uint16_t>(40000 + link)};
}

bool Is(const Bytes& bytes, FrameType type) {
  return !bytes.empty() && bytes[0] == static_cast<std::uint8_t>(type);
}

}  // namespace

Network::Network(const Schedule& schedule, Trace& trace)
    : trace_(trace), dice_(schedule.seed, 2), links_(schedule.clients.size()) {
  for (std::uint32_t c = 0; c < schedule.clients.size(); ++c) {
    for (std::uint32_t i = 0; i < schedule.clients[c].links.size(); ++i) {
      Link& link = links_[c].emplace_back();
      link.external = FirstExternal(c, i);
    }
  }
}

void Network::FromClient(std::uint32_t client, std::uint32_t link, Bytes bytes) {
  Carry({Way::kUp, client, link, at(client, link).external, std::move(bytes)});
}

void Network::FromGateway(const Endpoint& to, Bytes bytes) {
  // Links are few; an address that no NAT has now may still be a former one of some link.
  for (std::uint32_t c = 0; c < links_.size(); ++c) {
    for (std::uint32_t i = 0; i < links_[c].size(); ++i) {
      if (links_[c][i].external == to) return Carry({Way::kDown, c, i, to, std::move(bytes)});
    }
  }
  ++sent_;
  Drop({Way::kDown, 0, 0, to, std::move(bytes)}, NetFate::kUnmapped);
}

void Network::Forge(Datagram datagram, Duration delay) {
  ++forged_;
  Launch(std::move(datagram), trace_.now() + delay);
}

void Network::Carry(Datagram datagram) {
  ++sent_;
  trace_.Number(datagram.bytes.size() << 8 | datagram.client << 4 | datagram.link << 1 |
                static_cast<std::uint64_t>(datagram.way));
  if (recording_) Keep(datagram);
  Link& link = at(datagram.client, datagram.link);
  const NetFate fate = Judge(link, datagram);
  if (fate != NetFate::kDelivered) return Drop(datagram, fate);
  const Conditions& conditions = link.ways[static_cast<std::size_t>(datagram.way)];
  const Duration arrives = trace_.now() + Travel(conditions, datagram);
  if (dice_.Chance(conditions.duplicate)) {
    ++copied_;
    const Duration later = dice_.Chance(500) ? Duration{0} : Millis{dice_.Between(1, 400)};
    Launch(datagram, arrives + later);
  }
  Spoil(conditions, datagram.bytes);
  Launch(std::move(datagram), arrives);
}

NetFate Network::Judge(Link& link, const Datagram& datagram) {
  const auto way = static_cast<std::size_t>(datagram.way);
  const Conditions& conditions = link.ways[way];
  if (!link.up) return NetFate::kLinkDown;
  if (conditions.black) return NetFate::kBlack;
  if (datagram.bytes.size() > conditions.largest) return NetFate::kTooLarge;
  const bool handshake = Is(datagram.bytes, FrameType::kHandshakeInit) ||
                         Is(datagram.bytes, FrameType::kHandshakeResponse);
  if (conditions.no_handshake && handshake) return NetFate::kFiltered;
  if (conditions.no_control && Is(datagram.bytes, FrameType::kSessionControl)) {
    return NetFate::kFiltered;
  }
  if (conditions.loss > 0 && dice_.Chance(conditions.loss)) return NetFate::kLost;
  if (conditions.burst_loss > 0) {
    bool& in_burst = link.in_burst[way];
    in_burst = in_burst ? !dice_.Chance(kBurstEnds) : dice_.Chance(conditions.burst_loss);
    if (in_burst) return NetFate::kBurst;
  }
  return NetFate::kDelivered;
}

Duration Network::Travel(const Conditions& conditions, const Datagram& datagram) {
  Duration travel = conditions.delay;
  if (conditions.jitter > Duration{0}) {
    const auto us = std::chrono::floor<std::chrono::microseconds>(conditions.jitter).count();
    travel += std::chrono::microseconds(dice_.Between(0, us));
  }
  if (conditions.reorder > Duration{0} && dice_.Chance(100)) travel += conditions.reorder;
  if (conditions.held_until) travel += *conditions.held_until - trace_.now();
  if (conditions.control_held_until && Is(datagram.bytes, FrameType::kSessionControl)) {
    travel += *conditions.control_held_until - trace_.now();
  }
  return travel;
}

void Network::Spoil(const Conditions& conditions, Bytes& bytes) {
  if (bytes.empty()) return;
  const auto size = static_cast<std::uint32_t>(bytes.size());
  if (conditions.corrupt > 0 && dice_.Chance(conditions.corrupt)) {
    bytes[dice_.Below(size)] ^= static_cast<std::uint8_t>(1U << dice_.Below(8));
  }
  if (conditions.truncate > 0 && dice_.Chance(conditions.truncate)) {
    bytes.resize(dice_.Below(size));
  }
}

void Network::Launch(Datagram datagram, Duration at) {
  flights_.push_back({at, launched_++, std::move(datagram)});
  std::push_heap(flights_.begin(), flights_.end(), Later{});
}

void Network::Drop(const Datagram& datagram, NetFate fate) {
  ++fates_[static_cast<std::size_t>(fate)];
  trace_.Number(static_cast<std::uint64_t>(fate));
  if (trace_.printing()) {
    trace_.Note("net", "dropped " + std::to_string(static_cast<int>(fate)) + " type " +
                           std::to_string(datagram.bytes.empty() ? 0 : datagram.bytes[0]) +
                           (datagram.way == Way::kUp ? " up " : " down ") +
                           std::to_string(datagram.client) + "/" + std::to_string(datagram.link));
  }
}

void Network::Keep(const Datagram& datagram) {
  if (recorded_.size() < kRecorded) {
    recorded_.push_back(datagram);
  } else {
    recorded_[next_record_++ % kRecorded] = datagram;
  }
}

std::optional<Duration> Network::NextArrival() const {
  if (flights_.empty()) return std::nullopt;
  return flights_.front().at;
}

std::optional<Network::Datagram> Network::Take() {
  while (!flights_.empty() && flights_.front().at <= trace_.now()) {
    std::pop_heap(flights_.begin(), flights_.end(), Later{});
    Datagram datagram = std::move(flights_.back().datagram);
    flights_.pop_back();
    Link& link = at(datagram.client, datagram.link);
    const bool mapped = datagram.way == Way::kUp || datagram.remote == link.external;
    if (!mapped || (datagram.way == Way::kDown && !link.up)) {
      Drop(datagram, mapped ? NetFate::kLinkDown : NetFate::kUnmapped);
      continue;
    }
    ++fates_[static_cast<std::size_t>(NetFate::kDelivered)];
    return datagram;
  }
  return std::nullopt;
}

void Network::Rebind(std::uint32_t client, std::uint32_t link, bool new_address) {
  Endpoint& external = at(client, link).external;
  ++rebinds_;
  external.port = static_cast<std::uint16_t>(external.port + 1000 + rebinds_);
  if (new_address) external.address.bytes[2] = static_cast<std::uint8_t>(101 + rebinds_ % 100);
}

void Network::CheckConservation(Findings& findings) const {
  std::uint64_t settled = flights_.size();
  for (const std::uint64_t count : fates_) settled += count;
  const std::uint64_t made = sent_ + forged_ + copied_;
  if (made != settled) {
    findings.Add("conservation",
                 "network made " + std::to_string(made) + ", settled " + std::to_string(settled));
  }
}

}  // namespace jvpn::sim
