// ReattachJudge: the proof and the freshness of reattach requests (steps 5 to 7 of requirements 5).
//
// One per session. It remembers counters to tell a replay from a stale request, and the accepted
// request with its ACK, because a lost ACK is no attack (C-46). Steps 2 to 4 and 8 to 10 are the
// machine's.
//
// Ownership  The control core. Bounded: replay_window_size counters, one request, one ACK.
// Order      A counter is recorded only after the tag has verified.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "session/input.h"
#include "wire/session_control.h"

namespace jvpn {

class ReattachJudge {
 public:
  ReattachJudge(std::uint64_t token_instance, InstantMs key_born)
      : token_instance_(token_instance), key_born_(key_born) {}

  // What the session has when a request whose tag verified comes in.
  struct Present {
    InstantMs now;
    std::uint32_t binding_epoch = 0;
    TransportId bound = TransportId::kNone;
    bool source_proved = false;  // it comes from the address that its transport has proved
  };
  // nullopt: nothing wrong so far, but the source is not proved. Challenge it; the request is
  // judged when it is repeated, so nothing of it is remembered.
  std::optional<Reattach> Judge(const ReattachRequest& request, ByteView frame,
                                const Present& present, const Policy& policy);
  // For a client's CLOSE, which draws from the same counter. False: not greater than the last.
  bool TakeCounter(std::uint64_t counter, const Policy& policy);

  void Accepted(ByteView frame, Bytes ack);
  ByteView cached_ack() const { return ack_; }

  // For the record of the session, and from it.
  std::uint64_t greatest() const { return greatest_; }
  std::vector<std::uint64_t> recent() const { return {recent_.begin(), recent_.end()}; }
  void Resume(std::uint64_t greatest, const std::vector<std::uint64_t>& recent) {
    greatest_ = greatest;
    recent_.assign(recent.begin(), recent.end());
  }

 private:
  bool TokenFresh(const Token& token, InstantMs now, const Policy& policy) const;
  bool Seen(std::uint64_t counter) const;
  void Record(std::uint64_t counter, const Policy& policy);

  std::uint64_t token_instance_;
  InstantMs key_born_;
  std::uint64_t greatest_ = 0;        // counters start at 1
  std::deque<std::uint64_t> recent_;  // those recorded last
  Bytes accepted_;
  Bytes ack_;
};

}  // namespace jvpn
