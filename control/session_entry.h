// SessionEntry: everything the control core holds of one session. Owned by SessionRegistry.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "channel/worker_command.h"
#include "control/inner_addresses.h"
#include "control/path_validator.h"
#include "control/reattach_judge.h"
#include "control/session_view.h"
#include "control/timer_wheel.h"
#include "control/token_bucket.h"
#include "control/transport_life.h"
#include "crypto/kdf.h"
#include "session/session_machine.h"

namespace jvpn {

struct SessionTransport {
  FlowIndex rx_index;
  FlowIndex tx_index;
  bool validated = false;  // remote and local are proved
  Endpoint remote;
  Endpoint local;
  NeighborId next_hop = NeighborId::kNone;  // held in the resolver
  Endpoint moved_to_local;  // which of our addresses the answered challenge of a move came to
  TransportLife life;
  TransportFacts told;     // what the machine knows of it
  bool forgotten = false;  // from a record: proved once, no candidate until it is heard
  std::optional<Reason> told_instability;
};

struct SessionKeys {
  Suite suite = Suite::kAes128Gcm;
  KeyEpoch epoch{1};
  Secret32 traffic_rx;  // client to gateway
  Secret32 traffic_tx;
  Secret32 control_rx;
  Secret32 control_tx;
  Secret32 root;  // of every key above, and of every epoch to come
  EpochMix mix;   // of this epoch; nothing of the first
};

// A commit that waits for the store: what is judged when it is there.
struct PendingCommit {
  Reattach input;
  ReattachCause cause = ReattachCause::kDead;
  Bytes frame;
  bool answerable = false;
  EpochMix mix;  // of the epoch that it begins, if it begins one
};

// SOLICITs of a gateway that was restarted, repeated until a commit (docs/wire.md 6.5).
struct RestartCall {
  Token token;
  Millis pause{};
  InstantMs next_at{};
  InstantMs knocked_at = InstantMs::min();
};

// What of a session the store was told of last.
struct StoredMark {
  std::uint32_t version = 0;
  std::uint32_t binding_epoch = 0;
  std::uint64_t counter = 0;
  TransportId bound = TransportId::kNone;

  friend bool operator==(const StoredMark&, const StoredMark&) = default;
};

// A SOLICIT that is being repeated until the attempt ends.
struct Solicitation {
  TransportId target{};
  ReattachCause cause = ReattachCause::kDead;
  Token token;
  Millis pause{};  // until the repetition after the next
  InstantMs next_at{};
};

struct SessionEntry {
  SessionEntry(const SessionId& session_id, std::shared_ptr<const Policy> policy, InstantMs birth,
               std::uint64_t token_instance)
      : id(session_id),
        born(birth),
        offered(policy),
        peers_copy(policy),
        deny(policy->reattach_rate_per_s, policy->reattach_burst),
        machine(std::make_unique<SessionMachine>(Role::kGateway, session_id, policy, birth)),
        judge(token_instance, birth) {}
  // Of a session that an earlier process ran.
  SessionEntry(const SessionSnapshot& snapshot, std::shared_ptr<const Policy> policy,
               std::shared_ptr<const Policy> copy, std::uint64_t token_instance)
      : id(snapshot.id),
        born(snapshot.birth),
        offered(policy),
        peers_copy(std::move(copy)),
        attached(true),
        has_traffic_keys(false),
        deny(policy->reattach_rate_per_s, policy->reattach_burst),
        machine(std::make_unique<SessionMachine>(snapshot, policy)),
        judge(token_instance, snapshot.birth) {}

  SessionId id;
  InstantMs born;
  // The policy that its machine was told of last, and the one that the client was told of: a client
  // acts on the copy of its handshake.
  std::shared_ptr<const Policy> offered;
  std::shared_ptr<const Policy> peers_copy;
  std::size_t peer = 0;  // index in ControlConfig::peers
  WorkerId owner{};
  SessionSlot slot{};
  Generation first_generation{};  // signals of an older one are of the slot's last session
  InnerPair inner;
  SessionKeys keys;
  TransportId attach_transport{};  // the one the handshake came on
  bool attached = false;           // B1 has happened: a frame of the peer was opened
  // False from a restart to the next commit: no worker knows the session then.
  bool has_traffic_keys = true;

  std::vector<SessionTransport> transports;  // by transport id
  TransportId bound = TransportId::kNone;
  TransportId retired = TransportId::kNone;
  InstantMs drain_until{};

  std::optional<Solicitation> solicitation;
  std::optional<RestartCall> restart_call;
  std::optional<PendingCommit> pending;
  StoredMark stored;
  TokenBucket deny;  // refusals sent to the peer
  std::unique_ptr<SessionMachine> machine;
  ReattachJudge judge;
  PathValidator validator;
  TimerWheel::Handle timer = TimerWheel::Handle::kNone;
  InstantMs timer_at = InstantMs::max();

  SessionTransport* Find(TransportId id_of_transport) {
    const std::size_t index = Value(id_of_transport);
    return index < transports.size() ? &transports[index] : nullptr;
  }
};

SessionView ViewOf(const SessionEntry& entry, const std::string& peer_name, Instant now);

}  // namespace jvpn
