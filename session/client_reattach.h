// ReattachRequester: asks for the binding on one transport until the gateway answers (docs/wire.md
// 6.2). Sans-IO: it composes frames, the session sends them.
//
//   Begin() -> frame, then Poll() -> the same bytes after 50, 100, 200, 400, 400 … ms; a new
//   request, with a greater counter and the newest token, when the token of the last one is half as
//   old as the gateway would still accept, and after a DENY.
//
// Requests of the present binding epoch are kept, kKept at most: the gateway may have accepted one
// whose ACK was lost, and then only a byte-identical copy of that one brings the ACK again (row
// A7).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/time.h"
#include "session/client_channel.h"
#include "wire/session_control.h"
#include "wire/token.h"

namespace jvpn {

class ReattachRequester {
 public:
  static constexpr std::size_t kKept = 4;

  struct Target {
    TransportId transport{};
    FlowIndex flow;  // the gateway's
    ReattachCause cause = ReattachCause::kDead;
    std::uint32_t binding_epoch = 0;
  };

  ReattachRequester(SessionId session, Millis proof_max_age)
      : session_(session), max_age_(proof_max_age) {}

  // Every authenticated token; only a newer one counts.
  void OnToken(Instant now, const Token& token);

  Bytes Begin(Instant now, const Target& target, ClientChannel& channel);
  void End();
  bool running() const { return running_; }
  TransportId transport() const { return target_.transport; }

  Instant NextDeadline() const { return running_ ? next_ : Instant::max(); }
  // What to send on transport() now, if anything.
  std::optional<Bytes> Poll(Instant now, ClientChannel& channel);

  // The transport whose request this ACK answers; nullopt when it answers none of ours.
  std::optional<TransportId> OnAck(const ReattachAck& ack) const;
  // True when it answers the outstanding request. The next Poll() then makes a new one; `again` are
  // the earlier requests on the same transport, one of which the gateway may have accepted.
  bool OnDeny(Instant now, const ReattachDeny& deny, std::vector<Bytes>& again);
  // True when the client must obey: the epoch is its own and the token newer than the last one
  // obeyed.
  bool OnSolicit(const Solicit& solicit, std::uint32_t binding_epoch);
  // Which transport the gateway most likely committed to when it solicits another: that of the
  // newest request of this epoch elsewhere. nullopt: it cannot have committed at all.
  std::optional<TransportId> AskedBefore(TransportId solicited) const;
  // A commit happened: nothing kept can be accepted any more.
  void Forget() { kept_.clear(); }

  // CLOSE draws from the same counter (docs/wire.md 6.2).
  std::uint64_t NextCounter() { return ++counter_; }

 private:
  struct Kept {
    std::uint64_t counter = 0;
    TransportId transport{};
    std::uint32_t binding_epoch = 0;
    Bytes frame;
  };
  Bytes Compose(Instant now, ClientChannel& channel);

  SessionId session_;
  Millis max_age_;
  Token token_;
  Instant token_at_{};  // when token_ came
  Token obeyed_;        // of the last SOLICIT
  std::uint64_t counter_ = 0;
  bool running_ = false;
  bool denied_ = false;  // the outstanding request is spent
  Target target_;
  Instant next_{};
  Duration pause_{};
  Token sent_token_;  // of the outstanding request
  Instant sent_token_at_{};
  std::deque<Kept> kept_;  // the outstanding one is the last
};

}  // namespace jvpn
