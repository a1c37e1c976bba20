#include "control/session_birth.h"

#include <algorithm>

#include "crypto/kdf.h"

namespace jvpn {
namespace {

SessionKeys Derive(const NoiseKeys& noise, Suite suite) {
  const Secret32 root = DeriveRoot(noise.k1, noise.k2, noise.handshake_hash);
  SessionKeys keys;
  keys.suite = suite;
  keys.epoch = KeyEpoch{1};
  keys.traffic_rx = DeriveTrafficKey(root, Direction::kToGateway, suite, keys.epoch);
  keys.traffic_tx = DeriveTrafficKey(root, Direction::kToClient, suite, keys.epoch);
  keys.control_rx = DeriveControlKey(root, Direction::kToGateway);
  keys.control_tx = DeriveControlKey(root, Direction::kToClient);
  keys.root = root;
  return keys;
}

// As the client's interface gets it: with the pool's network on the link.
Prefix WithNetwork(const IpAddress& address, const Prefix& pool) {
  if (address.is_none()) return {};
  const bool pooled = !pool.address.is_none() && pool.Contains(address);
  return {address, pooled ? pool.length : static_cast<std::uint8_t>(address.size() * 8)};
}

}  // namespace

std::optional<Suite> SessionBirth::Choose(const std::vector<std::uint8_t>& offered) const {
  for (const std::uint8_t wire : offered) {
    const auto suite = SuiteFromWire(wire);
    const auto& allowed = state_.config.suites;
    if (suite && std::find(allowed.begin(), allowed.end(), *suite) != allowed.end()) return suite;
  }
  return std::nullopt;
}

std::size_t SessionBirth::Granted(const HandshakeResponder::Init& init) const {
  const Policy& policy = *state_.config.peers[init.peer].policy;
  return std::min<std::size_t>({init.payload.flow_indices.size(), kMaxTransports,
                                state_.config.transports_per_session,
                                policy.max_candidate_count + 1});
}

SessionId SessionBirth::DrawId() {
  SessionId id;
  do {
    state_.random.Fill(id.bytes);
  } while (state_.sessions.Find(id) != nullptr || state_.tombstones.Contains(id));
  return id;
}

void SessionBirth::Answer(WorkerId lane, const UpFrame& frame, ByteView response) {
  sender_.SendDatagram(lane, frame.local, frame.remote, frame.source_mac, response);
}

void SessionBirth::Refuse(WorkerId lane, const UpFrame& frame, HandshakeResponder::Init& init,
                          HandshakeStatus status) {
  ResponsePayload payload;
  payload.status = status;
  const auto response = responder_.Respond(init, payload);
  if (response) Answer(lane, frame, response->frame);
}

ResponsePayload SessionBirth::Describe(const SessionEntry& entry, Instant now) const {
  ResponsePayload payload;
  payload.session_id = entry.id;
  payload.suite = static_cast<std::uint8_t>(entry.keys.suite);
  payload.inner_mtu = state_.config.inner_mtu;
  payload.inner_v4 = WithNetwork(entry.inner.v4, state_.config.inner_v4_pool);
  payload.inner_v6 = WithNetwork(entry.inner.v6, state_.config.inner_v6_pool);
  payload.token = {.instance = state_.config.token_instance,
                   .time_ms = static_cast<std::uint64_t>(FloorMs(now).time_since_epoch().count())};
  for (const SessionTransport& transport : entry.transports) {
    payload.flow_indices.push_back(transport.rx_index);
  }
  payload.policy = ToWireParameters(entry.machine->policy());
  const auto& routes = state_.config.pushed_routes;
  payload.routes.assign(routes.begin(), routes.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                             routes.size(), kMaxPushedRoutes)));
  return payload;
}

void SessionBirth::OnInit(WorkerId lane, const UpFrame& frame, Instant now) {
  auto outcome = responder_.Authenticate(frame.bytes.view(), frame.remote, now);
  if (const auto* cookie = std::get_if<HandshakeResponder::CookieReply>(&outcome)) {
    // Programs and answers of sessions come first in the ring.
    if (!state_.programmer.HasRoom(lane)) return state_.Drop(DropReason::kLaneFull);
    Answer(lane, frame, cookie->frame);
  } else if (auto* init = std::get_if<HandshakeResponder::Init>(&outcome)) {
    Begin(lane, frame, *init, now);
  }
}

void SessionBirth::Begin(WorkerId lane, const UpFrame& frame, HandshakeResponder::Init& init,
                         Instant now) {
  const std::size_t granted = Granted(init);
  if (init.payload.this_transport >= granted) return state_.Drop(DropReason::kBadHandshake);
  PeerState& peer = state_.peers[init.peer];
  // The client has given up the handshake before this one.
  if (peer.birth != nullptr) runner_.Step(*peer.birth, AttachFail{}, now);

  if (!state_.config.peers[init.peer].policy->Allows(kTransportProtocol)) {
    return Refuse(lane, frame, init, HandshakeStatus::kPolicyDenied);
  }
  const auto suite = Choose(init.payload.suites);
  if (!suite) return Refuse(lane, frame, init, HandshakeStatus::kNoCommonSuite);
  const auto inner = state_.addresses.Acquire(init.peer);
  if (!inner) return Refuse(lane, frame, init, HandshakeStatus::kNoInnerAddress);
  const auto place = state_.sessions.Reserve(granted, state_.random);
  if (!place) {
    state_.addresses.Release(init.peer);
    return Refuse(lane, frame, init, HandshakeStatus::kGatewayFull);
  }

  auto entry = std::make_unique<SessionEntry>(DrawId(), state_.config.peers[init.peer].policy,
                                              FloorMs(now), state_.config.token_instance);
  entry->peer = init.peer;
  entry->owner = place->owner;
  entry->slot = place->slot;
  entry->inner = *inner;
  entry->keys.suite = *suite;
  entry->attach_transport = static_cast<TransportId>(init.payload.this_transport);
  for (std::size_t i = 0; i < granted; ++i) {
    SessionTransport transport;
    transport.rx_index = place->indices[i];
    transport.tx_index = init.payload.flow_indices[i];
    entry->transports.push_back(transport);
  }
  const auto response = responder_.Respond(init, Describe(*entry, now));
  if (!response) {
    state_.addresses.Release(init.peer);
    return state_.sessions.Free(place->owner, place->slot);
  }
  entry->keys = Derive(response->keys, *suite);
  SessionEntry& born = state_.sessions.Insert(std::move(entry));
  peer.birth = &born;
  born.first_generation = state_.programmer.next_generation();
  runner_.Prove(born, born.attach_transport, frame.remote, frame.local, now);
  runner_.Step(born, Tick{}, now);
  if (state_.programmer.Pushed(born.owner, born.slot)) Answer(born.owner, frame, response->frame);
}

bool SessionBirth::Attach(SessionEntry& entry, Instant now) {
  PeerState& peer = state_.peers[entry.peer];
  if (peer.live != nullptr) runner_.Step(*peer.live, PeerClose{}, now);
  peer.birth = nullptr;
  peer.live = &entry;
  entry.attached = true;
  if (!runner_.Step(entry, AttachOk{.transport = entry.attach_transport}, now)) return false;

  runner_.SetRoutes(entry, now);
  for (std::size_t i = 0; i < entry.transports.size(); ++i) {
    if (!runner_.TellFacts(entry, static_cast<TransportId>(i), now)) return false;
  }
  return true;
}

}  // namespace jvpn
