#include "tests/sim/ledger.h"

#include <algorithm>
#include <string>

#include "wire/link_frame.h"

namespace jvpn::sim {
namespace {

constexpr std::uint8_t kProtocol = 253;  // for experiments (RFC 3692)
constexpr std::uint32_t kMark = 0x6a76'706e;
constexpr std::size_t kLeast = 8;  // mark and number

std::uint8_t Filler(std::uint32_t number, std::size_t i) {
  return static_cast<std::uint8_t>(number * 31 + i * 7);
}

}  // namespace

Bytes Ledger::Make(std::uint32_t client, Way way, const IpAddress& inner, std::size_t payload) {
  const std::uint32_t number = made();
  Bytes body(std::max(payload, kLeast));
  StoreBe32(body.data(), kMark);
  StoreBe32(body.data() + 4, number);
  for (std::size_t i = kLeast; i < body.size(); ++i) body[i] = Filler(number, i);
  const bool up = way == Way::kUp;
  Bytes packet = BuildIp({.source = up ? inner : kHost,
                          .destination = up ? kHost : inner,
                          .protocol = kProtocol,
                          .payload = body});
  entries_.push_back({client, way, static_cast<std::uint32_t>(packet.size()), false});
  return packet;
}

std::optional<std::uint32_t> Ledger::NumberOf(ByteView packet) {
  if (packet.size() < kIpv4HeaderBytes + kLeast || packet[9] != kProtocol) return std::nullopt;
  if (LoadBe32(packet.data() + kIpv4HeaderBytes) != kMark) return std::nullopt;
  return LoadBe32(packet.data() + kIpv4HeaderBytes + 4);
}

void Ledger::Delivered(std::uint32_t client, Way way, ByteView packet) {
  const auto number = NumberOf(packet);
  if (!number || *number >= made()) return findings_.Add("delivery", "a packet nobody sent");
  Entry& entry = entries_[*number];
  const std::string name = "packet " + std::to_string(*number);
  if (entry.delivered) findings_.Add("twice", name + " delivered twice");
  if (entry.client != client || entry.way != way) findings_.Add("delivery", name + " went astray");
  bool whole = packet.size() == entry.bytes;
  for (std::size_t i = kLeast; whole && i + kIpv4HeaderBytes < packet.size(); ++i) {
    whole = packet[kIpv4HeaderBytes + i] == Filler(*number, i);
  }
  if (!whole) findings_.Add("delivery", name + " was changed");
  entry.delivered = true;
}

}  // namespace jvpn::sim
