// Input: what can happen to a session (requirements 10). Values; the time comes beside them.
#pragma once

#include <memory>
#include <variant>

#include "base/ids.h"
#include "session/candidate_table.h"
#include "session/policy.h"
#include "session/reason.h"
#include "wire/ip_address.h"

namespace jvpn {

struct AttachOk {
  TransportId transport{};
};
struct AttachFail {};

// A transport died. On the active one it is active_dead; on the attempt's target, target_lost; on
// any other, an event of role candidate and no edge. `facts` of it are updated by the machine.
struct TransportDied {
  TransportId transport{};
  Reason cause = Reason::kHeartbeatTimeout;
  // Client: the gateway's SOLICIT names the transport it would take; EVAL prefers it.
  TransportId prefer = TransportId::kNone;
};

// instability(cause) of the active transport.
struct Instability {
  Reason cause = Reason::kLossThresholdExceeded;
  std::uint32_t loss_lost = 0;
  std::uint32_t loss_sent = 0;
  TransportId prefer = TransportId::kNone;
};

// The active's verdict is OK with loss <= loss_recover_threshold for stability_window_ms.
struct ActiveStable {};

// New facts of one transport (candidate_update). If it makes the attempt's target ineligible, the
// machine reads it as target_lost.
struct CandidateUpdate {
  TransportId transport{};
  TransportFacts facts;
  TransportId prefer = TransportId::kNone;
};

// One request (gateway) or one authenticated verdict on ours (client), after steps 5 to 7 of
// requirements 5 have been looked at by the caller.
struct Reattach {
  enum class Proof : std::uint8_t {
    kValid,
    kBadProof,
    kReplayDetected,
    kStaleRequest,
    kKeyExpired
  };
  TransportId transport{};
  Proof proof = Proof::kBadProof;
  bool mac_valid = false;              // a replay with a valid MAC is logged in every state (C-47)
  bool epoch_matches = false;          // step 7
  bool epoch_is_previous = false;      // one behind: the sender has not seen our last ACK
  bool same_as_accepted = false;       // byte-identical to the last accepted request (A7)
  Reason cause = Reason::kPeerSignal;  // kPeerSignal = dead, else the quality cause
  bool transport_usable = true;        // step 9
  std::uint64_t counter = 0;           // for the answer
  bool stored = true;                  // step 10: the commit that it asks for is in the store
  bool new_key_epoch = false;          // client: the gateway's ACK announces new traffic keys
};

// The process that decided until now is gone; the machine was made of its snapshot.
struct Restore {
  Millis downtime{0};
  bool policy_changed = false;  // the policy is another than the snapshot's session had
};

struct OperatorTerminate {};
struct HardFault {
  Reason code = Reason::kInvariantViolation;
};
struct PeerClose {};
struct PolicyUpdate {
  std::shared_ptr<const Policy> policy;  // null = it failed its rules (G7)
};
struct ChallengeAnswered {
  TransportId transport{};
  bool pending =
      false;  // answered the challenge that is out for the active transport's new address
  Endpoint old_address;
  Endpoint new_address;
};
// Time passed: fires due timers and nothing else.
struct Tick {};

using Input = std::variant<AttachOk, AttachFail, TransportDied, Instability, ActiveStable,
                           CandidateUpdate, Reattach, Restore, OperatorTerminate, HardFault,
                           PeerClose, PolicyUpdate, ChallengeAnswered, Tick>;

}  // namespace jvpn
