#include "dataplane/worker.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <sys/prctl.h>

#include <algorithm>
#include <bit>
#include <thread>

#include "dataplane/tsc_clock.h"

namespace jvpn {
namespace {

// What a buffer in a hand-over ring wants of the worker that takes it; travels in mbuf->hash.usr.
// mbuf->port holds the side.
constexpr std::uint32_t kToProcess = 0;
constexpr std::uint32_t kToTransmit = 1;

constexpr std::size_t kCommandsPerTurn = 16;
constexpr Millis kLinkPace{100};
constexpr std::uint16_t kVlanIdMask = 0x0fff;

// Before a first sleep: about what a burst's worth of turns costs, so that trains are not cut.
constexpr std::uint32_t kIdleTurnsBeforeSleep = 64;

Packet AsPacket(rte_mbuf* buffer, PortSide side) {
  Packet packet;
  packet.data = rte_pktmbuf_mtod(buffer, std::uint8_t*);
  packet.buffer = buffer;
  packet.length = rte_pktmbuf_data_len(buffer);
  packet.headroom = rte_pktmbuf_headroom(buffer);
  packet.tailroom = rte_pktmbuf_tailroom(buffer);
  packet.side = side;
  if ((buffer->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0) {
    packet.vlan = buffer->vlan_tci & kVlanIdMask;
  }
  return packet;
}

// The forwarder moved the frame's ends; the buffer follows, and forgets what reception noted.
rte_mbuf* AsBuffer(const Packet& packet) {
  auto* buffer = static_cast<rte_mbuf*>(packet.buffer);
  buffer->data_off = packet.headroom;
  buffer->data_len = packet.length;
  buffer->pkt_len = packet.length;
  buffer->ol_flags = 0;
  return buffer;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Worker>> Worker::Create(const ForwarderConfig& config,
                                                       const WorkerSurroundings& around) {
  std::unique_ptr<Worker> worker(new Worker(config, around));
  auto engine = AeadEngine::Create(AeadEngine::Sharing::kPrivateCopy);
  if (!engine.ok()) return engine.status();
  worker->engine_ = *std::move(engine);
  auto forwarder = Forwarder::Create(config, *worker->engine_, *around.lane, worker->stats_);
  if (!forwarder.ok()) return forwarder.status();
  worker->forwarder_ = *std::move(forwarder);
  return worker;
}

Worker::Worker(const ForwarderConfig& config, const WorkerSurroundings& around)
    : self_(Value(config.self)), around_(around) {}

bool Worker::PollOnce(Instant now) {
  std::uint32_t work = RunCommands(now);
  work += TakeHandedOver(now);
  work += Receive(PortSide::kWan, now);
  work += Receive(PortSide::kCore, now);
  const bool due = forwarder_->Scan(now);
  WatchLinks(now);
  FlushAll();
  const bool busy = work > 0 || due;
  stats_.turns.Add();
  if (!busy) stats_.idle_turns.Add();
  return busy;
}

void Worker::Run(IdlePolicy idle, const std::atomic<bool>& stop) {
  // A sleep must not be rounded up by the kernel's default slack of 50 us.
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  TscClock clock;
  std::uint32_t idle_turns = 0;
  while (!stop.load(std::memory_order_relaxed)) {
    if (PollOnce(clock.Now())) {
      idle_turns = 0;
      continue;
    }
    if (idle == IdlePolicy::kBusy || ++idle_turns < kIdleTurnsBeforeSleep) continue;
    const std::chrono::microseconds longer(idle_turns - kIdleTurnsBeforeSleep + 1);
    std::this_thread::sleep_for(std::min(longer, kLongestSleep));
  }
}

bool Worker::Take(Packet& out) {
  rte_mbuf* buffer = rte_pktmbuf_alloc(around_.pool);
  if (buffer == nullptr) return false;
  out = AsPacket(buffer, PortSide::kWan);
  return true;
}

std::uint32_t Worker::RunCommands(Instant now) {
  std::array<Packet, kCommandsPerTurn> made;
  const Forwarder::CommandTurn turn = forwarder_->RunCommands(*this, made, now);
  Settle(std::span(made).first(turn.packets));
  return turn.commands;
}

std::uint32_t Worker::TakeHandedOver(Instant now) {
  std::uint32_t all = 0;
  std::array<rte_mbuf*, kBurstPackets> taken;
  std::array<rte_mbuf*, kBurstPackets> to_process[2];
  for (std::uint32_t from = 0; from < around_.handoff->workers(); ++from) {
    if (from == self_) continue;
    std::uint32_t counts[2] = {};
    const std::uint32_t count = around_.handoff->Receive(self_, from, taken);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint16_t side = taken[i]->port;
      if (taken[i]->hash.usr == kToTransmit) {
        Transmit(static_cast<PortSide>(side), taken[i]);
      } else {
        to_process[side][counts[side]++] = taken[i];
      }
    }
    for (const PortSide side : {PortSide::kWan, PortSide::kCore}) {
      const auto which = static_cast<std::size_t>(side);
      Process(side, std::span(to_process[which]).first(counts[which]), now);
    }
    all += count;
  }
  return all;
}

std::uint32_t Worker::Receive(PortSide side, Instant now) {
  const Port& from = port(side);
  if (!from.has_queue(self_)) return 0;
  std::array<rte_mbuf*, kBurstPackets> burst;
  const std::uint16_t count =
      rte_eth_rx_burst(from.id(), static_cast<std::uint16_t>(self_), burst.data(), kBurstPackets);
  Process(side, std::span(burst).first(count), now);
  return count;
}

void Worker::Process(PortSide side, std::span<rte_mbuf*> burst, Instant now) {
  if (burst.empty()) return;
  for (rte_mbuf* buffer : burst) rte_prefetch0(buffer);
  for (rte_mbuf* buffer : burst) rte_prefetch0(rte_pktmbuf_mtod(buffer, void*));
  std::array<Packet, kBurstPackets> packets;
  std::uint32_t count = 0;
  for (rte_mbuf* buffer : burst) {
    if (buffer->nb_segs != 1) [[unlikely]] {
      FreeAndCount({&buffer, 1}, DropReason::kTooLong);
      continue;
    }
    packets[count++] = AsPacket(buffer, side);
  }
  const std::span<Packet> loaded = std::span(packets).first(count);
  if (side == PortSide::kWan) {
    forwarder_->FromWan(loaded, now);
  } else {
    forwarder_->FromCore(loaded, now);
  }
  Settle(loaded);
}

void Worker::Settle(std::span<Packet> packets) {
  std::array<rte_mbuf*, kBurstPackets> released;
  std::uint32_t count = 0;
  for (const Packet& packet : packets) {
    switch (packet.fate) {
      case Fate::kTransmit:
        Transmit(packet.side, AsBuffer(packet));
        break;
      case Fate::kHandOver: {
        auto* buffer = static_cast<rte_mbuf*>(packet.buffer);  // as it came in
        buffer->port = static_cast<std::uint16_t>(packet.side);
        buffer->hash.usr = kToProcess;
        stats_.handed_over.Add();
        AppendFor(Value(packet.owner), buffer);
        break;
      }
      case Fate::kRelease:
        released[count++] = static_cast<rte_mbuf*>(packet.buffer);
        break;
    }
  }
  if (count > 0) rte_pktmbuf_free_bulk(released.data(), count);
}

// A worker without a queue of its own asks the one whose queue it shares.
void Worker::Transmit(PortSide side, rte_mbuf* packet) {
  const Port& to = port(side);
  if (!to.has_queue(self_)) [[unlikely]] {
    packet->port = static_cast<std::uint16_t>(side);
    packet->hash.usr = kToTransmit;
    AppendFor(to.QueueOwner(self_), packet);
    return;
  }
  Batch& batch = to_port_[static_cast<std::size_t>(side)];
  batch.packets[batch.count++] = packet;
  if (batch.count >= kBurstPackets) FlushPort(side);
}

void Worker::AppendFor(std::uint32_t to, rte_mbuf* packet) {
  Batch& batch = to_worker_[to];
  batch.packets[batch.count++] = packet;
  workers_with_packets_ |= std::uint64_t{1} << to;
  if (batch.count >= kBurstPackets) FlushWorker(to);
}

void Worker::FlushPort(PortSide side) {
  Batch& batch = to_port_[static_cast<std::size_t>(side)];
  if (batch.count == 0) return;
  const std::uint16_t sent =
      rte_eth_tx_burst(port(side).id(), static_cast<std::uint16_t>(self_), batch.packets.data(),
                       static_cast<std::uint16_t>(batch.count));
  FreeAndCount(std::span(batch.packets).subspan(sent, batch.count - sent), DropReason::kTxFull);
  batch.count = 0;
}

void Worker::FlushWorker(std::uint32_t to) {
  Batch& batch = to_worker_[to];
  const std::uint32_t taken =
      around_.handoff->Send(self_, to, std::span(batch.packets).first(batch.count));
  FreeAndCount(std::span(batch.packets).subspan(taken, batch.count - taken),
               DropReason::kHandoffFull);
  batch.count = 0;
  workers_with_packets_ &= ~(std::uint64_t{1} << to);
}

void Worker::FlushAll() {
  FlushPort(PortSide::kWan);
  FlushPort(PortSide::kCore);
  while (workers_with_packets_ != 0) {
    FlushWorker(static_cast<std::uint32_t>(std::countr_zero(workers_with_packets_)));
  }
}

void Worker::FreeAndCount(std::span<rte_mbuf*> packets, DropReason reason) {
  if (packets.empty()) return;
  stats_.drops[static_cast<std::size_t>(reason)].Add(packets.size());
  rte_pktmbuf_free_bulk(packets.data(), static_cast<unsigned>(packets.size()));
}

// The first worker says it for all: a dead port is the death of every transport on it.
void Worker::WatchLinks(Instant now) {
  if (self_ != 0 || FloorMs(now) - links_seen_ < kLinkPace) return;
  links_seen_ = FloorMs(now);
  for (const PortSide side : {PortSide::kWan, PortSide::kCore}) {
    bool& known = link_up_[static_cast<std::size_t>(side)];
    const bool up = port(side).IsUp();
    if (up == known) continue;
    HealthSignal signal;
    signal.kind = up ? HealthSignal::Kind::kPortUp : HealthSignal::Kind::kPortDown;
    signal.side = static_cast<std::uint8_t>(side);
    if (forwarder_->lane_writer().Signal(signal)) known = up;
  }
}

}  // namespace jvpn
