// ControlFixture: a ControlCore with hand-driven workers and one or more peers, in virtual time.
//
// Time moves in steps of 1 ms; each step is one turn of the control core and one of every worker.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "control/control_core.h"
#include "store/memory_store.h"
#include "tests/support/seeded_random.h"
#include "tests/support/test_peer.h"
#include "tests/support/test_worker.h"
#include "wire/path_frame.h"

namespace jvpn {

class RecordedEvents final : public EventSink {
 public:
  void Append(const Event& event) override {
    texts_.push_back(ToText(event));
    all_.push_back(event);
  }
  std::vector<std::string> Take() { return std::exchange(texts_, {}); }
  const std::vector<Event>& all() const { return all_; }

 private:
  std::vector<Event> all_;
  std::vector<std::string> texts_;
};

class ControlFixture : public testing::Test {
 protected:
  static constexpr std::size_t kTransports = 3;
  static constexpr std::uint64_t kInstance = 0x1122334455667788;

  // Call once, in the constructor of the test's class or first in the test.
  void Start(std::size_t worker_count, const Policy& policy, std::size_t peer_count = 1,
             std::uint32_t max_sessions = 8) {
    config.node_id = "gw1";
    config.identity = KeyPair::Generate(random);
    config.wan = {MacAddress{{2, 0, 0, 0, 0, 1}},
                  {*Prefix::Parse("192.0.2.1/24")},
                  {*IpAddress::Parse("192.0.2.254")}};
    config.core = {MacAddress{{2, 0, 0, 0, 0, 2}}, {*Prefix::Parse("10.0.0.1/24")}, {}};
    config.inner_v4_pool = *Prefix::Parse("10.9.0.0/24");
    config.max_sessions = max_sessions;
    config.transports_per_session = 4;
    config.token_instance = kInstance;
    for (std::size_t i = 0; i < peer_count; ++i) {
      peers.push_back(std::make_unique<TestPeer>(random, config.identity.public_key, kTransports));
      PeerConfig peer;
      peer.name = "peer" + std::to_string(i);
      peer.public_key = peers.back()->public_key();
      peer.policy = std::make_shared<const Policy>(policy);
      config.peers.push_back(peer);
    }
    Boot(worker_count);
  }

  // The process dies and another one begins `downtime` later, on the same disk.
  void Restart(Millis downtime = Millis(300)) {
    const std::size_t worker_count = workers.size();
    core.reset();
    workers.clear();
    lanes.clear();
    now += downtime;
    ++config.token_instance;
    Boot(worker_count);
  }

  void Boot(std::size_t worker_count) {
    std::vector<Lane*> raw;
    for (std::size_t i = 0; i < worker_count; ++i) {
      lanes.push_back(std::make_unique<Lane>());
      raw.push_back(lanes.back().get());
      workers.push_back(std::make_unique<TestWorker>(*lanes.back()));
    }
    store = std::make_unique<MemoryStore>(disk);
    persistence.store = store.get();
    core = std::make_unique<ControlCore>(config, raw, random, events, now,
                                         keeps_sessions ? &persistence : nullptr);
    Run(1);
    // The next hop answers its first ARP request.
    worker().GiveLink(PortSide::kWan,
                      BuildEthernet(config.wan.mac, kNextHopMac, EtherType::kArp,
                                    BuildArp({.reply = true,
                                              .sender_mac = kNextHopMac,
                                              .sender = *IpAddress::Parse("192.0.2.254"),
                                              .target_mac = config.wan.mac,
                                              .target = *IpAddress::Parse("192.0.2.1")})));
    Run(1);
    for (auto& each : workers) {
      each->links.clear();
      each->log.clear();
    }
  }

  TestWorker& worker(std::size_t index = 0) { return *workers[index]; }
  TestPeer& peer(std::size_t index = 0) { return *peers[index]; }

  void Run(std::int64_t ms) {
    for (std::int64_t i = 0; i < ms; ++i) {
      now += Millis(1);
      core->Turn(now);
      for (auto& each : workers) each->Work();
    }
  }
  std::uint64_t NowMs() const {
    return static_cast<std::uint64_t>(FloorMs(now).time_since_epoch().count());
  }
  // Where transport k of peer p sends from: behind the next hop.
  static Endpoint Remote(std::size_t transport, std::size_t p = 0) {
    return {*IpAddress::Parse("198.51.100." + std::to_string(10 * (p + 1) + transport)),
            static_cast<std::uint16_t>(5000 + transport)};
  }
  Endpoint Local() const { return {*IpAddress::Parse("192.0.2.1"), 4600}; }
  std::uint64_t Dropped(DropReason reason) const {
    return core->drops()[static_cast<std::size_t>(reason)];
  }
  // All frames to peers since the last call, by any worker.
  std::vector<TestWorker::Datagram> Datagrams() {
    std::vector<TestWorker::Datagram> all;
    for (auto& each : workers) {
      for (auto& datagram : each->TakeDatagrams()) all.push_back(std::move(datagram));
    }
    return all;
  }

  void GiveInit(std::uint64_t timestamp, std::size_t p = 0) {
    worker().GiveDatagram(Remote(0, p), Local(), peer(p).Init(timestamp));
  }
  // The handshake up to the response.
  void Handshake(std::uint64_t timestamp, std::size_t p = 0) {
    GiveInit(timestamp, p);
    Run(2);
    const auto answers = Datagrams();
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].to, Remote(0, p));
    ASSERT_TRUE(peer(p).ReadResponse(answers[0].payload));
    ASSERT_EQ(peer(p).response().status, HandshakeStatus::kAccepted);
  }
  std::size_t OwnerOf(std::size_t p = 0) {
    return Value(peer(p).response().flow_indices[0].owner());
  }
  SessionSlot SlotOf(std::size_t p = 0) {
    for (const auto& [slot, program] : worker(OwnerOf(p)).sessions) {
      if (program.transports[0].rx_index == peer(p).response().flow_indices[0]) return slot;
    }
    ADD_FAILURE() << "no program of peer " << p;
    return SessionSlot{};
  }
  void Hear(std::size_t transport, std::size_t p = 0) {
    worker(OwnerOf(p))
        .GiveLife(SlotOf(p), static_cast<TransportId>(transport), HealthSignal::Life::kFresh, now);
  }
  void FallSilent(std::size_t transport, Instant heard, std::size_t p = 0) {
    worker(OwnerOf(p))
        .GiveLife(SlotOf(p), static_cast<TransportId>(transport), HealthSignal::Life::kSilent,
                  heard);
  }
  // Handshake and the first data frame.
  void Attach(std::uint64_t timestamp, std::size_t p = 0) {
    ASSERT_NO_FATAL_FAILURE(Handshake(timestamp, p));
    Hear(0, p);
    Run(3);
    ASSERT_EQ(StateOf(p), "ATTACHED");
  }
  // Validates a standby as docs/wire.md 5.3 says; it is fresh then.
  void Validate(std::size_t transport, std::size_t p = 0) {
    const auto id = static_cast<TransportId>(transport);
    TestWorker& owner = worker(OwnerOf(p));
    owner.TakeSealed();
    Bytes plaintext(kPathChallengeBytes - kDataOverheadBytes);
    EncodePathFrame(PathChallenge{.value = 77}, plaintext);
    Hear(transport, p);
    owner.GivePathFrames(SlotOf(p), id, Remote(transport, p), Local(), plaintext);
    Run(2);
    const auto answers = owner.TakeSealed();
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].remote, Remote(transport, p));
    EXPECT_EQ(answers[0].plaintext.size, plaintext.size());
    const auto challenge = ChallengeIn(answers[0]);
    ASSERT_TRUE(challenge);
    GiveResponse(transport, Remote(transport, p), *challenge, p);
    Run(2);
  }
  static std::optional<std::uint64_t> ChallengeIn(const SendSealed& sealed) {
    PathFrameReader reader(sealed.plaintext.view());
    while (const auto frame = reader.Next()) {
      if (const auto* challenge = std::get_if<PathChallenge>(&*frame)) return challenge->value;
    }
    return std::nullopt;
  }
  void GiveResponse(std::size_t transport, const Endpoint& remote, std::uint64_t value,
                    std::size_t p = 0) {
    std::array<std::uint8_t, kPathChallengeFrameBytes> plaintext{};
    EncodePathFrame(PathResponse{.value = value}, plaintext);
    worker(OwnerOf(p))
        .GivePathFrames(SlotOf(p), static_cast<TransportId>(transport), remote, Local(), plaintext);
  }
  // Sends a session control frame on a transport, from where that transport is.
  void GiveControl(std::size_t transport, ByteView frame, std::size_t p = 0) {
    worker(OwnerOf(p)).GiveDatagram(Remote(transport, p), Local(), frame);
  }

  std::string StateOf(std::size_t p = 0) {
    const auto view = core->FindSession(peer(p).response().session_id, now);
    return view ? std::string(Name(view->state)) : "none";
  }
  // "ack 1 epoch 2" and the like, of all control frames sent to a peer since the last call.
  std::vector<std::string> Messages(std::size_t p = 0) {
    std::vector<std::string> texts;
    for (const auto& datagram : Datagrams()) {
      const auto message = peer(p).Open(datagram.payload);
      texts.push_back((message ? Text(*message) : "unreadable") + " to " +
                      datagram.to.address.ToString());
    }
    return texts;
  }
  static std::string Text(const SessionMessage& message) {
    if (const auto* ack = std::get_if<ReattachAck>(&message)) {
      return "ack " + std::to_string(ack->counter) + " transport " +
             std::to_string(Value(ack->transport)) + " epoch " + std::to_string(ack->binding_epoch);
    }
    if (const auto* deny = std::get_if<ReattachDeny>(&message)) {
      return "deny " + std::to_string(deny->counter);
    }
    if (const auto* solicit = std::get_if<Solicit>(&message)) {
      const bool restart = solicit->cause == ReattachCause::kRestart;
      return std::string(restart ? "call" : "solicit") + " transport " +
             std::to_string(Value(solicit->transport)) + " epoch " +
             std::to_string(solicit->binding_epoch);
    }
    if (const auto* close = std::get_if<Close>(&message)) {
      return "close " + std::to_string(static_cast<int>(close->reason));
    }
    if (std::holds_alternative<Check>(message)) return "check";
    return "request";
  }

  static constexpr MacAddress kNextHopMac{{2, 0, 0, 0, 0, 0xfe}};

  SeededRandom random{7};
  RecordedEvents events;
  Instant now{Millis(100'000)};
  ControlConfig config;
  std::vector<std::unique_ptr<TestPeer>> peers;
  std::vector<std::unique_ptr<Lane>> lanes;
  std::vector<std::unique_ptr<TestWorker>> workers;
  // What survives a restart; only with `keeps_sessions`, to be set before Start().
  bool keeps_sessions = false;
  MemoryDisk disk;
  std::unique_ptr<MemoryStore> store;
  Persistence persistence;
  std::unique_ptr<ControlCore> core;
};

using Texts = std::vector<std::string>;

}  // namespace jvpn
