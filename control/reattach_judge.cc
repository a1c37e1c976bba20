#include "control/reattach_judge.h"

#include <algorithm>

namespace jvpn {
namespace {

// Workers stamp tokens with the time of their own turn, which may have begun a little after ours.
constexpr Millis kClockLead{100};

}  // namespace

bool ReattachJudge::TokenFresh(const Token& token, InstantMs now, const Policy& policy) const {
  if (token.instance != token_instance_) return false;
  const auto now_ms = static_cast<std::uint64_t>(now.time_since_epoch().count());
  if (token.time_ms > now_ms)
    return token.time_ms - now_ms <= static_cast<std::uint64_t>(kClockLead.count());
  return now_ms - token.time_ms <=
         static_cast<std::uint64_t>(policy.reattach_proof_max_age.count());
}

bool ReattachJudge::Seen(std::uint64_t counter) const {
  return std::find(recent_.begin(), recent_.end(), counter) != recent_.end();
}

void ReattachJudge::Record(std::uint64_t counter, const Policy& policy) {
  greatest_ = std::max(greatest_, counter);
  if (Seen(counter)) return;
  recent_.push_back(counter);
  while (recent_.size() > policy.replay_window_size) recent_.pop_front();
}

std::optional<Reattach> ReattachJudge::Judge(const ReattachRequest& request, ByteView frame,
                                             const Present& present, const Policy& policy) {
  Reattach verdict;
  verdict.transport = request.transport;
  verdict.mac_valid = true;
  verdict.epoch_matches = request.binding_epoch == present.binding_epoch;
  // The first epoch began with the handshake; no ACK told of it.
  verdict.epoch_is_previous =
      request.binding_epoch > 0 && request.binding_epoch + 1 == present.binding_epoch;
  verdict.cause =
      request.cause == ReattachCause::kDead ? Reason::kPeerSignal : Reason::kLossThresholdExceeded;
  verdict.counter = request.counter;
  verdict.transport_usable = present.source_proved;
  verdict.same_as_accepted =
      present.source_proved && request.transport == present.bound &&
      std::equal(frame.begin(), frame.end(), accepted_.begin(), accepted_.end());
  const bool key_expired =
      policy.key_max_age > Millis(0) && present.now - key_born_ > policy.key_max_age;
  if (verdict.same_as_accepted) {
    verdict.proof = Reattach::Proof::kValid;
  } else if (Seen(request.counter)) {
    // Before the token's age: a copy of what was once taken is a replay, however old (C-47, S20).
    verdict.proof = Reattach::Proof::kReplayDetected;
  } else if (key_expired) {
    verdict.proof = Reattach::Proof::kKeyExpired;
  } else if (!TokenFresh(request.token, present.now, policy) || request.counter <= greatest_) {
    verdict.proof = Reattach::Proof::kStaleRequest;
  } else {
    verdict.proof = Reattach::Proof::kValid;
  }

  const bool valid = verdict.proof == Reattach::Proof::kValid;
  if (valid && verdict.epoch_matches && !present.source_proved) return std::nullopt;
  // Who sends from elsewhere what does not hold is nobody's attempt (O6).
  if (!valid && !present.source_proved) verdict.transport = TransportId::kNone;
  Record(request.counter, policy);
  return verdict;
}

bool ReattachJudge::TakeCounter(std::uint64_t counter, const Policy& policy) {
  if (counter <= greatest_) return false;
  Record(counter, policy);
  return true;
}

void ReattachJudge::Accepted(ByteView frame, Bytes ack) {
  accepted_.assign(frame.begin(), frame.end());
  ack_ = std::move(ack);
}

}  // namespace jvpn
