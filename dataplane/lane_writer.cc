#include "dataplane/lane_writer.h"

#include <algorithm>

#include "absl/hash/hash.h"
#include "dataplane/ip_layout.h"

namespace jvpn {
namespace {

constexpr Millis kAskAgainAfter{100};

}  // namespace

bool LaneWriter::Signal(const HealthSignal& signal) {
  if (lane_.signals.TryPush(signal)) return true;
  CountDrop(stats_, DropReason::kLaneFull);
  return false;
}

void LaneWriter::NeedNeighbor(PortSide side, const IpAddress& address, Instant now) {
  if (address.is_none()) return;
  Asked& asked = asked_[absl::Hash<IpAddress>{}(address) % asked_.size()];
  if (asked.address == address && FloorMs(now) - asked.at < kAskAgainAfter) return;
  if (!neighbor_rate_.Pass(now)) return;
  HealthSignal signal;
  signal.kind = HealthSignal::Kind::kNeedNeighbor;
  signal.side = static_cast<std::uint8_t>(side);
  signal.remote.address = address;
  if (Signal(signal)) asked = {address, FloorMs(now)};
}

void LaneWriter::Push() {
  if (!lane_.frames.TryPush(frame_)) CountDrop(stats_, DropReason::kLaneFull);
}

void LaneWriter::Load(const Packet& packet, const Classified& what) {
  frame_.kind = UpFrame::Kind::kDatagram;
  frame_.side = packet.side;
  std::copy_n(packet.data + 6, frame_.source_mac.bytes.size(), frame_.source_mac.bytes.begin());
  frame_.remote = SourceOf(packet, what);
  frame_.local = DestinationOf(packet, what);
  CHECK(frame_.bytes.Assign({packet.data + what.payload_offset, what.payload_length}));
}

void LaneWriter::Datagram(const Packet& packet, const Classified& what) {
  Load(packet, what);
  Push();
}

void LaneWriter::Handshake(const Packet& packet, const Classified& what) {
  if (lane_.handshakes.Free() == 0) return CountDrop(stats_, DropReason::kLaneFull);
  Load(packet, what);
  CHECK(lane_.handshakes.TryPush(frame_));
}

void LaneWriter::PathFrames(const Packet& packet, const Classified& what, const FlowPlace& place,
                            ByteView plaintext, bool highest) {
  frame_.kind = UpFrame::Kind::kPathFrames;
  frame_.side = packet.side;
  frame_.remote = SourceOf(packet, what);
  frame_.local = DestinationOf(packet, what);
  frame_.session = place.session();
  frame_.transport = TransportId{place.transport()};
  frame_.highest = highest;
  if (!frame_.bytes.Assign(plaintext)) {
    CountDrop(stats_, DropReason::kTooLong);
    return;
  }
  Push();
}

// The tag sits between the addresses and the type.
void LaneWriter::AssignUntagged(const Packet& packet, std::size_t limit) {
  const bool tagged = LoadBe16(packet.data + kEtherTypeOffset) == kEtherTypeVlan;
  const std::size_t skip = tagged ? kVlanTagBytes : 0;
  const std::size_t size = std::min<std::size_t>(packet.length - skip, limit);
  std::uint8_t* to = frame_.bytes.bytes.data();
  std::copy_n(packet.data, kEtherTypeOffset, to);
  std::copy_n(packet.data + kEtherTypeOffset + skip, size - kEtherTypeOffset,
              to + kEtherTypeOffset);
  frame_.bytes.size = static_cast<std::uint16_t>(size);
}

void LaneWriter::Link(const Packet& packet) {
  if (packet.length > kMaxLaneFrame) {
    CountDrop(stats_, DropReason::kTooLong);
    return;
  }
  frame_.kind = UpFrame::Kind::kLink;
  frame_.side = packet.side;
  AssignUntagged(packet, kMaxLaneFrame);
  Push();
}

void LaneWriter::TooBig(const Packet& packet, Instant now) {
  if (!too_big_rate_.Pass(now)) return;
  frame_.kind = UpFrame::Kind::kLink;
  frame_.side = packet.side;
  AssignUntagged(packet, kMaxLaneFrame);
  Push();
}

}  // namespace jvpn
