#include "tests/sim/client_end.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"
#include "wire/data_header.h"

namespace jvpn::sim {
namespace {

constexpr int kMostTurns = 10'000;

}  // namespace

ClientEnd::ClientEnd(const Schedule& schedule, std::uint32_t index, const PublicKey& gateway,
                     const Endpoint& remote, AeadEngine& engine, NonceWatch& nonces, Ledger& ledger,
                     Findings& findings, Trace& trace, ClientAround& around)
    : policies_(BookOf(Role::kClient, schedule.AllPolicies())),
      index_(index),
      links_(schedule.clients[index].links.size()),
      clock_(schedule.clients[index].clock),
      gateway_(gateway),
      remote_(remote),
      nonces_(nonces),
      ledger_(ledger),
      findings_(findings),
      trace_(trace),
      around_(around),
      random_(schedule.seed, 100 + index),
      engine_(engine, nonces, *this),
      key_(KeyPair::Generate(random_)) {}

void ClientEnd::Start() {
  out_.Clear();
  received_.clear();
  from_tun_.clear();
  changes_.clear();
  attached_ = false;
  ++starts_;
  std::vector<TransportSetup> setups;
  for (std::uint32_t i = 0; i < links_; ++i) {
    setups.push_back({remote_, around_.LinkUp(index_, i)});
  }
  ClientIdentity identity;
  identity.key = key_;
  identity.gateway = gateway_;
  // The wall clock goes on while the process does not.
  const WallClock wall{std::chrono::seconds(1'700'000'000) + trace_.now(), Now()};
  log_ = std::make_unique<LogCheck>("client " + std::to_string(index_), Role::kClient, policies_,
                                    findings_);
  session_ =
      std::make_unique<ClientSession>(std::move(identity), setups, wall, engine_, random_, Now());
}

void ClientEnd::OnDatagram(std::uint32_t link, Bytes datagram) {
  if (session_ != nullptr) received_.push_back({link, std::move(datagram)});
}

void ClientEnd::OnInner(Bytes packet) { from_tun_.push_back(std::move(packet)); }

void ClientEnd::OnLink(std::uint32_t link, LinkEvent event) {
  if (session_ != nullptr) changes_.push_back({TransportId{link}, event});
}

void ClientEnd::Terminate() { terminate_ = session_ != nullptr; }

void ClientEnd::Stall(Duration until) {
  if (until <= stalled_until_) return;
  const Duration from = std::max(trace_.now(), stalled_until_);
  if (log_ != nullptr) log_->Excuse(std::chrono::ceil<Millis>(until - from) + Millis{1});
  stalled_until_ = until;
}

Duration ClientEnd::NextTurn() const {
  if (session_ == nullptr || session_->ended()) return Duration::max();
  const Duration due = std::max(trace_.now(), clock_.When(session_->NextDeadline()));
  return std::max(due, stalled_until_);
}

void ClientEnd::Turn() {
  if (session_ == nullptr || trace_.now() < stalled_until_) return;
  for (int turn = 0; turn == 0 || session_->NextDeadline() <= Now(); ++turn) {
    CHECK(turn < kMostTurns);  // a deadline that a tick does not move is a bug
    for (const Bytes& packet : std::exchange(from_tun_, {})) {
      session_->OnInnerPacket(Now(), packet, out_);
    }
    for (Received& received : std::exchange(received_, {})) {
      session_->OnDatagram(Now(), TransportId{received.link}, remote_, received.bytes, out_);
      TakeDelivered(received.link);
    }
    if (!changes_.empty()) session_->OnLink(Now(), std::exchange(changes_, {}), out_);
    if (std::exchange(terminate_, false)) session_->Terminate(Now(), out_);
    if (session_->NextDeadline() <= Now()) session_->OnTick(Now(), out_);
    Flush();
  }
}

// O3: delivered only from the bound transport, or from the retired one while it drains. Packets go
// before notices, so what the log says now was so when they came, unless this very datagram changed
// it, and none does both.
void ClientEnd::TakeDelivered(std::uint32_t link) {
  for (const Bytes& packet : out_.packets) {
    ledger_.Delivered(index_, Way::kDown, packet);
    if (!log_->Delivers(TransportId{link}, FloorMs(Now()))) {
      findings_.Add("K4", "client " + std::to_string(index_) + " delivers from transport " +
                              std::to_string(link) + ", which is neither bound nor draining");
    }
  }
  out_.packets.clear();
  Flush();
}

void ClientEnd::Flush() {
  while (!out_.datagrams.empty() || !out_.notices.empty()) {
    for (const ClientNotice& notice : std::exchange(out_.notices, {})) Notice(notice);
    SendAll();
  }
}

void ClientEnd::SendAll() {
  for (SendDatagram& datagram : std::exchange(out_.datagrams, {})) {
    const std::uint32_t link = Value(datagram.transport);
    const bool init = datagram.bytes[0] == static_cast<std::uint8_t>(FrameType::kHandshakeInit);
    if (init && attached_) findings_.Add("FM-1.1-g", "a handshake after the attach");
    if (around_.SendRefused(index_, link)) {
      session_->OnSendRefused(Now(), datagram.transport, out_);
    } else {
      around_.ToGateway(index_, link, std::move(datagram.bytes));
    }
  }
}

void ClientEnd::Notice(const ClientNotice& notice) {
  if (const auto* emit = std::get_if<Emit>(&notice)) {
    trace_.Line("client" + std::to_string(index_), ToText(emit->event));
    log_->Take(emit->event);
    around_.OnClientEvent(index_, emit->event);
  } else if (const auto* configure = std::get_if<Configure>(&notice)) {
    if (attached_) findings_.Add("K3", "a second inner address in one session");
    inner_ = configure->inner_v4.address;
  } else if (std::holds_alternative<Attached>(notice)) {
    attached_ = true;
  } else if (const auto* ended = std::get_if<Ended>(&notice)) {
    trace_.Line("client" + std::to_string(index_), "ended " + std::string(Name(ended->reason)));
    attached_ = false;
  }
}

// K4: session data leaves on the bound transport only.
void ClientEnd::Sealing(NonceWatch::KeyName, std::uint32_t transport, ByteView plaintext) {
  if (!Ledger::NumberOf(plaintext)) return;
  if (session_->View(Now()).bound != TransportId{transport}) {
    findings_.Add("K4", "client " + std::to_string(index_) + " sends session data on transport " +
                            std::to_string(transport) + ", which is not bound");
  }
}

void ClientEnd::Check() {
  if (session_ == nullptr || trace_.now() < stalled_until_) return;
  log_->At(FloorMs(Now()));
  const ClientView view = session_->View(Now());
  const bool silent = log_->state() == State::kBirth && !view.attached;
  if (silent) return;
  if (log_->state() != view.state || log_->version() != view.state_version ||
      log_->bound() != view.bound) {
    findings_.Add("K2", "log and core of client " + std::to_string(index_) + " disagree");
  }
}

}  // namespace jvpn::sim
