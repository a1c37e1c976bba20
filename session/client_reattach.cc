#include "session/client_reattach.h"

#include <algorithm>
#include <utility>

namespace jvpn {
namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(50);
constexpr Duration kLongestPause = std::chrono::milliseconds(400);

}  // namespace

void ReattachRequester::OnToken(Instant now, const Token& token) {
  // Another instance is another gateway process, whose clock starts anew: always newer.
  if (token.instance == token_.instance && token.time_ms < token_.time_ms) return;
  token_ = token;
  token_at_ = now;
}

Bytes ReattachRequester::Compose(Instant now, ClientChannel& channel) {
  if (first_ == 0) random_.Fill(epoch_random_);
  const ReattachRequest request{.cause = target_.cause,
                                .transport = target_.transport,
                                .binding_epoch = target_.binding_epoch,
                                .counter = NextCounter(),
                                .session_id = session_,
                                .token = token_,
                                .random = epoch_random_};
  sent_token_ = token_;
  sent_token_at_ = token_at_;
  denied_ = false;
  next_ = now + pause_;
  if (first_ == 0) first_ = request.counter;
  frame_ = channel.SealControlFrame(target_.flow, request);
  return frame_;
}

Bytes ReattachRequester::Begin(Instant now, const Target& target, ClientChannel& channel) {
  running_ = true;
  target_ = target;
  pause_ = kFirstPause;
  return Compose(now, channel);
}

void ReattachRequester::End() { running_ = false; }

std::optional<Bytes> ReattachRequester::Poll(Instant now, ClientChannel& channel) {
  if (!running_ || now < next_) return std::nullopt;
  pause_ = std::min(pause_ * 2, kLongestPause);
  const bool aged = now - sent_token_at_ > max_age_ / 2 && token_ != sent_token_;
  if (denied_ || aged) return Compose(now, channel);
  next_ = now + pause_;
  return frame_;
}

bool ReattachRequester::OnAck(const ReattachAck& ack) const {
  return first_ != 0 && ack.counter >= first_ && ack.counter <= counter_ &&
         ack.binding_epoch == target_.binding_epoch + 1;
}

bool ReattachRequester::OnDeny(Instant now, const ReattachDeny& deny) {
  if (!running_ || denied_ || first_ == 0 || counter_ != deny.counter) return false;
  denied_ = true;
  next_ = now + pause_;
  OnToken(now, deny.token);
  return true;
}

void ReattachRequester::Renew(Instant now) {
  if (!running_ || sent_token_.instance == token_.instance) return;
  denied_ = true;
  next_ = now;
}

bool ReattachRequester::OnSolicit(const Solicit& solicit, std::uint32_t binding_epoch) {
  if (solicit.binding_epoch != binding_epoch) return false;
  if (solicit.token.instance == obeyed_.instance && solicit.token.time_ms <= obeyed_.time_ms) {
    return false;
  }
  obeyed_ = solicit.token;
  return true;
}

}  // namespace jvpn
