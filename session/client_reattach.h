// ReattachRequester: asks for the binding on one transport until the gateway answers (docs/wire.md
// 6.2). Sans-IO: it composes frames, the session sends them.
//
//   Begin() -> frame, then Poll() -> the same bytes after 50, 100, 200, 400, 400 … ms; a new
//   request, with a greater counter and the newest token, when the token of the last one is half as
//   old as the gateway would still accept, and after a DENY.
//
// The gateway may have accepted a request whose ACK was lost. A byte-identical copy brings it again
// (row A7); a newer request of the same epoch brings an ACK that names what is bound (row E1).
#pragma once

#include <cstdint>
#include <optional>

#include "base/random.h"
#include "base/time.h"
#include "session/client_channel.h"
#include "wire/session_control.h"
#include "wire/token.h"

namespace jvpn {

class ReattachRequester {
 public:
  struct Target {
    TransportId transport{};
    FlowIndex flow;  // the gateway's
    ReattachCause cause = ReattachCause::kDead;
    std::uint32_t binding_epoch = 0;
  };

  ReattachRequester(SessionId session, Millis proof_max_age, Random& random)
      : random_(random), session_(session), max_age_(proof_max_age) {}

  // Every authenticated token; only a newer one counts.
  void OnToken(Instant now, const Token& token);

  Bytes Begin(Instant now, const Target& target, ClientChannel& channel);
  void End();
  bool running() const { return running_; }
  TransportId transport() const { return target_.transport; }

  Instant NextDeadline() const { return running_ ? next_ : Instant::max(); }
  // What to send on transport() now, if anything.
  std::optional<Bytes> Poll(Instant now, ClientChannel& channel);

  // Our part of the keys of an epoch that these requests may begin; drawn once a binding epoch, so
  // that an ACK to any of them finds it.
  const EpochRandom& random() const { return epoch_random_; }

  // True when it answers one of our requests since the last commit.
  bool OnAck(const ReattachAck& ack) const;
  // True when it answers the outstanding request. The next Poll() then makes a new one.
  bool OnDeny(Instant now, const ReattachDeny& deny);
  // True when the client must obey: the epoch is its own and the token newer than the last one
  // obeyed.
  bool OnSolicit(const Solicit& solicit, std::uint32_t binding_epoch);
  // The outstanding request, if any, bears a token of a gateway that is gone: the next Poll() makes
  // a new one, at once.
  void Renew(Instant now);
  // A commit happened: nothing asked before can be granted any more.
  void Forget() { first_ = 0; }

  // CLOSE draws from the same counter (docs/wire.md 6.2).
  std::uint64_t NextCounter() { return ++counter_; }

 private:
  Bytes Compose(Instant now, ClientChannel& channel);

  Random& random_;
  EpochRandom epoch_random_{};
  SessionId session_;
  Millis max_age_;
  Token token_;
  Instant token_at_{};         // when token_ came
  Token obeyed_;               // of the last SOLICIT
  std::uint64_t counter_ = 0;  // of the outstanding request, which is the newest
  std::uint64_t first_ = 0;    // of the first since the last commit; 0: there is none
  bool running_ = false;
  bool denied_ = false;  // the outstanding request is spent
  Target target_;
  Instant next_{};
  Duration pause_{};
  Token sent_token_;  // of the outstanding request
  Instant sent_token_at_{};
  Bytes frame_;  // of the outstanding request
};

}  // namespace jvpn
