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
  const ReattachRequest request{.cause = target_.cause,
                                .transport = target_.transport,
                                .binding_epoch = target_.binding_epoch,
                                .counter = NextCounter(),
                                .session_id = session_,
                                .token = token_};
  sent_token_ = token_;
  sent_token_at_ = token_at_;
  denied_ = false;
  next_ = now + pause_;
  if (kept_.size() == kKept) kept_.pop_front();
  kept_.push_back({request.counter, target_.transport, target_.binding_epoch,
                   channel.SealControlFrame(target_.flow, request)});
  return kept_.back().frame;
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
  return kept_.back().frame;
}

std::optional<TransportId> ReattachRequester::OnAck(const ReattachAck& ack) const {
  for (const Kept& kept : kept_) {
    if (kept.counter == ack.counter && kept.transport == ack.transport &&
        ack.binding_epoch == kept.binding_epoch + 1) {
      return kept.transport;
    }
  }
  return std::nullopt;
}

bool ReattachRequester::OnDeny(Instant now, const ReattachDeny& deny, std::vector<Bytes>& again) {
  if (!running_ || denied_ || kept_.empty() || kept_.back().counter != deny.counter) return false;
  denied_ = true;
  next_ = now + pause_;
  for (const Kept& kept : kept_) {
    if (kept.counter != deny.counter && kept.transport == target_.transport) {
      again.push_back(kept.frame);
    }
  }
  return true;
}

std::optional<TransportId> ReattachRequester::AskedBefore(TransportId solicited) const {
  if (kept_.empty()) return std::nullopt;
  for (auto kept = kept_.rbegin(); kept != kept_.rend(); ++kept) {
    if (kept->transport != solicited) return kept->transport;
  }
  return solicited;
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
