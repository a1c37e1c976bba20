#include "control/control_frames.h"

#include <utility>

#include "control/path_frames.h"
#include "crypto/control_seal.h"
#include "wire/session_control.h"

namespace jvpn {
namespace {

// REATTACH_REQUEST is the longest message, and no other is as long.
constexpr std::size_t kRequestBytes = kControlOverheadBytes + 64;

bool ComesFromProved(const SessionTransport& transport, const UpFrame& frame) {
  return transport.validated && transport.remote == frame.remote;
}

}  // namespace

void ControlFrames::OnFrame(WorkerId lane, const UpFrame& frame, Instant now) {
  const ByteView bytes = frame.bytes.view();
  if (bytes.size() > kRequestBytes) return state_.Drop(DropReason::kTooLong);
  const auto header = DecodeControlHeader(bytes);
  if (!header) return state_.Drop(DropReason::kBadControl);
  const auto [entry, transport] = state_.sessions.Find(header->flow);
  if (entry == nullptr) return OnLate(lane, header->flow, frame, now);

  const auto plaintext = OpenControl(entry->keys.control_rx, bytes);
  if (!plaintext) {
    state_.Drop(DropReason::kBadControl);
    // In BIRTH nothing is bound yet that a request could move.
    if (entry->attached) OnUnopened(*entry, transport, frame, now);
    return;
  }
  const auto message = DecodeSessionMessage(*plaintext);
  if (!message) return state_.Drop(DropReason::kBadControl);
  if (const auto* request = std::get_if<ReattachRequest>(&*message)) {
    const bool consistent = request->session_id == entry->id && request->transport == transport;
    if (!consistent) return state_.Drop(DropReason::kBadControl);
    return OnRequest(lane, *entry, transport, *request, frame, now);
  }
  if (const auto* close = std::get_if<Close>(&*message)) return OnClose(*entry, *close, now);
  if (const auto* knock = std::get_if<Knock>(&*message)) {
    return OnKnock(lane, *entry, transport, *knock, frame, now);
  }
  state_.Drop(DropReason::kBadControl);  // a message that only a gateway sends
}

void ControlFrames::OnUnopened(SessionEntry& entry, TransportId transport, const UpFrame& frame,
                               Instant now) {
  const bool proved = ComesFromProved(*entry.Find(transport), frame);
  Reattach input;
  // From elsewhere it is nobody's attempt: a mark needs the source of the target (O6).
  input.transport = proved ? transport : TransportId::kNone;
  input.proof = Reattach::Proof::kBadProof;
  input.mac_valid = false;
  input.transport_usable = false;
  runner_.Step(entry, input, now, {.frame = frame.bytes.view(), .answerable = proved});
}

void ControlFrames::OnRequest(WorkerId lane, SessionEntry& entry, TransportId transport,
                              const ReattachRequest& request, const UpFrame& frame, Instant now) {
  // A commit waits for the store; the peer repeats what it wants.
  if (entry.pending) return state_.Drop(DropReason::kRateLimited);
  SessionTransport& known = *entry.Find(transport);
  const Policy& policy = entry.machine->policy();
  const bool proved = ComesFromProved(known, frame);
  const ByteView bytes = frame.bytes.view();
  auto input = entry.judge.Judge(request, bytes,
                                 {.now = FloorMs(now),
                                  .binding_epoch = entry.machine->binding_epoch(),
                                  .bound = entry.bound,
                                  .source_proved = proved},
                                 policy);
  if (!input && !entry.has_traffic_keys) {
    runner_.SendCheck(entry, transport, lane, frame, now);
    return;
  }
  if (!input) {
    paths_.Challenge(entry, transport, frame.remote, frame.local, now);
    return;
  }
  const bool valid = input->proof == Reattach::Proof::kValid && input->epoch_matches;
  if (!valid) {
    runner_.Step(entry, *input, now, {.frame = bytes, .answerable = proved});
    return;
  }
  known.life.HeardRequest(now);
  known.forgotten = false;
  const SessionRunner::Request asked{.frame = bytes, .answerable = proved};
  if (runner_.AwaitStore(entry, *input, request, asked, now)) return;
  Judge(entry, *input, request.cause, asked, now);
}

void ControlFrames::OnStored(const SessionKeeper::Fate& fate, Instant now) {
  SessionEntry* entry = state_.sessions.Find(fate.id);
  if (entry == nullptr || !entry->pending) return;
  PendingCommit pending = *std::exchange(entry->pending, std::nullopt);
  pending.input.stored = fate.stored;
  Judge(*entry, pending.input, pending.cause,
        {.frame = pending.frame, .answerable = pending.answerable, .mix = &pending.mix}, now);
}

void ControlFrames::Judge(SessionEntry& entry, const Reattach& input, ReattachCause cause,
                          const SessionRunner::Request& request, Instant now) {
  const TransportId transport = input.transport;
  const TransportId left = entry.machine->active();
  if (!runner_.Step(entry, input, now, request)) return;
  if (!runner_.TellFacts(entry, transport, now)) return;
  const bool said_dead = cause == ReattachCause::kDead && left != TransportId::kNone &&
                         left != transport && entry.machine->active() != left;
  if (!said_dead) return;
  // The peer's word counts until something newer is heard there.
  SessionTransport& abandoned = *entry.Find(left);
  abandoned.life.Fail(now);
  runner_.TellFacts(entry, left, now);
}

// Data frames of a client that was told nothing go nowhere after a restart: its knocks on the
// control key are what finds it, wherever it is now.
void ControlFrames::OnKnock(WorkerId lane, SessionEntry& entry, TransportId transport,
                            const Knock& knock, const UpFrame& frame, Instant now) {
  if (entry.has_traffic_keys) return;  // the data path answers
  SessionTransport& known = *entry.Find(transport);
  if (knock.value != 0 && !ComesFromProved(known, frame)) {
    const auto answered = entry.validator.Answered(transport, frame.remote, knock.value, now);
    if (!answered) return state_.Drop(DropReason::kNotValidated);
    runner_.Prove(entry, transport, answered->remote, answered->local, now);
  }
  if (ComesFromProved(known, frame)) return runner_.AnswerKnock(entry, transport, now);
  runner_.SendCheck(entry, transport, lane, frame, now);
}

void ControlFrames::OnClose(SessionEntry& entry, const Close& close, Instant now) {
  const bool fresh = close.session_id == entry.id &&
                     entry.judge.TakeCounter(close.counter, entry.machine->policy());
  if (!fresh) return state_.Drop(DropReason::kBadControl);
  runner_.Step(entry, PeerClose{}, now);
}

void ControlFrames::OnLate(WorkerId lane, FlowIndex index, const UpFrame& frame, Instant now) {
  const Tombstones::Found found = state_.tombstones.Find(index);
  if (found.tombstone == nullptr) return state_.Drop(DropReason::kUnknownFlow);
  // It cannot be opened, the key is gone; a request is known by its length. What else comes late
  // are copies of the peer's own CLOSE.
  if (frame.bytes.size != kRequestBytes) return state_.Drop(DropReason::kUnknownFlow);
  Tombstone& tombstone = *found.tombstone;
  const Bytes& close = tombstone.closes[Value(found.transport)];
  if (!tombstone.answers.Take(now)) return state_.Drop(DropReason::kRateLimited);
  Reattach input;
  input.transport = found.transport;
  for (const Effect& effect : tombstone.machine->Step(FloorMs(now), input)) {
    if (const auto* emit = std::get_if<Emit>(&effect)) state_.events.Append(emit->event);
  }
  sender_.SendDatagram(lane, frame.local, frame.remote, frame.source_mac, close);
}

}  // namespace jvpn
