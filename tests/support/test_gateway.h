// TestGateway: a small gateway end of one session, made of the shipped crypto/ and wire/ code, for
// tests of the client. It does what it is told, right or wrong, and remembers what came.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "crypto/aead.h"
#include "crypto/cookie.h"
#include "crypto/kdf.h"
#include "crypto/noise.h"
#include "crypto/replay_window.h"
#include "session/loss_account.h"
#include "session/policy.h"
#include "wire/handshake_frame.h"
#include "wire/ip_address.h"
#include "wire/path_frame.h"
#include "wire/session_control.h"

namespace jvpn {

class TestGateway {
 public:
  struct Datagram {
    Endpoint local;   // the gateway's address that sent it
    Endpoint remote;  // the client's
    Bytes bytes;
  };
  using Datagrams = std::vector<Datagram>;

  enum class OnRequest { kAccept, kAcceptSilently, kDeny, kIgnore };

  // What a test may change at any time.
  struct Behaviour {
    bool answer_inits = true;
    bool wants_cookies = false;  // from whom it does not know an address
    bool answer_probes = true;
    bool answer_challenges = true;
    bool suspect = false;  // as its answers say
    HandshakeStatus status = HandshakeStatus::kAccepted;
    std::uint8_t grant = 17;
    OnRequest on_request = OnRequest::kAccept;
    Policy policy = Policy::Reference();
    std::vector<Prefix> routes;
  };

  struct Arrival {  // an inner packet
    TransportId transport{};
    Bytes packet;
  };
  struct Request {
    Instant at;
    TransportId transport{};
    ReattachRequest message;
    Bytes frame;
  };

  struct Reported {
    TransportId on{};
    PathReport report;
  };

  TestGateway(KeyPair identity, Secret32 psk, AeadEngine& engine, Random& random)
      : identity_(std::move(identity)), psk_(psk), engine_(engine), random_(random) {}

  Behaviour behaviour;

  Datagrams OnDatagram(Instant now, const Endpoint& local, const Endpoint& remote, Bytes bytes);
  Datagrams SendInner(TransportId transport, ByteView packet);
  Datagrams SendPath(TransportId transport, const PathFrame& frame);
  Datagrams SendControl(TransportId transport, const SessionMessage& message);
  Token TokenAt(Instant now) const;
  // As after a restart: no traffic keys until the next commit, and another instance.
  void LoseKeys();
  KeyEpoch key_epoch() const { return key_epoch_; }
  const std::vector<Knock>& knocks() const { return knocks_; }

  const SessionId& session_id() const { return session_id_; }
  std::uint32_t binding_epoch() const { return binding_epoch_; }
  TransportId bound() const { return bound_; }
  const std::vector<Arrival>& arrivals() const { return arrivals_; }
  const std::vector<Request>& requests() const { return requests_; }
  const std::vector<Reported>& reports() const { return reports_; }
  const std::vector<Close>& closes() const { return closes_; }
  std::size_t inits() const { return inits_; }
  std::size_t cookies() const { return cookies_; }
  std::size_t probes(TransportId transport) const { return at(transport).probes; }
  std::size_t challenges(TransportId transport) const { return at(transport).challenges; }
  const Probe& last_probe(TransportId transport) const { return at(transport).last_probe; }
  bool validated(TransportId transport) const { return at(transport).remote.has_value(); }
  const std::optional<Endpoint>& remote(TransportId transport) const {
    return at(transport).remote;
  }

 private:
  struct Transport {
    FlowIndex own;
    FlowIndex peer;
    std::uint64_t counter = 0;
    ReplayWindow window;
    LossAccount loss;
    std::optional<Instant> heard;
    Endpoint local;
    std::optional<Endpoint> remote;   // proved
    std::optional<Endpoint> pending;  // challenged
    std::uint64_t challenge = 0;
    std::size_t probes = 0;
    std::size_t challenges = 0;
    Probe last_probe;
  };
  Transport& at(TransportId id) { return transports_[Value(id)]; }
  const Transport& at(TransportId id) const { return transports_[Value(id)]; }
  std::optional<TransportId> Find(FlowIndex flow) const;
  // A frame of it was opened. Nothing is reordered here, so that nothing has to settle.
  void Hear(Instant now, Transport& transport) const;
  void Judge(Instant now, Transport& transport, std::uint64_t sent) const;

  // Opaque to the client: here the address itself.
  static Cookie CookieFor(const Endpoint& remote);
  Datagrams OnInit(Instant now, const Endpoint& local, const Endpoint& remote, ByteView frame);
  Datagrams OnData(Instant now, const Endpoint& local, const Endpoint& remote, Bytes frame);
  void UseKeys(const Secret32& secret);
  ReattachAck Ack(TransportId bound, std::uint64_t counter) const;
  void OnPathFrame(Instant now, TransportId id, const Endpoint& remote, const PathFrame& frame,
                   Datagrams& out);
  Datagrams OnControl(Instant now, const Endpoint& local, const Endpoint& remote, ByteView frame);
  Datagrams OnReattach(Instant now, TransportId id, const Endpoint& remote,
                       const ReattachRequest& request, ByteView frame);
  Bytes Seal(TransportId id, ByteView plaintext);
  Bytes Challenge(TransportId id, const Endpoint& remote, std::optional<std::uint64_t> response);

  KeyPair identity_;
  Secret32 psk_;
  AeadEngine& engine_;
  Random& random_;

  SessionId session_id_;
  Secret32 control_open_key_;
  Secret32 control_seal_key_;
  AeadKey open_key_;
  AeadKey seal_key_;
  std::array<Transport, 17> transports_;
  TransportId bound_ = TransportId::kNone;
  std::uint32_t binding_epoch_ = 1;
  Bytes accepted_;  // the last request that was
  Secret32 root_;
  KeyEpoch key_epoch_{1};
  EpochMix mix_;
  bool keys_lost_ = false;
  std::uint64_t restarts_ = 0;

  std::size_t inits_ = 0;
  std::size_t cookies_ = 0;
  std::vector<Arrival> arrivals_;
  std::vector<Request> requests_;
  std::vector<Reported> reports_;
  std::vector<Close> closes_;
  std::vector<Knock> knocks_;
};

}  // namespace jvpn
