#include "control/path_frames.h"

#include <array>
#include <utility>

#include "wire/path_frame.h"

namespace jvpn {

void PathFrames::OnPlaintext(WorkerId lane, const UpFrame& frame, Instant now) {
  SessionEntry* entry = state_.sessions.At(lane, frame.session);
  if (entry == nullptr || entry->Find(frame.transport) == nullptr) {
    return state_.Drop(DropReason::kUnknownFlow);
  }
  PathFrameReader reader(frame.bytes.view());
  bool challenged = false;
  while (const auto path_frame = reader.Next()) {
    if (const auto* challenge = std::get_if<PathChallenge>(&*path_frame)) {
      // One answer a frame: each is as long as the frame, and its source may be somebody else's.
      if (!std::exchange(challenged, true)) OnChallenge(*entry, frame, challenge->value, now);
    } else if (const auto* response = std::get_if<PathResponse>(&*path_frame)) {
      if (!OnResponse(*entry, frame, response->value, now)) return;
    }
  }
  if (reader.malformed()) state_.Drop(DropReason::kMalformedInner);
}

void PathFrames::OnChallenge(SessionEntry& entry, const UpFrame& frame, std::uint64_t value,
                             Instant now) {
  const SessionTransport& transport = *entry.Find(frame.transport);
  const bool proved = transport.validated && transport.remote == frame.remote;
  // An old frame from elsewhere says nothing about where the peer is now.
  if (!proved && !frame.highest) return state_.Drop(DropReason::kNotValidated);
  // As long as what came, the rest PAD.
  Bytes plaintext(frame.bytes.size);
  std::size_t used = EncodePathFrame(PathResponse{value}, plaintext);
  const auto own = proved ? std::nullopt
                          : entry.validator.Begin(frame.transport, frame.remote, frame.local,
                                                  /*asked=*/true, now, state_.random);
  if (own) used += EncodePathFrame(PathChallenge{*own}, MutableBytes(plaintext).subspan(used));
  if (used == 0) return state_.Drop(DropReason::kMalformedInner);
  sender_.SendPathFrames(entry, frame.transport, frame.remote, frame.local, plaintext, now);
}

bool PathFrames::OnResponse(SessionEntry& entry, const UpFrame& frame, std::uint64_t value,
                            Instant now) {
  const auto answered = entry.validator.Answered(frame.transport, frame.remote, value, now);
  if (!answered) {
    state_.Drop(DropReason::kNotValidated);
    return true;
  }
  SessionTransport& transport = *entry.Find(frame.transport);
  const bool moves_active = transport.validated && transport.remote != answered->remote &&
                            entry.machine->active() == frame.transport;
  if (moves_active) {
    transport.moved_to_local = answered->local;
    const ChallengeAnswered input{.transport = frame.transport,
                                  .pending = true,
                                  .old_address = transport.remote,
                                  .new_address = answered->remote};
    if (!runner_.Step(entry, input, now)) return false;
    if (transport.remote == answered->remote || !answered->asked) return true;
    // P5 keeps the old address. The peer challenges only where it hears nothing: its word that this
    // binding is dead. What it proved instead is a candidate as any other.
    if (!Abandon(entry, frame.transport, now)) return false;
  }
  runner_.Prove(entry, frame.transport, answered->remote, answered->local, now);
  return runner_.TellFacts(entry, frame.transport, now);
}

bool PathFrames::Abandon(SessionEntry& entry, TransportId transport, Instant now) {
  SessionTransport& known = *entry.Find(transport);
  known.life.Fail(now);
  known.told.dead = true;
  return runner_.Step(entry, TransportDied{.transport = transport, .cause = Reason::kPeerSignal},
                      now);
}

void PathFrames::OnNewAddress(SessionEntry& entry, TransportId transport, const Endpoint& remote,
                              const Endpoint& local, Instant now) {
  const SessionTransport* known = entry.Find(transport);
  if (known == nullptr || !known->validated || known->remote == remote) return;
  Challenge(entry, transport, remote, local, now);
}

void PathFrames::Challenge(SessionEntry& entry, TransportId transport, const Endpoint& remote,
                           const Endpoint& local, Instant now) {
  const auto value =
      entry.validator.Begin(transport, remote, local, /*asked=*/false, now, state_.random);
  if (!value) return;
  std::array<std::uint8_t, kPathChallengeFrameBytes> plaintext{};
  EncodePathFrame(PathChallenge{*value}, plaintext);
  sender_.SendPathFrames(entry, transport, remote, local, plaintext, now);
}

}  // namespace jvpn
