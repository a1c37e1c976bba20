// ClientSession: the client's half of the protocol, sans-IO: no socket, no clock, no thread.
//
//   datagrams, inner packets, link changes, ticks ──> ClientSession ──> ClientOutput: datagrams,
//   inner
//                                                                    packets, notices
//
// It runs one handshake, then one session, then nothing: a session that ended is never begun again
// by itself (FM-4-g). Decisions are the SessionMachine's; this class feeds it facts and does its
// effects.
//
// Ownership  One thread calls everything. `engine` and `random` outlive it.
// Time       `now` never goes back. OnTick() is to be called at NextDeadline(), and after what has
// come
//            was handed in: a stalled caller must not mistake its own absence for the peer's.
// Bounds     kMaxTransports transports, kHeldPackets held packets, four open inits.
// Errors     Hostile frames are counted (drops()) and change nothing. Source
// docs/wire.md; requirements 2, 5, 6, 10.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "crypto/aead.h"
#include "session/client_channel.h"
#include "session/client_handshake.h"
#include "session/client_hold_queue.h"
#include "session/client_output.h"
#include "session/client_reattach.h"
#include "session/client_transport.h"
#include "session/client_view.h"
#include "session/session_machine.h"
#include "wire/drop_reason.h"

namespace jvpn {

class ClientSession {
 public:
  // Transport k of the session is transports[k], for life.
  ClientSession(ClientIdentity identity, std::span<const TransportSetup> transports, WallClock wall,
                AeadEngine& engine, Random& random, Instant now);

  // `datagram` is opened in place.
  void OnDatagram(Instant now, TransportId transport, const Endpoint& source, MutableBytes datagram,
                  ClientOutput& out);
  // One IP packet that the tunnel interface gave.
  void OnInnerPacket(Instant now, ByteView packet, ClientOutput& out);
  // All changes of one instant together, so that a switch never goes to what has just gone too
  // (C-49).
  void OnLink(Instant now, std::span<const LinkChange> changes, ClientOutput& out);
  // The local stack refused to send there: no route, no device. Never for what an ICMP message
  // said, which anybody can forge.
  void OnSendRefused(Instant now, TransportId transport, ClientOutput& out);
  void OnTick(Instant now, ClientOutput& out);
  // The local user's wish. The gateway is told.
  void Terminate(Instant now, ClientOutput& out);

  Instant NextDeadline() const;
  bool ended() const { return ended_; }
  ClientView View(Instant now) const;
  const DropCounters& drops() const { return drops_; }

 private:
  // client_session_receive.cc: what frames mean.
  void OnResponse(Instant now, ByteView frame, ClientOutput& out);
  void OnCookie(Instant now, TransportId transport, ByteView frame, ClientOutput& out);
  void OnData(Instant now, TransportId id, MutableBytes frame, ClientOutput& out);
  void OnPathFrames(Instant now, TransportId id, ByteView plaintext, std::uint64_t counter,
                    ClientOutput& out);
  void OnProbeReply(Instant now, TransportId id, const ProbeReply& reply, std::uint64_t counter,
                    ClientOutput& out);
  void OnPathReport(Instant now, const PathReport& report, ClientOutput& out);
  void OnControl(Instant now, TransportId id, ByteView frame, ClientOutput& out);
  void OnAck(Instant now, const ReattachAck& ack, ClientOutput& out);
  void OnDeny(Instant now, const ReattachDeny& deny, ClientOutput& out);
  void OnSolicit(Instant now, TransportId id, const Solicit& solicit, ClientOutput& out);
  void Obey(Instant now, const Solicit& solicit, ClientOutput& out);
  void OnRestart(Instant now, TransportId id, const Solicit& solicit, ClientOutput& out);
  bool TakeKeys(Instant now, const ReattachAck& ack);
  void TakeGrant(Instant now, ClientOutput& out);
  bool MayDeliver(Instant now, TransportId id) const;
  void Drop(DropReason reason) { ++drops_[static_cast<std::size_t>(reason)]; }

  // client_session_machine.cc: facts in, effects out.
  void Step(Instant now, const Input& input, ClientOutput& out);
  void Apply(Instant now, const Effect& effect, ClientOutput& out);
  void Attach(Instant now, ClientOutput& out);
  void Kill(Instant now, TransportId id, Reason cause, TransportId prefer, ClientOutput& out);
  void TellFacts(Instant now, TransportId id, TransportId prefer, ClientOutput& out);
  TransportFacts FactsOf(Instant now, TransportId id) const;
  // The gateway was restarted and asks on `id`: what was bound and what was known are gone.
  void LoseKeys(Instant now, TransportId id, ClientOutput& out);
  void JudgeHealth(Instant now, ClientOutput& out);
  void JudgeTransport(Instant now, TransportId id, ClientOutput& out);
  void JudgeBound(Instant now, ClientOutput& out);
  std::optional<InstantMs> StableAt() const;
  void SendClose(Reason reason, ClientOutput& out);
  void Finish(const Ended& end, ClientOutput& out);

  // client_session.cc: timers and sending.
  void BeginSession(Instant now, HandshakeResult result);
  void TickHandshake(Instant now, ClientOutput& out);
  void SendDue(Instant now, ClientOutput& out);
  void SendProbe(Instant now, TransportId id, ClientOutput& out);
  void SendChallenge(Instant now, TransportId id, ClientOutput& out);
  // Beside a challenge under traffic keys that the gateway may not have any more.
  void SendKnock(TransportId id, std::uint64_t value, ClientOutput& out);
  void SendPathFrame(TransportId id, const PathFrame& frame, ClientOutput& out);
  void SendData(TransportId id, ByteView plaintext, ClientOutput& out);
  Instant NextProbe(TransportId id) const;
  Instant NextTransportDeadline(TransportId id) const;
  bool Suspect(Instant now, TransportId id) const;
  TransportId ReportCarrier(Instant now) const;
  std::uint32_t UsableMask() const;

  ClientTransport& At(TransportId id) { return transports_[Value(id)]; }
  const ClientTransport& At(TransportId id) const { return transports_[Value(id)]; }
  bool Known(TransportId id) const { return Value(id) < transports_.size(); }

  AeadEngine& engine_;
  Random& random_;
  const Instant started_;
  std::vector<ClientTransport> transports_;

  // While there is no session; gone once attached.
  std::optional<ClientHandshake> handshake_;
  TransportId last_init_ = TransportId::kNone;

  // From an accepted response on.
  std::optional<HandshakeResult> result_;
  std::unique_ptr<ClientChannel> channel_;
  std::unique_ptr<SessionMachine> machine_;
  std::optional<ReattachRequester> requester_;
  bool attached_ = false;
  bool gateway_suspects_ = false;  // as its last answer said

  // A commit of the gateway's that our machine's own gates do not let in yet.
  struct Grant {
    TransportId transport{};
    std::uint32_t binding_epoch = 0;
    std::uint64_t counter = 0;
    bool new_keys = false;
  };
  std::optional<Grant> grant_;
  // The gateway has said that it was restarted and has no traffic keys; over with the ACK that
  // brings new ones.
  bool keys_lost_ = false;

  TransportId retired_ = TransportId::kNone;  // delivers until drain_until_
  InstantMs drain_until_{};
  HoldQueue held_;
  std::optional<CloseReason> told_;
  bool ended_ = false;
  DropCounters drops_{};
};

}  // namespace jvpn
