#include "control/session_restorer.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "control/audit_events.h"
#include "control/port_address.h"
#include "crypto/kdf.h"
#include "session/policy_id.h"

namespace jvpn {
namespace {

SessionMachine MachineOfHint(const SessionId& id, const RecordHead& head, InstantMs now) {
  SessionSnapshot hint;
  hint.id = id;
  hint.state = head.state;
  hint.version = head.state_version;
  hint.birth = now;
  return {hint, std::make_shared<const Policy>()};
}

// The present policy, unless the client, who goes on with its own copy, probes too slowly for it.
std::shared_ptr<const Policy> PolicyFor(const std::shared_ptr<const Policy>& copy,
                                        const std::shared_ptr<const Policy>& present) {
  return FitsProbingOf(*copy, *present) ? present : copy;
}

}  // namespace

void SessionRestorer::End(SessionMachine machine, const Input& input, Instant now) {
  const SessionId id = machine.id();
  for (const Effect& effect : machine.Step(FloorMs(now), input)) {
    if (const auto* emit = std::get_if<Emit>(&effect)) state_.events.Append(emit->event);
  }
  Tombstone tombstone;
  tombstone.id = id;
  tombstone.died_at = now;
  tombstone.machine = std::make_unique<SessionMachine>(std::move(machine));
  state_.tombstones.Add(std::move(tombstone));
  keeper_.Forget(id);
}

SessionEntry* SessionRestorer::Place(const SessionRecord& record, std::size_t peer) {
  std::vector<FlowIndex> indices;
  for (const StoredTransport& transport : record.transports) {
    indices.push_back(transport.rx_index);
  }
  if (!state_.addresses.Reclaim(peer, record.inner)) return nullptr;
  const auto place = state_.sessions.Reclaim(indices);
  if (!place) {
    state_.addresses.Release(peer);
    return nullptr;
  }
  const std::shared_ptr<const Policy>& present = state_.config.peers[peer].policy;
  const auto parsed = FromWireParameters(record.client_policy);
  const auto copy = parsed ? std::make_shared<const Policy>(*parsed) : present;
  auto entry = std::make_unique<SessionEntry>(record.snapshot, PolicyFor(copy, present), copy,
                                              state_.config.token_instance);
  entry->peer = peer;
  entry->owner = place->owner;
  entry->slot = place->slot;
  entry->first_generation = state_.programmer.next_generation();
  entry->inner = record.inner;
  entry->keys.suite = record.suite;
  entry->keys.epoch = static_cast<KeyEpoch>(record.snapshot.key_epoch);
  entry->keys.control_rx = DeriveControlKey(record.root, Direction::kToGateway);
  entry->keys.control_tx = DeriveControlKey(record.root, Direction::kToClient);
  entry->keys.root = record.root;
  entry->keys.mix = record.mix;
  entry->judge.Resume(record.greatest_counter, record.recent_counters);
  for (const StoredTransport& from : record.transports) {
    SessionTransport transport;
    transport.rx_index = from.rx_index;
    transport.tx_index = from.tx_index;
    transport.remote = from.remote;
    transport.local = from.local;
    transport.validated = from.validated;
    transport.forgotten = true;
    entry->transports.push_back(transport);
  }
  return &state_.sessions.Insert(std::move(entry));
}

void SessionRestorer::Restore(const SessionKeeper::Loaded& loaded, Instant now) {
  const SessionKeeper::Opened opened = keeper_.Open(loaded.record, FloorMs(now));
  if (!opened.record) {
    return End(MachineOfHint(loaded.record.key, opened.head, FloorMs(now)), HardFault{opened.fault},
               now);
  }
  const SessionRecord& record = *opened.record;
  const auto peer = state_.peer_by_key.find(record.peer);
  SessionEntry* entry = peer == state_.peer_by_key.end() ? nullptr : Place(record, peer->second);
  if (entry == nullptr) {
    return End({record.snapshot, std::make_shared<const Policy>()}, OperatorTerminate{}, now);
  }
  PeerState& owner = state_.peers[entry->peer];
  owner.last_handshake =
      std::max(owner.last_handshake.value_or(Timestamp{}), record.last_handshake);
  // Both of a peer's: the process died while one replaced the other (K3).
  SessionEntry* older = std::exchange(owner.live, entry);
  if (older != nullptr && older->born > entry->born) std::swap(older, owner.live);

  for (SessionTransport& transport : entry->transports) {
    if (!transport.validated) continue;
    const auto hop = NextHop(state_.config.wan, transport.remote.address);
    if (hop) transport.next_hop = state_.resolver.Acquire(PortSide::kWan, *hop, now);
  }
  const Policy& policy = entry->machine->policy();
  const bool policy_changed = PolicyId(policy) != record.policy_id;
  // The client's own copy is in no file that the log has told of.
  const bool told = &policy == state_.config.peers[entry->peer].policy.get();
  if (!told) state_.events.Append(PolicyLoaded(policy, now));
  const bool lives = runner_.Step(
      *entry, jvpn::Restore{.downtime = loaded.downtime, .policy_changed = policy_changed}, now);
  if (older != nullptr && (lives || older != entry)) runner_.Step(*older, PeerClose{}, now);
  SessionEntry* here = state_.sessions.Find(record.snapshot.id);
  if (here == nullptr) return;
  keeper_.Touch(*here);
  runner_.CallAfterRestart(*here, now);
  runner_.Step(*here, Tick{}, now);
}

}  // namespace jvpn
