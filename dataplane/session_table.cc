#include "dataplane/session_table.h"

#include <bit>
#include <new>
#include <utility>

namespace jvpn {
namespace {

std::uint8_t TransportByte(TransportId id, std::uint32_t transports) {
  if (id == TransportId::kNone) return kNoTransport;
  CHECK(Value(id) < transports);
  return static_cast<std::uint8_t>(Value(id));
}

std::uint32_t WholeMs(Duration span) {
  return static_cast<std::uint32_t>(std::chrono::floor<Millis>(span).count());
}

void SetInner(SessionHot& hot, const SessionProgram& program) {
  hot.has_v4 = program.inner_v4.address.is_v4();
  hot.has_v6 = program.inner_v6.address.is_v6();
  std::copy_n(program.inner_v4.address.bytes.begin(), hot.inner_v4.size(), hot.inner_v4.begin());
  hot.inner_v6 = program.inner_v6.address.bytes;
  hot.inner_mtu = program.inner_mtu;
}

void SetAllowed(SessionSlab slab, const SessionProgram& program) {
  SessionCold& cold = slab.cold();
  std::uint8_t count = 0;
  for (const Prefix& prefix : program.allowed) {
    if (prefix.address.is_none()) continue;
    cold.allowed_address[count] = prefix.address.bytes;
    cold.allowed_length[count] = prefix.length;
    cold.allowed_family[count] = prefix.address.family;
    ++count;
  }
  slab.hot().allowed_count = count;
}

}  // namespace

SessionTable::SessionTable(TableMemory memory, FlowTable flows, std::uint32_t max_sessions,
                           std::uint32_t transports)
    : memory_(std::move(memory)),
      layout_(SlabLayout::For(transports)),
      flows_(std::move(flows)),
      max_sessions_(max_sessions),
      transports_(transports) {
  for (std::uint32_t i = 0; i < max_sessions_; ++i) Remove(slab(SessionSlot{i}), Generation{});
}

absl::StatusOr<std::unique_ptr<SessionTable>> SessionTable::Create(std::uint32_t max_sessions,
                                                                   std::uint32_t transports,
                                                                   bool hugepages) {
  CHECK(std::has_single_bit(max_sessions));
  CHECK(transports >= 1 && transports <= kMaxTransports);
  auto flows = FlowTable::Create(FlowTableSlots(max_sessions, transports), hugepages);
  if (!flows.ok()) return flows.status();
  const std::size_t bytes = std::size_t{max_sessions} * SlabLayout::For(transports).stride;
  auto memory = TableMemory::Take(bytes, hugepages, "table of sessions");
  if (!memory.ok()) return memory.status();
  return std::unique_ptr<SessionTable>(
      new SessionTable(*std::move(memory), *std::move(flows), max_sessions, transports));
}

void SessionTable::Remove(SessionSlab slab, Generation generation) {
  if (slab.hot().installed) {
    for (std::uint32_t i = 0; i < transports_; ++i) {
      if (slab.tx(i).rx_index.value != 0) flows_.Erase(slab.tx(i).rx_index);
    }
    sodium_memzero(slab.bytes().data(), slab.bytes().size());
  }
  new (&slab.hot()) SessionHot{};
  new (&slab.cold()) SessionCold{};
  for (std::uint32_t i = 0; i < transports_; ++i) {
    new (&slab.rx(i)) RxTransport{};
    new (&slab.tx(i)) TxTransport{};
    new (&slab.health(i)) ReportedHealth{};
  }
  slab.hot().generation = generation;
}

SessionTable::KeyChange SessionTable::InstallKeys(SessionSlab slab, const SessionProgram& program,
                                                  AeadEngine& engine) {
  SessionHot& hot = slab.hot();
  alignas(64) AeadKey expanded[2] = {};
  engine.ExpandKey(program.suite, program.rx_key, expanded[0]);
  engine.ExpandKey(program.suite, program.tx_key, expanded[1]);
  const bool same =
      hot.installed && hot.suite == program.suite && slab.cold().epoch == program.epoch;
  const KeyChange change{
      .rx = !same || sodium_memcmp(&slab.rx_key(), &expanded[0], sizeof(AeadKey)) != 0,
      .tx = !same || sodium_memcmp(&slab.tx_key(), &expanded[1], sizeof(AeadKey)) != 0};
  slab.rx_key() = expanded[0];
  slab.tx_key() = expanded[1];
  sodium_memzero(expanded, sizeof expanded);
  hot.suite = program.suite;
  hot.key_phase = static_cast<std::uint8_t>(Value(program.epoch) & 3);
  slab.cold().epoch = program.epoch;
  return change;
}

void SessionTable::InstallTransport(SessionSlab slab, const SessionProgram& program,
                                    std::uint32_t transport, KeyChange change) {
  const TransportProgram wanted =
      transport < program.transport_count ? program.transports[transport] : TransportProgram{};
  RxTransport& rx = slab.rx(transport);
  TxTransport& tx = slab.tx(transport);
  if (change.tx) tx.counter = 0;
  if (change.rx || tx.rx_index != wanted.rx_index) {
    if (tx.rx_index.value != 0) flows_.Erase(tx.rx_index);
    rx = RxTransport{};
    slab.health(transport) = ReportedHealth{};
    slab.hot().set_life(transport, HealthSignal::Life::kUnknown);
  }
  tx.rx_index = wanted.rx_index;
  tx.tx_index = wanted.tx_index;
  if (wanted.rx_index.value != 0) {
    flows_.Set(wanted.rx_index, FlowPlace::Of(program.session, transport));
  }
  const bool validated = wanted.rx_index.value != 0 && wanted.validated;
  if (validated) slab.hot().validated |= 1U << transport;
  tx.family = wanted.remote.address.family;
  tx.remote = wanted.remote.address.bytes;
  tx.local = wanted.local.address.bytes;
  tx.remote_port = wanted.remote.port;
  tx.next_hop = wanted.next_hop;
  const std::uint64_t tag =
      validated ? EndpointTag(tx.family, tx.remote.data(), tx.remote_port) : 0;
  if (tag != rx.remote_tag) tx.new_address_tag = 0;
  rx.remote_tag = tag;
}

bool SessionTable::Apply(const SessionProgram& program, AeadEngine& engine, Instant now) {
  CHECK(Value(program.session) < max_sessions_);
  CHECK(program.transport_count <= transports_);
  const SessionSlab slab = this->slab(program.session);
  SessionHot& hot = slab.hot();
  if (program.generation <= hot.generation) return false;
  if (!program.installed) {
    Remove(slab, program.generation);
    return true;
  }
  const KeyChange change = InstallKeys(slab, program, engine);
  if (change.rx) slab.cold().installed_at = now;
  hot.installed = true;
  hot.generation = program.generation;
  hot.transport_count = program.transport_count;
  hot.validated = 0;
  for (std::uint32_t i = 0; i < transports_; ++i) InstallTransport(slab, program, i, change);
  const std::uint8_t bound = TransportByte(program.bound, program.transport_count);
  hot.bound = bound;
  hot.retired = TransportByte(program.retired, program.transport_count);
  hot.drain_until_ms = FloorMs(program.drain_until).time_since_epoch().count();
  SetInner(hot, program);
  SetAllowed(slab, program);
  slab.cold().fresh_after_ms = WholeMs(program.fresh_after);
  slab.cold().dead_after_ms = WholeMs(program.dead_after);
  slab.cold().heartbeats_after_ms = WholeMs(program.heartbeats_after);
  slab.cold().loss_window_ms = WholeMs(program.loss_window);
  slab.cold().loss_min_samples = static_cast<std::uint16_t>(program.loss_min_samples);
  slab.cold().loss_threshold_permille = static_cast<std::uint16_t>(program.loss_threshold_permille);
  slab.cold().watched = program.watched;
  return true;
}

std::uint64_t EndpointTag(IpFamily family, const std::uint8_t* address, std::uint16_t port) {
  if (family == IpFamily::kV4)
    return std::uint64_t{LoadBe32(address)} << 32 | std::uint64_t{port} << 8 | 4;
  // Two rounds of multiply and fold; nobody gains by a collision but a peer against itself.
  constexpr std::uint64_t kOdd = 0x9e37'79b9'7f4a'7c15;
  std::uint64_t mix = (LoadBe64(address) ^ port) * kOdd;
  mix = (mix ^ (mix >> 32) ^ LoadBe64(address + 8)) * kOdd;
  mix ^= mix >> 29;
  return mix << 8 | 6;
}

}  // namespace jvpn
