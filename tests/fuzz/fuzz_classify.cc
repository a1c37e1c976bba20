// Target: the outer headers of a frame. The first byte chooses the port, the rest is the frame.
#include "base/check.h"
#include "dataplane/classify.h"
#include "dataplane/ip_layout.h"
#include "tests/fuzz/fuzz_target.h"
#include "wire/data_header.h"

namespace jvpn {
namespace {

SideConfig Wan() {
  return {.mac = MacAddress{{2, 0, 0, 0, 0, 1}},
          .addresses = {*Prefix::Parse("192.0.2.1/24"), *Prefix::Parse("2001:db8::1/64")},
          .next_hops = {},
          .vlan = 0};
}
SideConfig Core() {
  return {.mac = MacAddress{{2, 0, 0, 0, 0, 2}},
          .addresses = {*Prefix::Parse("10.0.0.1/24"), *Prefix::Parse("2001:db8:1::1/64")},
          .next_hops = {},
          .vlan = 42};
}

void CheckPlace(const Classifier& classifier, const Packet& packet, const Classified& what) {
  CHECK(what.payload_offset >= what.ip_offset);
  CHECK(std::size_t{what.payload_offset} + what.payload_length <= packet.length);
  if (what.kind == Classified::Kind::kInner) return;
  CHECK(what.payload_offset >= what.ip_offset + kV4Bytes + kUdpBytes);
  const Endpoint to = DestinationOf(packet, what);
  CHECK(classifier.IsOwn(to.address.family, to.address.bytes.data()) && to.port == 4600);
  CHECK(SourceOf(packet, what).address.family == what.family);
  if (what.kind == Classified::Kind::kData) CHECK(what.payload_length >= kDataOverheadBytes);
}

}  // namespace

bool FuzzTarget(ByteView input) {
  static const Classifier wan(PortSide::kWan, Wan(), 4600);
  static const Classifier core(PortSide::kCore, Core(), 4600);
  if (input.empty() || input.size() > 10'000) return false;
  Bytes frame(input.begin() + 1, input.end());
  Packet packet;
  packet.data = frame.data();
  packet.length = static_cast<std::uint16_t>(frame.size());
  packet.side = (input[0] & 1) == 0 ? PortSide::kWan : PortSide::kCore;
  const Classifier& classifier = packet.side == PortSide::kWan ? wan : core;
  Classified what;
  classifier.Classify(packet, what);
  switch (what.kind) {
    case Classified::Kind::kDrop:
      return false;
    case Classified::Kind::kLink:
      return true;
    case Classified::Kind::kData:
    case Classified::Kind::kHandshake:
    case Classified::Kind::kDatagram:
    case Classified::Kind::kInner:
      CheckPlace(classifier, packet, what);
      return true;
  }
  return false;
}

}  // namespace jvpn
