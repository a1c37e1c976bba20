#include "tests/sim/gateway_end.h"

#include <algorithm>
#include <string>

#include "base/check.h"
#include "control/audit_events.h"
#include "session/policy_file.h"
#include "tools/audit_line.h"
#include "wire/link_frame.h"
#include "wire/path_frame.h"

namespace jvpn::sim {
namespace {

using jvpn::Fate;

const MacAddress kWanMac{{2, 0, 0, 0, 0, 1}};
const MacAddress kCoreMac{{2, 0, 0, 0, 0, 2}};
const MacAddress kRouterMac{{2, 0, 0, 0, 0, 0xfe}};
const MacAddress kHostMac{{2, 0, 0, 0, 0, 9}};
const IpAddress kWanAddress = *IpAddress::Parse("192.0.2.1");
const IpAddress kRouter = *IpAddress::Parse("192.0.2.254");
constexpr std::uint16_t kPort = 4600;
constexpr std::uint32_t kMaxSessions = 16;
constexpr std::uint32_t kTransports = 4;
constexpr std::uint64_t kInstance = 0x5175'1a7e'0000'0001;
constexpr Duration kScanPeriod = Liveness::kScanPeriod;
constexpr int kMostRounds = 10'000;

std::optional<Bytes> AnswerArp(ByteView payload, const IpAddress& of, const MacAddress& mac) {
  const auto ask = ParseArp(payload);
  if (!ask || ask->reply || ask->target != of) return std::nullopt;
  return BuildEthernet(ask->sender_mac, mac, EtherType::kArp,
                       BuildArp({.reply = true,
                                 .sender_mac = mac,
                                 .sender = of,
                                 .target_mac = ask->sender_mac,
                                 .target = ask->sender}));
}

std::size_t Spread(const Endpoint& from, std::size_t workers) {
  return (from.port + from.address.bytes[3] * 7U) % workers;
}

}  // namespace

Lane& LanePool::Get(std::size_t index) {
  while (lanes.size() <= index) lanes.push_back(std::make_unique<Lane>());
  Lane& lane = *lanes[index];
  HealthSignal signal;
  UpFrame frame;
  WorkerCommand command;
  while (lane.signals.TryPop(signal)) continue;
  while (lane.frames.TryPop(frame)) continue;
  while (lane.handshakes.TryPop(frame)) continue;
  while (lane.commands.TryPop(command)) continue;
  return lane;
}

std::uint64_t GatewayEnd::Worker::dropped() const {
  std::uint64_t all = 0;
  for (const Counter& counter : stats->drops) all += counter.Get();
  return all;
}

GatewayEnd::GatewayEnd(const Schedule& schedule, const KeyPair& identity,
                       const std::vector<PublicKey>& clients, AeadEngine& engine,
                       NonceWatch& nonces, Ledger& ledger, Findings& findings, Trace& trace,
                       LanePool& lanes, GatewayAround& around)
    : clock_(schedule.gateway_clock),
      nonces_(nonces),
      ledger_(ledger),
      findings_(findings),
      trace_(trace),
      around_(around),
      random_(schedule.seed, 3),
      engine_(engine, nonces, *this),
      lanes_(lanes),
      worker_count_(schedule.workers) {
  config_.node_id = "gw1";
  config_.identity = identity;
  config_.listen_port = kPort;
  config_.wan = {kWanMac, {*Prefix::Parse("192.0.2.1/24")}, {kRouter}};
  config_.core = {kCoreMac, {*Prefix::Parse("10.0.0.1/24")}, {}};
  config_.inner_v4_pool = *Prefix::Parse("10.9.0.0/24");
  config_.max_sessions = kMaxSessions;
  config_.transports_per_session = kTransports;
  config_.token_instance = kInstance;
  written_ = std::make_shared<const Policy>(schedule.policy);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    PeerConfig peer;
    peer.name = std::to_string(i);
    peer.public_key = clients[i];
    peer.policy = written_;
    config_.peers.push_back(peer);
  }
  Boot();
}

void GatewayEnd::ApplyPolicy(const PolicyOffer& offer) {
  std::vector<std::string> warnings;
  const auto parsed = ParsePolicy(ToToml(offer.policy), "policy.toml", warnings);
  const Policy* policy = std::get_if<Policy>(&parsed);
  if (offer.broken) {
    if (policy != nullptr) findings_.Add("G7", "a policy that breaks a rule is taken");
    return;
  }
  if (policy == nullptr || *policy != offer.policy) {
    return findings_.Add("G6", "a policy that breaks no rule is not taken as it is written");
  }
  const auto shared = std::make_shared<const Policy>(*policy);
  if (offer.lasting) written_ = shared;
  if (!alive()) return;
  Append(PolicyLoaded(*shared, Now()));
  for (PeerConfig& peer : config_.peers) peer.policy = shared;
  CHECK(core_->SetPolicy(kGatewayGroup, shared, Now()));
  for (auto& [id, log] : logs_) log.Offer(shared);
}

void GatewayEnd::Kill() {
  if (!alive()) return;
  trace_.Note("gateway", "killed");
  core_.reset();
  store_.reset();
  workers_.clear();
  killed_at_ = trace_.now();
}

void GatewayEnd::Boot() {
  if (alive()) return;
  const Millis down = std::chrono::ceil<Millis>(trace_.now() - killed_at_);
  if (!logs_.empty()) trace_.Note("gateway", "started");
  // What fell due meanwhile is as late.
  for (auto& [id, log] : logs_) log.Excuse(down);
  stalled_ += down;
  ++config_.token_instance;
  for (PeerConfig& peer : config_.peers) peer.policy = written_;
  Append(PolicyLoaded(*written_, Now()));
  store_ = std::make_unique<MemoryStore>(disk_);
  store_->SetFailing(store_failing_);
  store_->SetStalled(store_stalled_);
  persistence_.store = store_.get();
  for (const auto& [id, log] : logs_) {
    if (log.ended()) persistence_.ended.insert(id.ToString());
  }
  std::vector<Lane*> raw;
  for (std::uint32_t i = 0; i < worker_count_; ++i) {
    Worker& worker = workers_.emplace_back();
    worker.lane = &lanes_.Get(i);
    worker.stats = std::make_unique<WorkerStats>();
    ForwarderConfig config;
    config.self = static_cast<WorkerId>(i);
    config.workers = worker_count_;
    config.wan = {kWanMac, config_.wan.addresses, config_.wan.next_hops, 0};
    config.core = {kCoreMac, config_.core.addresses, config_.core.next_hops, 0};
    config.listen_port = kPort;
    config.max_sessions = kMaxSessions;
    config.transports_per_session = kTransports;
    config.inner_v4_pool = config_.inner_v4_pool;
    config.token_instance = config_.token_instance;
    auto forwarder = Forwarder::Create(config, engine_, *worker.lane, *worker.stats);
    CHECK(forwarder.ok());
    worker.forwarder = *std::move(forwarder);
    raw.push_back(worker.lane);
  }
  core_ = std::make_unique<ControlCore>(config_, raw, random_, *this, Now(), &persistence_);
}

void GatewayEnd::SetStoreFailing(bool failing) {
  store_failing_ = failing;
  store_doubtful_ |= failing;
  if (store_ != nullptr) store_->SetFailing(failing);
}

void GatewayEnd::SetStoreStalled(bool stalled) {
  store_stalled_ = stalled;
  store_doubtful_ |= stalled;
  if (store_ != nullptr) store_->SetStalled(stalled);
}

void GatewayEnd::TearNextPut(std::size_t bytes) {
  store_doubtful_ = true;
  if (store_ != nullptr) store_->TearNextPut(bytes);
}

Endpoint GatewayEnd::local() const { return {kWanAddress, kPort}; }

void GatewayEnd::FromWan(const Endpoint& from, ByteView datagram) {
  if (!port_up_ || !alive()) return;
  Worker& worker = workers_[Spread(from, workers_.size())];
  Deliver(worker, PortSide::kWan,
          BuildUdpFrame(kWanMac, kRouterMac,
                        {.source = from, .destination = local(), .payload = datagram}));
}

void GatewayEnd::FromHost(ByteView packet) {
  if (!alive()) return;
  Worker& worker = workers_[packet[19] % workers_.size()];
  Deliver(worker, PortSide::kCore, BuildEthernet(kCoreMac, kHostMac, EtherType::kIpv4, packet));
}

void GatewayEnd::Deliver(Worker& worker, PortSide side, Bytes frame) {
  worker.received.push_back({side, std::move(frame)});
}

void GatewayEnd::StallControl(Duration until) {
  const Duration from = std::max(trace_.now(), control_stalled_until_);
  if (until <= from) return;
  const Millis more = std::chrono::ceil<Millis>(until - from);
  stalled_ += more;
  for (auto& [id, log] : logs_) log.Excuse(more);
  control_stalled_until_ = until;
}

void GatewayEnd::SetPort(bool up) {
  port_up_ = up;
  if (!alive()) return;
  HealthSignal signal;
  signal.kind = up ? HealthSignal::Kind::kPortUp : HealthSignal::Kind::kPortDown;
  signal.side = static_cast<std::uint8_t>(PortSide::kWan);
  workers_[0].forwarder->lane_writer().Signal(signal);
}

void GatewayEnd::TerminateSomeSession() {
  const std::vector<SessionView> sessions = Sessions();
  if (!sessions.empty()) core_->Terminate(sessions.front().id, Now());
}

Duration GatewayEnd::NextTurn() const {
  if (!alive()) return Duration::max();
  Duration next = next_scan_;
  if (!Stalled(control_stalled_until_)) {
    next = std::min(next, std::max(trace_.now(), clock_.When(core_->NextDeadline())));
  }
  return next;
}

void GatewayEnd::Turn() {
  if (!alive()) return;
  bool busy = true;
  for (int round = 0; busy; ++round) {
    CHECK(round < kMostRounds);  // a turn that brings its own cause for another is a bug
    busy = false;
    if (!Stalled(workers_stalled_until_)) {
      for (Worker& worker : workers_) busy |= WorkerTurn(worker);
    }
    if (!Stalled(control_stalled_until_)) busy |= core_->Turn(Now());
    if (sessions_changed_) LearnSessions();
  }
  if (!Stalled(control_stalled_until_)) {
    for (auto& [id, log] : logs_) log.Offered();
  }
  if (trace_.now() >= next_scan_) next_scan_ = trace_.now() + kScanPeriod;
}

bool GatewayEnd::WorkerTurn(Worker& worker) {
  running_ = &worker;
  taken_ = 0;
  std::array<Packet, 16> sent;
  const Forwarder::CommandTurn turn = worker.forwarder->RunCommands(*this, sent, Now());
  Settle(std::span(sent).first(turn.packets));
  bool busy = turn.commands > 0;
  if (!worker.received.empty()) {
    RunBurst(worker);
    busy = true;
  }
  if (trace_.now() >= next_scan_) worker.forwarder->Scan(Now());
  running_ = nullptr;
  return busy;
}

// Frames of one side that came one after the other.
void GatewayEnd::RunBurst(Worker& worker) {
  std::array<Packet, kBurstPackets> burst;
  std::size_t count = 0;
  const PortSide side = worker.received.front().side;
  while (count < burst.size() && !worker.received.empty() && worker.received.front().side == side) {
    burst[count] = Load(count, side, worker.received.front().bytes);
    worker.received.pop_front();
    ++count;
  }
  const std::uint64_t dropped = worker.dropped();
  opened_path_frames_ = 0;
  opened_.clear();
  const auto packets = std::span(burst).first(count);
  if (side == PortSide::kWan) {
    worker.forwarder->FromWan(packets, Now());
  } else {
    worker.forwarder->FromCore(packets, Now());
  }
  CheckBurst(worker, packets, worker.dropped() - dropped);
  Settle(packets);
}

// Received = sent on + handed over + dropped by reason + taken by the control core.
void GatewayEnd::CheckBurst(const Worker& worker, std::span<const Packet> packets,
                            std::uint64_t dropped) {
  const auto released = static_cast<std::uint64_t>(std::count_if(
      packets.begin(), packets.end(), [](const Packet& p) { return p.fate == Fate::kRelease; }));
  // Path frames and whatever is not a data frame may go to the control core instead.
  const bool any_for_control =
      opened_path_frames_ > 0 || !worker.lane->frames.Empty() || !worker.lane->handshakes.Empty();
  if (released == dropped || (any_for_control && released >= dropped)) return;
  findings_.Add("conservation", std::to_string(released) + " packets released, " +
                                    std::to_string(dropped) + " counted as dropped");
}

Packet GatewayEnd::Load(std::size_t buffer, PortSide side, const Bytes& frame) {
  CHECK(frame.size() <= kRoom);
  Buffer& to = buffers_[buffer];
  std::copy(frame.begin(), frame.end(), to.begin() + kHeadroom);
  Packet packet;
  packet.data = to.data() + kHeadroom;
  packet.buffer = &to;
  packet.length = static_cast<std::uint16_t>(frame.size());
  packet.headroom = kHeadroom;
  packet.tailroom = static_cast<std::uint16_t>(kRoom - frame.size());
  packet.side = side;
  return packet;
}

bool GatewayEnd::Take(Packet& out) {
  if (taken_ == buffers_.size()) return false;
  out = Load(taken_++, PortSide::kWan, {});
  return true;
}

void GatewayEnd::Settle(std::span<const Packet> packets) {
  for (const Packet& packet : packets) {
    if (packet.fate == Fate::kTransmit) Transmit(packet);
    if (packet.fate == Fate::kHandOver) {
      Deliver(workers_[Value(packet.owner)], packet.side,
              Bytes(packet.data, packet.data + packet.length));
    }
  }
}

void GatewayEnd::Transmit(const Packet& packet) {
  if (packet.side == PortSide::kWan) {
    if (port_up_) TransmitWan(packet.view());
  } else {
    TransmitCore(packet.view());
  }
}

void GatewayEnd::TransmitWan(ByteView frame) {
  const auto ethernet = ParseEthernet(frame);
  if (!ethernet) return findings_.Add("wire", "no Ethernet frame on the WAN side");
  if (ethernet->type == EtherType::kArp) {
    auto answer = AnswerArp(ethernet->payload, kRouter, kRouterMac);
    if (answer && !neighbor_silent_) Deliver(workers_[0], PortSide::kWan, *std::move(answer));
    return;
  }
  const auto ip = ParseIp(ethernet->payload);
  const auto udp = ip ? ParseUdp(*ip) : std::nullopt;
  if (!udp || udp->source != local() || ethernet->to != kRouterMac) {
    return findings_.Add("wire", "a frame on the WAN side that no router takes");
  }
  around_.ToWan(udp->destination, udp->payload);
}

void GatewayEnd::TransmitCore(ByteView frame) {
  const auto ethernet = ParseEthernet(frame);
  if (!ethernet) return findings_.Add("wire", "no Ethernet frame on the core side");
  if (ethernet->type == EtherType::kArp) {
    auto answer = AnswerArp(ethernet->payload, kHost, kHostMac);
    if (answer) Deliver(workers_[0], PortSide::kCore, *std::move(answer));
    return;
  }
  const auto ip = ParseIp(ethernet->payload);
  const auto number = Ledger::NumberOf(ethernet->payload);
  if (!ip || !number) return findings_.Add("wire", "a broken packet on the core side");
  // The inner source address is the session's own: it tells the client.
  const auto owner = client_by_inner_.find(ip->source);
  const std::uint32_t client =
      owner == client_by_inner_.end() ? NonceWatch::kNobody : owner->second;
  ledger_.Delivered(client, Way::kUp, ethernet->payload);
  CheckDelivery(client, *number);
}

// O3: delivered only from the bound transport, or from the retired one while it drains.
void GatewayEnd::CheckDelivery(std::uint32_t client, std::uint32_t number) {
  const LogCheck* log = LiveLogOf(client);
  const auto came = std::find_if(opened_.begin(), opened_.end(),
                                 [&](const auto& opened) { return opened.first == number; });
  if (log == nullptr || came == opened_.end() || !running_->lane->commands.Empty()) return;
  if (!log->Delivers(TransportId{came->second}, FloorMs(Now()))) {
    findings_.Add("K4", "the gateway delivers from transport " + std::to_string(came->second) +
                            ", which is neither bound nor draining");
  }
}

// Who has which session and address, after an event that may have changed it.
void GatewayEnd::LearnSessions() {
  for (const SessionView& view : Sessions()) {
    const auto client = static_cast<std::uint32_t>(std::stoul(view.peer));
    client_of_[view.id] = client;
    if (view.state != State::kBirth) client_by_inner_[view.inner_v4] = client;
  }
  sessions_changed_ = false;
}

const LogCheck* GatewayEnd::LogOf(const SessionId& id) const {
  const auto found = logs_.find(id);
  return found == logs_.end() ? nullptr : &found->second;
}

const LogCheck* GatewayEnd::LiveLogOf(std::uint32_t client) const {
  for (const auto& [id, owner] : client_of_) {
    const LogCheck* log = LogOf(id);
    if (owner == client && log != nullptr && log->live()) return log;
  }
  return nullptr;
}

void GatewayEnd::Append(const Event& event) {
  if (event.type == EventType::kPolicyLoaded) {
    trace_.Line("gateway", ToText(event));
    const std::optional<Policy> policy = ReadCanonicalPolicy(event.policy);
    if (!policy) return findings_.Add("PolicyLoaded", "no whole policy that obeys its rules");
    policies_.try_emplace(event.policy_id, std::make_shared<const Policy>(*policy));
    return;
  }
  const auto [log, fresh] =
      logs_.try_emplace(event.session_id, "gateway", Role::kGateway, policies_, findings_);
  if (fresh) log->second.Excuse(stalled_);
  // The log may have told an edge whose record was still on its way to the disk.
  const bool unreadable = event.detail == Reason::kRecordUnreadable;
  if (event.type == EventType::kSessionRestored || unreadable) {
    log->second.Restored(store_doubtful_ || unreadable ||
                         event.state_version != log->second.version());
  }
  trace_.Line("gateway", event.session_id.ToString().substr(0, 4) + ' ' + ToText(event));
  log->second.Take(event);
  sessions_changed_ = true;
  around_.OnGatewayEvent(event);
}

// K4: session data leaves on the bound transport only. The worker may still have to take a program.
void GatewayEnd::Sealing(NonceWatch::KeyName key, std::uint32_t transport, ByteView plaintext) {
  if (!Ledger::NumberOf(plaintext)) return;
  const std::uint32_t client = nonces_.OwnerOf(key);
  const LogCheck* log = LiveLogOf(client);
  if (log == nullptr || !running_->lane->commands.Empty()) return;
  if (log->bound() != TransportId{transport}) {
    findings_.Add("K4", "the gateway sends session data on transport " + std::to_string(transport) +
                            ", which is not bound");
  }
}

void GatewayEnd::Opened(std::uint32_t transport, ByteView plaintext) {
  if (const auto number = Ledger::NumberOf(plaintext)) {
    opened_.emplace_back(*number, transport);
  } else {
    ++opened_path_frames_;
  }
}

void GatewayEnd::Check() {
  if (!alive()) return;
  std::map<std::string, int> live;
  for (const SessionView& view : Sessions()) {
    const auto found = logs_.find(view.id);
    if (found == logs_.end()) {
      if (view.state != State::kBirth) findings_.Add("K2", "a state that no event told");
      continue;
    }
    LogCheck& log = found->second;
    log.At(FloorMs(Now()));
    if (log.state() != view.state || log.version() != view.state_version ||
        log.bound() != view.bound) {
      findings_.Add("K2", "the gateway's log and its core disagree");
    }
    if (log.live() && ++live[view.peer] > 1) findings_.Add("K3", "two live sessions of one peer");
    const Millis late = log.policy().max_lifetime + Millis{1} + log.slack();
    if (Millis{view.age_ms} > late) findings_.Add("FM-5-b", "outlives its lifetime");
  }
}

}  // namespace jvpn::sim
