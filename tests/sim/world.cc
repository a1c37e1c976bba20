#include "tests/sim/world.h"

#include <algorithm>
#include <string>

#include "base/check.h"
#include "wire/data_header.h"

namespace jvpn::sim {
namespace {

constexpr Duration kTick = Millis{8};
constexpr int kChecksEvery = 4;  // ticks
constexpr int kFinalPackets = 5;
// More than any round trip of the schedules and any pause of the client's path challenges.
constexpr Duration kSettling = Millis{10'000};
constexpr Duration kRest = Millis{1'000};
constexpr Duration kRateWindow = Millis{60'000};

std::vector<PublicKey> KeysOf(const auto& clients) {
  std::vector<PublicKey> keys;
  for (const auto& client : clients) keys.push_back(client.end->public_key());
  return keys;
}

}  // namespace

Workshop Workshop::Open() {
  Workshop workshop;
  auto full = AeadEngine::Create(AeadEngine::Sharing::kProcess);
  CHECK(full.ok());
  workshop.full = *std::move(full);
  workshop.fast = std::make_unique<ChecksumEngine>();
  return workshop;
}

World::World(const Schedule& schedule, Workshop& workshop, bool print)
    : schedule_(schedule),
      policies_(schedule.AllPolicies()),
      trace_(print),
      dice_(schedule.seed, 5),
      network_(schedule_, trace_),
      attacker_(schedule.seed, network_) {
  DiceRandom random(schedule.seed, 6);
  gateway_key_ = KeyPair::Generate(random);
  AeadEngine& engine = workshop.engine(schedule_);
  const Endpoint remote{*IpAddress::Parse("192.0.2.1"), 4600};
  for (std::uint32_t i = 0; i < schedule_.clients.size(); ++i) {
    Client& client = clients_.emplace_back();
    client.starts = schedule_.clients[i].starts;
    client.packet_every = schedule_.clients[i].packet_every;
    client.refused.resize(schedule_.clients[i].links.size());
    client.end = std::make_unique<ClientEnd>(schedule_, i, gateway_key_.public_key, remote, engine,
                                             nonces_, ledger_, findings_, trace_, *this);
  }
  gateway_ =
      std::make_unique<GatewayEnd>(schedule_, gateway_key_, KeysOf(clients_), engine, nonces_,
                                   ledger_, findings_, trace_, workshop.lanes, *this);
  waiting_.assign(schedule_.steps.rbegin(), schedule_.steps.rend());
  for (const Fault fault : {Fault::kReplay, Fault::kReplayElsewhere, Fault::kInject}) {
    if (schedule_.Has(fault)) network_.Record();
  }
  Recompute();
}

RunResult World::Run() {
  RunUntil(schedule_.heals);
  if (!Broken()) Heal();
  const Duration bound = trace_.now() + Bound();
  // Whatever is still to be noticed is noticed within the time of a silent death.
  Duration rests = kRest;
  for (const Policy& policy : policies_) rests = std::max(rests, policy.transport_dead + kRest);
  Duration settled_since = trace_.now();
  while (!Broken() && trace_.now() - settled_since < rests) {
    if (trace_.now() >= bound) findings_.Add("liveness", Describe());
    RunUntil(trace_.now() + Millis{100});
    if (!Settled()) settled_since = trace_.now();
  }
  if (!Broken()) CheckFinalTraffic();
  network_.CheckConservation(findings_);
  result_.finding = findings_.first();
  result_.hash = trace_.hash();
  result_.simulated = trace_.now();
  result_.sessions = clients_.size();
  result_.datagrams = network_.sent();
  if (Broken()) {
    trace_.Note("FINDING", result_.finding->rule + ": " + result_.finding->text);
  }
  return result_;
}

void World::RunUntil(Duration until) {
  while (!Broken()) {
    const Duration next = NextEvent(until);
    trace_.At(next);
    if (next >= until) return;
    HandleNow();
  }
}

Duration World::NextEvent(Duration until) const {
  Duration next = std::min({until, next_tick_, gateway_->NextTurn()});
  if (const auto arrival = network_.NextArrival()) next = std::min(next, *arrival);
  if (!waiting_.empty()) next = std::min(next, waiting_.back().at);
  for (const Step& step : in_force_) next = std::min(next, step.until);
  for (const Client& client : clients_) {
    if (!client.end->running()) {
      next = std::min(next, client.starts);
    } else {
      next = std::min(next, client.end->NextTurn());
    }
    if (client.end->attached()) next = std::min(next, client.next_packet);
  }
  return std::max(next, trace_.now());
}

// Everything that happens at one instant, in a fixed order; what it brings about without delay
// happens at the same instant, in the next round.
void World::HandleNow() {
  StartClients();
  DoSteps();
  OfferTraffic();
  while (auto datagram = network_.Take()) {
    if (datagram->way == Way::kUp) {
      gateway_->FromWan(datagram->remote, datagram->bytes);
    } else {
      clients_[datagram->client].end->OnDatagram(datagram->link, std::move(datagram->bytes));
    }
  }
  for (Client& client : clients_) client.end->Turn();
  gateway_->Turn();
  if (trace_.now() >= next_tick_) Tick();
}

void World::StartClients() {
  for (Client& client : clients_) {
    if (client.end->running() || trace_.now() < client.starts) continue;
    client.next_packet = trace_.now();
    client.end->Start();
  }
}

void World::DoSteps() {
  bool changed = false;
  while (!waiting_.empty() && waiting_.back().at <= trace_.now()) {
    const Step step = waiting_.back();
    waiting_.pop_back();
    in_force_.push_back(step);
    trace_.Line("step", "begin " + ToText(step));
    Begin(step);
    changed = true;
  }
  for (std::size_t i = 0; i < in_force_.size();) {
    if (in_force_[i].until > trace_.now()) {
      ++i;
      continue;
    }
    const Step step = in_force_[i];
    in_force_.erase(in_force_.begin() + static_cast<std::ptrdiff_t>(i));
    trace_.Line("step", "end " + ToText(step));
    End(step);
    changed = true;
  }
  if (changed) Recompute();
}

void World::OfferTraffic() {
  for (std::uint32_t i = 0; i < clients_.size(); ++i) {
    Client& client = clients_[i];
    if (!client.end->attached() || client.next_packet > trace_.now()) continue;
    client.next_packet = trace_.now() + (client.busy ? Duration{Millis{2}} : client.packet_every);
    OfferPackets(i, 1);
  }
}

// As many in each direction.
void World::OfferPackets(std::uint32_t client, int count) {
  ClientEnd& end = *clients_[client].end;
  for (int i = 0; i < count; ++i) {
    const std::size_t size = dice_.OneOf({8U, 40U, 200U, 600U, 1300U});
    end.OnInner(ledger_.Make(client, Way::kUp, end.inner(), size));
    gateway_->FromHost(ledger_.Make(client, Way::kDown, end.inner(), size));
  }
}

void World::Tick() {
  next_tick_ = trace_.now() + kTick;
  for (const Step& step : in_force_) Repeat(step);
  if (++ticks_ % kChecksEvery != 0) return;
  gateway_->Check();
  for (Client& client : clients_) client.end->Check();
}

void World::Heal() {
  healed_ = true;
  waiting_.clear();
  for (const Step& step : std::exchange(in_force_, {})) End(step);
  Recompute();
  if (schedule_.Has(Fault::kPolicyReload)) {
    gateway_->ApplyPolicy({.policy = schedule_.HealingPolicy(), .lasting = true});
  }
  trace_.Line("step", "everything heals");
}

// From the limits of the policy, one after the other, as a session at its worst would meet them. An
// end goes on with what it has: a client with the copy of its handshake, a gateway with a pause
// that has begun.
Duration World::Bound() const {
  const auto longest = [this](Millis Policy::*limit) {
    Duration most{};
    for (const Policy& policy : policies_) most = std::max<Duration>(most, policy.*limit);
    return most;
  };
  return kSettling + longest(&Policy::handshake_timeout) + longest(&Policy::transport_dead) +
         longest(&Policy::stability_window) + longest(&Policy::volatile_to_degraded) +
         2 * longest(&Policy::recovery_window) + 2 * longest(&Policy::switch_cooldown) +
         longest(&Policy::transport_lost_ttl) + Millis{1000} + kRateWindow;
}

bool World::Settled() {
  const std::vector<SessionView> sessions = gateway_->Sessions();
  std::size_t matched = 0;
  for (const Client& client : clients_) {
    if (!client.end->running()) return false;
    if (client.end->ended()) continue;
    if (!Settled(client, sessions)) return false;
    ++matched;
  }
  return sessions.size() == matched;
}

bool World::Settled(const Client& client, const std::vector<SessionView>& sessions) {
  const ClientView view = client.end->View();
  // Without any right to switch a session stays where its binding lives (V4, D3 with a cap of 0). A
  // gateway may have one that its client does not know of, and tries in vain.
  const bool frozen = client.end->log()->policy().max_switches_per_min == 0 ||
                      gateway_->policy().max_switches_per_min == 0;
  const auto rests = [frozen](State state, TransportId bound) {
    return bound != TransportId::kNone &&
           (state == State::kAttached ||
            (frozen && (state == State::kDegraded || state == State::kRecovering)));
  };
  if (!view.attached || !rests(view.state, view.bound)) return false;
  return std::any_of(sessions.begin(), sessions.end(), [&](const SessionView& session) {
    return session.id == view.id && rests(session.state, session.bound) &&
           session.bound == view.bound && session.binding_epoch == view.binding_epoch;
  });
}

// On a healed network every packet of a settled session arrives.
void World::CheckFinalTraffic() {
  const std::uint32_t before = ledger_.made();
  std::vector<std::uint32_t> versions;
  for (std::uint32_t i = 0; i < clients_.size(); ++i) {
    const bool carries = clients_[i].end->attached() && Settled(clients_[i], gateway_->Sessions());
    versions.push_back(carries ? clients_[i].end->log()->version() : 0);
    if (carries) OfferPackets(i, kFinalPackets);
  }
  const std::uint32_t after = ledger_.made();
  RunUntil(trace_.now() + Millis{400});
  if (Broken()) return;
  for (std::uint32_t number = before; number < after; ++number) {
    const std::uint32_t client = ledger_.client(number);
    const bool same = clients_[client].end->attached() &&
                      clients_[client].end->log()->version() == versions[client];
    // A session that moved or ended meanwhile may have lost some.
    if (!same || versions[client] == 0 || ledger_.delivered(number)) continue;
    findings_.Add("delivery", "packet " + std::to_string(number) + " of client " +
                                  std::to_string(client) + " is lost on a healed network");
  }
}

std::string World::Describe() {
  std::string text = "not settled:";
  for (const Client& client : clients_) {
    if (!client.end->running()) continue;
    const ClientView view = client.end->View();
    text += client.end->ended() ? " client ended" : " client " + std::string(Name(view.state));
    text += " bound " + std::to_string(static_cast<std::int32_t>(Value(view.bound))) + " epoch " +
            std::to_string(view.binding_epoch) + ";";
  }
  for (const SessionView& view : gateway_->Sessions()) {
    text += " gateway " + std::string(Name(view.state)) + " bound " +
            std::to_string(static_cast<std::int32_t>(Value(view.bound))) + " epoch " +
            std::to_string(view.binding_epoch) + ";";
  }
  return text;
}

void World::ToWan(const Endpoint& to, ByteView datagram) {
  network_.FromGateway(to, Bytes(datagram.begin(), datagram.end()));
}

void World::ToGateway(std::uint32_t client, std::uint32_t link, Bytes datagram) {
  if (datagram[0] == static_cast<std::uint8_t>(FrameType::kHandshakeInit)) ++clients_[client].inits;
  network_.FromClient(client, link, std::move(datagram));
}

bool World::LinkUp(std::uint32_t client, std::uint32_t link) { return network_.up(client, link); }

bool World::SendRefused(std::uint32_t client, std::uint32_t link) {
  return clients_[client].refused[link];
}

void World::OnGatewayEvent(const Event& event) {
  if (event.type != EventType::kSessionStateChange) return;
  result_.edges.insert(std::string(Name(*event.previous_state)) + ">" +
                       std::string(Name(*event.new_state)) + " " +
                       std::string(Name(*event.reason)));
  if (event.previous_state == State::kRecovering && event.new_state == State::kAttached) {
    ++result_.commits;
  }
  if (event.new_state != State::kTerminated) return;
  const bool operated =
      schedule_.Has(Fault::kOperatorTerminate) || schedule_.Has(Fault::kGatewayStop);
  if (event.reason == Reason::kOperatorTerminated && !operated) {
    findings_.Add("I1", "operator_terminated without an operator");
  }
  // Whoever has no key ends nothing (O6). A client that no answer reached begins again, and the new
  // session takes the place of the one that it never heard of.
  const bool a_client_went = std::any_of(clients_.begin(), clients_.end(), [](const Client& c) {
    return c.end->starts() > 1 || c.end->ended() || (c.inits > 1 && !c.end->attached());
  });
  if (event.reason == Reason::kPeerTerminated && !a_client_went) {
    findings_.Add("I1", "peer_terminated, and no peer said so");
  }
  if (event.reason == Reason::kHardSystemFailure && !schedule_.Has(Fault::kStoreTears)) {
    findings_.Add("I1", "hard_system_failure");
  }
}

void World::OnClientEvent(std::uint32_t client, const Event& event) {
  if (event.type != EventType::kSessionStateChange || event.new_state != State::kTerminated) return;
  if (event.reason != Reason::kPeerTerminated) return;
  const LogCheck* log = gateway_->LogOf(event.session_id);
  if (log == nullptr || log->ended()) return;
  findings_.Add("I1", "client " + std::to_string(client) + " was told an end that is none");
}

}  // namespace jvpn::sim
