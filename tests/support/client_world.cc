#include "tests/support/client_world.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "crypto/sodium_random.h"

namespace jvpn {
namespace {

using std::chrono::milliseconds;

// Any point but zero, so that a forgotten start shows.
constexpr Instant kStart{std::chrono::seconds(1000)};

Endpoint GatewayEndpoint(std::uint32_t transport) {
  const std::uint8_t address[] = {198, 51, 100, static_cast<std::uint8_t>(transport + 1)};
  return {IpAddress::V4(address), 4600};
}

}  // namespace

ClientWorld::ClientWorld(std::size_t transports, std::uint64_t seed)
    : random_(seed), wires_(transports), moves_(transports), up_(transports, true), now_(kStart) {
  InitCrypto();
  engine_ = std::move(*AeadEngine::Create(AeadEngine::Sharing::kProcess));
  client_key_ = KeyPair::Generate(random_);
  gateway_key_ = KeyPair::Generate(random_);
  random_.Fill(psk_.writable());
  gateway_ = std::make_unique<TestGateway>(gateway_key_, psk_, *engine_, random_);
}

Instant ClientWorld::Now() const { return now_; }

Endpoint ClientWorld::client_endpoint(std::uint32_t transport) const {
  const std::uint8_t address[] = {192, 0, 2, static_cast<std::uint8_t>(transport + 1)};
  return {IpAddress::V4(address), static_cast<std::uint16_t>(40000 + moves_[transport])};
}

void ClientWorld::Start() {
  std::vector<TransportSetup> setups;
  for (std::uint32_t i = 0; i < wires_.size(); ++i) {
    setups.push_back({GatewayEndpoint(i), up_[i]});
  }
  ClientIdentity identity;
  identity.key = client_key_;
  identity.gateway = gateway_key_.public_key;
  if (!wrong_psk_) identity.preshared_key = psk_;
  const WallClock wall{std::chrono::seconds(1'700'000'000), now_};
  client_ =
      std::make_unique<ClientSession>(std::move(identity), setups, wall, *engine_, random_, now_);
}

void ClientWorld::Log(const std::string& line) {
  log_ += std::to_string(now_ms_) + ' ' + line + '\n';
}

std::string ClientWorld::TakeLog() { return std::exchange(log_, {}); }

void ClientWorld::Drain(ClientOutput& out) {
  for (SendDatagram& datagram : out.datagrams) {
    const std::uint32_t transport = Value(datagram.transport);
    sent_.push_back({now_ms_, transport, datagram.bytes});
    if (!wires_[transport].to_gateway || wires_[transport].up.Take()) continue;
    flights_.emplace(
        now_ + wires_[transport].delay,
        Flight{true, transport, client_endpoint(transport), std::move(datagram.bytes)});
  }
  for (Bytes& packet : out.packets) delivered_.push_back(std::move(packet));
  for (const ClientNotice& notice : out.notices) {
    if (const auto* emit = std::get_if<Emit>(&notice)) Log(ToText(emit->event));
    if (const auto* configure = std::get_if<Configure>(&notice)) configured_ = *configure;
    if (const auto* attached = std::get_if<Attached>(&notice)) {
      Log("Attached " + std::to_string(Value(attached->transport)));
    }
    if (const auto* ended = std::get_if<Ended>(&notice)) {
      CHECK(!ended_);
      ended_ = *ended;
      Log("Ended " + std::string(Name(ended->reason)));
    }
  }
  out.Clear();
}

std::uint32_t ClientWorld::TransportOf(const TestGateway::Datagram& datagram) const {
  return static_cast<std::uint32_t>(datagram.local.address.bytes[3] - 1);
}

void ClientWorld::FromGateway(const TestGateway::Datagrams& datagrams) {
  for (const TestGateway::Datagram& datagram : datagrams) {
    const std::uint32_t transport = TransportOf(datagram);
    received_.push_back(datagram.bytes);
    // What goes to an address that the client has left gets lost.
    if (!wires_[transport].to_client || datagram.remote != client_endpoint(transport)) continue;
    if (wires_[transport].down.Take()) continue;
    flights_.emplace(now_ + wires_[transport].delay,
                     Flight{false, transport, datagram.local, datagram.bytes});
  }
}

void ClientWorld::Arrive(Flight flight) {
  if (flight.to_gateway) {
    return FromGateway(gateway_->OnDatagram(now_, GatewayEndpoint(flight.transport), flight.source,
                                            std::move(flight.bytes)));
  }
  if (!up_[flight.transport]) return;
  Inject(flight.transport, std::move(flight.bytes), flight.source);
}

void ClientWorld::Inject(std::uint32_t transport, Bytes bytes, std::optional<Endpoint> source) {
  ClientOutput out;
  client_->OnDatagram(now_, TransportId{transport}, source.value_or(GatewayEndpoint(transport)),
                      bytes, out);
  Drain(out);
}

Instant ClientWorld::NextEvent() const {
  const Instant tick = std::max(client_->NextDeadline(), now_);
  return flights_.empty() ? tick : std::min(tick, flights_.begin()->first);
}

void ClientWorld::Run(std::int64_t until_ms) {
  if (client_ == nullptr) Start();
  const Instant until = kStart + milliseconds(until_ms);
  int turns_now = 0;
  while (NextEvent() <= until) {
    const Instant next = NextEvent();
    turns_now = next == now_ ? turns_now + 1 : 0;
    CHECK(turns_now < 200);  // a deadline that a tick does not move is a bug
    now_ = next;
    now_ms_ = std::chrono::floor<milliseconds>(now_ - kStart).count();
    while (!flights_.empty() && flights_.begin()->first <= now_) {
      Flight flight = std::move(flights_.begin()->second);
      flights_.erase(flights_.begin());
      Arrive(std::move(flight));
    }
    ClientOutput out;
    if (client_->NextDeadline() <= now_) client_->OnTick(now_, out);
    Drain(out);
  }
  now_ = until;
  now_ms_ = until_ms;
}

void ClientWorld::RunLoaded(std::int64_t until_ms) {
  for (std::int64_t ms = now_ms_; ms < until_ms; ms += 10) {
    Run(ms);
    SendInner();
    ReceiveInner(Value(gateway_->bound()));
  }
  Run(until_ms);
}

void ClientWorld::RunUntilReady() {
  Run(1000);
  for (const ClientTransportView& t : View().transports) CHECK(t.validated && t.fresh);
  TakeLog();
}

void ClientWorld::Link(std::uint32_t transport, LinkEvent event) {
  up_[transport] = event != LinkEvent::kDown;
  if (event == LinkEvent::kNewAddress) ++moves_[transport];
  if (client_ == nullptr) return;
  ClientOutput out;
  const LinkChange change{TransportId{transport}, event};
  client_->OnLink(now_, std::span<const LinkChange>(&change, 1), out);
  Drain(out);
}

Bytes ClientWorld::InnerPacket(std::size_t size) {
  Bytes packet(size);
  packet[0] = 0x45;
  StoreBe16(packet.data() + 2, static_cast<std::uint16_t>(size));
  return packet;
}

void ClientWorld::SendInner(std::size_t size) {
  ClientOutput out;
  client_->OnInnerPacket(now_, InnerPacket(size), out);
  Drain(out);
}

void ClientWorld::ReceiveInner(std::uint32_t transport, std::size_t size) {
  FromGateway(gateway_->SendInner(TransportId{transport}, InnerPacket(size)));
}

void ClientWorld::Terminate() {
  ClientOutput out;
  client_->Terminate(now_, out);
  Drain(out);
}

std::size_t ClientWorld::CountSent(std::uint32_t transport, FrameType type) const {
  return static_cast<std::size_t>(std::count_if(sent_.begin(), sent_.end(), [&](const Sent& s) {
    return s.transport == transport && s.bytes[0] == static_cast<std::uint8_t>(type);
  }));
}

}  // namespace jvpn
