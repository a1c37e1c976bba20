// SessionRecord: what the store keeps of one session, as the plaintext that RecordSeal seals.
//
// Traffic keys and packet counters are not in it (requirements 7); the root is,
// from which control keys and every later epoch follow. Instants are of the clock of the boot that
// wrote them: Rebase() makes them ours.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/time.h"
#include "control/inner_addresses.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"
#include "crypto/suite.h"
#include "session/session_snapshot.h"
#include "wire/handshake_frame.h"
#include "wire/ip_address.h"

namespace jvpn {

// Which boot of the machine a monotonic clock belongs to, and how far the wall clock is ahead of
// it. The wall clock is looked at only to bridge a reboot.
struct TimeBase {
  std::array<std::uint8_t, 16> boot_id{};
  Millis wall_offset{0};

  friend bool operator==(const TimeBase&, const TimeBase&) = default;
};

struct StoredTransport {
  FlowIndex rx_index;
  FlowIndex tx_index;
  bool validated = false;
  Endpoint remote;
  Endpoint local;

  friend bool operator==(const StoredTransport&, const StoredTransport&) = default;
};

struct SessionRecord {
  TimeBase base;
  InstantMs saved_at{};
  PublicKey peer{};
  Timestamp last_handshake{};  // of the peer: older inits stay refused
  InnerPair inner;
  Suite suite = Suite::kAes128Gcm;
  Secret32 root;
  EpochMix mix;  // of the present key epoch, for an ACK that must be told again
  SessionSnapshot snapshot;
  std::uint64_t greatest_counter = 0;  // of requests and CLOSE
  std::vector<std::uint64_t> recent_counters;
  std::vector<StoredTransport> transports;
  std::vector<std::pair<std::uint8_t, std::uint32_t>> client_policy;  // docs/wire.md 8
  std::string policy_id;                                              // of the policy in force
};

Bytes EncodeRecord(const SessionRecord& record);
// nullopt: not a record. The session's id is the record's key and comes from there.
std::optional<SessionRecord> DecodeRecord(const SessionId& id, ByteView plaintext);
// Moves every instant to the clock of `now`'s base; none of the past is later than `now`.
void Rebase(SessionRecord& record, const TimeBase& base, InstantMs now);

}  // namespace jvpn
