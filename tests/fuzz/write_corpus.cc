// write_corpus: writes the seed corpus, one real frame or one whole audit log a file. Run it by
// hand when the wire format or the events change, and commit what it wrote:
//
//   build/dev/tests/fuzz/write_corpus tests/fuzz/corpus
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/check.h"
#include "control/audit_events.h"
#include "control/audit_file.h"
#include "control/audit_log.h"
#include "control/session_record.h"
#include "store/record_seal.h"
#include "tests/support/seeded_random.h"
#include "tests/unit/session/timeline.h"
#include "wire/cookie_frame.h"
#include "wire/data_header.h"
#include "wire/handshake_frame.h"
#include "wire/link_frame.h"
#include "wire/path_frame.h"
#include "wire/session_control.h"

namespace jvpn {
namespace {

class Corpus {
 public:
  explicit Corpus(std::string directory) : directory_(std::move(directory)) {
    std::filesystem::create_directories(directory_);
  }
  void Add(const std::string& name, ByteView bytes) const {
    std::ofstream file(directory_ + "/" + name, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }

 private:
  std::string directory_;
};

const Token kToken{.instance = 0x1122334455667788, .time_ms = 123'456};
const ReceiveSums kSums{.judged = 1000, .arrived = 990};

std::vector<FlowIndex> Indices(std::uint32_t count) {
  std::vector<FlowIndex> indices;
  for (std::uint32_t i = 1; i <= count; ++i) indices.push_back(FlowIndex{i * 0x01030507});
  return indices;
}

// Header || plaintext || a tag of zeros.
Bytes DataFrame(ByteView plaintext) {
  Bytes frame(kDataOverheadBytes + plaintext.size());
  EncodeDataHeader({.key_phase = 1, .flow = FlowIndex{0x01abcdef}, .counter = 42}, frame.data());
  std::ranges::copy(plaintext, frame.begin() + kDataHeaderBytes);
  return frame;
}

void Append(Bytes& plaintext, const PathFrame& frame) {
  std::uint8_t encoded[64];
  const std::size_t size = EncodePathFrame(frame, encoded);
  plaintext.insert(plaintext.end(), encoded, encoded + size);
}

void WriteDataFrames(const Corpus& corpus) {
  const Probe probe{
      .sequence = 7, .sent_at = 99, .rtt_us = 20'000, .jitter_us = 300, .received = kSums};
  const ProbeReply reply{.sequence = 7, .sent_at = 99, .token = kToken, .received = kSums};
  const std::vector<std::pair<std::string, std::vector<PathFrame>>> plaintexts = {
      {"probe", {probe}},
      {"probe_reply", {reply}},
      {"challenge", {PathChallenge{0x0102030405060708}}},
      {"response", {PathResponse{0x0102030405060708}}},
      {"report", {PathReport{.transport = TransportId{1}, .sent = 400, .received = kSums}}},
      {"several", {probe, reply, PathResponse{5}, PathChallenge{6}}}};
  for (const auto& [name, frames] : plaintexts) {
    Bytes plaintext;
    for (const PathFrame& frame : frames) Append(plaintext, frame);
    corpus.Add(name, DataFrame(plaintext));
    plaintext.resize(plaintext.size() + 30);
    corpus.Add(name + "_padded", DataFrame(plaintext));
  }
  corpus.Add("empty", DataFrame({}));
  corpus.Add("inner_ipv4", DataFrame(Bytes(28, 0x45)));
}

void WriteHandshakes(const Corpus& corpus) {
  InitPayload init;
  init.timestamp = {0x40, 0, 0, 0, 0x65, 0x5e};
  init.this_transport = 1;
  init.suites = {1, 2, 3};
  init.flow_indices = Indices(3);
  const Bytes init_payload = EncodeInitPayload(init);
  corpus.Add("init_payload", init_payload);
  init.flow_indices = Indices(kMaxTransports);
  corpus.Add("init_payload_full", EncodeInitPayload(init));

  ResponsePayload response;
  response.session_id.bytes.fill(0xa5);
  response.suite = 1;
  response.inner_mtu = 1420;
  response.inner_v4 = *Prefix::Parse("10.64.0.9/32");
  response.inner_v6 = *Prefix::Parse("fd00::9/128");
  response.token = kToken;
  response.flow_indices = Indices(3);
  for (std::uint8_t i = 1; i <= 32; ++i) response.policy.emplace_back(i, i * 1000U);
  response.routes = {*Prefix::Parse("10.0.0.0/8"), *Prefix::Parse("fd00::/8")};
  const Bytes response_payload = EncodeResponsePayload(response);
  corpus.Add("response_payload", response_payload);
  response.inner_v6 = {};
  response.policy.clear();
  response.routes.clear();
  corpus.Add("response_payload_small", EncodeResponsePayload(response));
  ResponsePayload refusal;
  refusal.status = HandshakeStatus::kGatewayFull;
  corpus.Add("response_payload_refusal", EncodeResponsePayload(refusal));

  // Nothing is sealed here: what stands for the Noise message has the right length only.
  corpus.Add("init_frame", EncodeHandshakeFrame(FrameType::kHandshakeInit, 0xc0ffee,
                                                Bytes(96 + init_payload.size(), 0x3c)));
  Bytes proved = EncodeHandshakeFrame(FrameType::kHandshakeInit, 0xc0ffee,
                                      Bytes(96 + init_payload.size(), 0x3c));
  std::fill(proved.end() - kMacBytes, proved.end(), std::uint8_t{0x5a});
  corpus.Add("init_frame_with_mac2", proved);
  corpus.Add("response_frame", EncodeHandshakeFrame(FrameType::kHandshakeResponse, 0xc0ffee,
                                                    Bytes(48 + response_payload.size(), 0x3c)));
}

void WriteSessionControl(const Corpus& corpus) {
  SessionId id;
  id.bytes.fill(0xa5);
  const std::vector<std::pair<std::string, SessionMessage>> messages = {
      {"request", ReattachRequest{.cause = ReattachCause::kDead,
                                  .transport = TransportId{1},
                                  .binding_epoch = 3,
                                  .counter = 9,
                                  .session_id = id,
                                  .token = kToken}},
      {"ack", ReattachAck{.transport = TransportId{1}, .binding_epoch = 4, .counter = 9}},
      {"deny", ReattachDeny{.counter = 9, .token = {}}},
      {"solicit", Solicit{.cause = ReattachCause::kQuality,
                          .transport = TransportId{2},
                          .binding_epoch = 3,
                          .token = kToken}},
      {"close", Close{.reason = CloseReason::kOperatorTerminated, .counter = 10, .session_id = id}},
      {"knock", Knock{.value = 11}},
      {"check", Check{.value = 11}}};
  for (const auto& [name, message] : messages) {
    const Bytes plaintext = EncodeSessionMessage(message);
    Bytes frame(kControlOverheadBytes + plaintext.size());
    EncodeControlHeader({FlowIndex{0x01abcdef}}, frame.data());
    std::ranges::copy(plaintext, frame.begin() + kControlHeaderBytes + kControlNonceBytes);
    corpus.Add(name, frame);
  }
}

// A log as the gateway writes it, of a session to which `play` happens.
void WriteAuditLog(const std::string& path, const Policy& policy, void (*play)(Timeline&)) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::filesystem::remove(path);
  auto file = AuditFile::Open(path, [](const std::string& text) { std::puts(text.c_str()); });
  CHECK(file.ok());
  AuditLog log("gw", std::move(*file), {});
  Event opened = LogBoundary(EventType::kLogOpened, Instant{});
  opened.wall_clock = "2000-01-01T00:00:00Z";  // so that a corpus is the same each time
  log.Append(opened);
  log.Append(PolicyLoaded(policy, Instant{}));
  Timeline timeline(policy);
  timeline.Feed(0, AttachOk{kA});
  timeline.Learns(100, kB);
  play(timeline);
  for (const Event& event : timeline.events()) log.Append(event);
  CHECK(log.Stop() == 0);
}

void JumpAndDegrade(Timeline& t) {
  t.Dies(5'000, kA);
  t.Feed(5'040, Valid(kB));
  t.Feed(5'100, Replayed(kB));
  t.Loses(9'000, 35, 100);
  t.Dies(14'000, kB);
  t.Run(40'000);
}

void FailAndFlap(Timeline& t) {
  std::int64_t ms = 5'000;
  for (int i = 0; i < 4; ++i, ms += 8'000) {
    const TransportId from = i % 2 == 0 ? kA : kB;
    const TransportId to = i % 2 == 0 ? kB : kA;
    t.Dies(ms, from);
    if (i == 2) t.Feed(ms + 20, Invalid(to));
    t.Run(ms + 3'000);
    t.Feed(ms + 3'000, Valid(to));
    t.Learns(ms + 4'000, from);
  }
  t.Feed(ms, OperatorTerminate{});
}

void WriteAuditLogs(const std::string& directory) {
  WriteAuditLog(directory + "/jump", Policy::Reference(), JumpAndDegrade);
  WriteAuditLog(directory + "/flap", Policy::Default(), FailAndFlap);
}

// What fuzz_classify.cc knows as its own: the port, then the frame.
void WriteOuterHeaders(const Corpus& corpus) {
  const MacAddress wan{{2, 0, 0, 0, 0, 1}};
  const MacAddress router{{2, 0, 0, 0, 0, 9}};
  const auto add = [&](const std::string& name, std::uint8_t port, ByteView frame) {
    Bytes bytes{port};
    bytes.insert(bytes.end(), frame.begin(), frame.end());
    corpus.Add(name, bytes);
  };
  const auto datagram = [&](const char* from, const char* to, ByteView payload) {
    return BuildUdpFrame(wan, router,
                         {.source = {*IpAddress::Parse(from), 5000},
                          .destination = {*IpAddress::Parse(to), 4600},
                          .payload = payload});
  };
  const Bytes data = DataFrame(Bytes(28, 0x45));
  add("data_v4", 0, datagram("198.51.100.7", "192.0.2.1", data));
  add("data_v6", 0, datagram("2001:db8:9::7", "2001:db8::1", data));
  Bytes init(400);
  init[0] = 1;
  add("init", 0, datagram("198.51.100.7", "192.0.2.1", init));
  Bytes control(80);
  control[0] = 5;
  add("control", 0, datagram("198.51.100.7", "192.0.2.1", control));
  add("arp", 0,
      BuildEthernet(wan, router, EtherType::kArp,
                    BuildArp({.reply = false,
                              .sender_mac = router,
                              .sender = *IpAddress::Parse("192.0.2.254"),
                              .target_mac = {},
                              .target = *IpAddress::Parse("192.0.2.1")})));
  // The core port's frames bear a tag.
  Bytes inner = BuildUdpFrame(MacAddress{{2, 0, 0, 0, 0, 2}}, router,
                              {.source = {*IpAddress::Parse("10.0.0.9"), 1},
                               .destination = {*IpAddress::Parse("10.9.0.2"), 2},
                               .payload = data});
  const Bytes tag{0x81, 0x00, 0x00, 42};
  inner.insert(inner.begin() + 12, tag.begin(), tag.end());
  add("inner_tagged", 1, inner);
}

// Under the key and for the session of fuzz_record.cc.
void WriteRecords(const Corpus& corpus) {
  SeededRandom random(1);
  SessionId key;
  key.bytes.fill(0xa5);
  const RecordSeal seal{Secret32{}};
  corpus.Add("sealed", seal.Seal(key, {.state = State::kAttached, .state_version = 7},
                                 Bytes(100, 0x3c), random));
  corpus.Add("empty", seal.Seal(key, {}, {}, random));
}

void WriteSessionRecords(const Corpus& corpus) {
  SessionRecord record;
  record.saved_at = InstantMs{Millis{50'000}};
  record.inner.v4 = *IpAddress::Parse("10.8.0.2");
  record.inner.v6 = *IpAddress::Parse("fd00:8::2");
  record.snapshot.state = State::kRecovering;
  record.snapshot.version = 9;
  record.snapshot.target = TransportId{0};
  record.snapshot.commits = {InstantMs{Millis{20'000}}, InstantMs{Millis{30'000}}};
  record.snapshot.failures = record.snapshot.rebounds = record.snapshot.commits;
  record.recent_counters = {10, 12};
  record.transports.resize(2);
  record.transports[0].remote = {*IpAddress::Parse("198.51.100.7"), 5000};
  record.transports[1].local = {*IpAddress::Parse("2001:db8::1"), 4600};
  record.client_policy = {{1, 500}, {2, 900}};
  record.policy_id = "0123456789abcdef";
  corpus.Add("full", EncodeRecord(record));
}

// What a port brings the control core: WriteOuterHeaders() has the ARP request and the handshake.
void WriteLinkFrames(const Corpus& corpus) {
  const MacAddress wan{{2, 0, 0, 0, 0, 1}};
  const MacAddress router{{2, 0, 0, 0, 0, 9}};
  const IpAddress v4 = *IpAddress::Parse("192.0.2.1");
  const IpAddress v6 = *IpAddress::Parse("2001:db8::1");
  const IpAddress hop_v4 = *IpAddress::Parse("192.0.2.254");
  const IpAddress hop_v6 = *IpAddress::Parse("2001:db8::9");
  const auto add = [&](const std::string& name, EtherType type, ByteView payload) {
    corpus.Add(name, BuildEthernet(wan, router, type, payload));
  };
  const ArpPacket arp{
      .reply = true, .sender_mac = router, .sender = hop_v4, .target_mac = wan, .target = v4};
  add("arp", EtherType::kArp, BuildArp(arp));
  const Bytes body(20, 7);
  for (const std::uint8_t type : {kIcmpEchoRequest, kIcmpUnreachable}) {
    add("icmp_" + std::to_string(type), EtherType::kIpv4,
        BuildIcmp(hop_v4, v4, 64, {.type = type, .code = 4, .rest = 1280, .body = body}));
  }
  for (const std::uint8_t type : {kIcmpv6EchoRequest, kIcmpv6PacketTooBig}) {
    add("icmpv6_" + std::to_string(type), EtherType::kIpv6,
        BuildIcmp(hop_v6, v6, 64, {.type = type, .code = 0, .rest = 1280, .body = body}));
  }
  add("solicitation", EtherType::kIpv6,
      BuildNeighbor(hop_v6, SolicitedNodeGroup(v6), {.target = v6, .link_address = router}));
  add("advertisement", EtherType::kIpv6,
      BuildNeighbor(
          hop_v6, v6,
          {.advertisement = true, .solicited = true, .target = hop_v6, .link_address = router}));
  corpus.Add("datagram_v4", BuildUdpFrame(wan, router, {{hop_v4, 5000}, {v4, 4600}, body}));
  corpus.Add("datagram_v6", BuildUdpFrame(wan, router, {{hop_v6, 5000}, {v6, 4600}, body}));
}

}  // namespace
}  // namespace jvpn

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
    return 2;
  }
  const std::string root = argv[1];
  jvpn::Corpus(root + "/cookie")
      .Add("reply", jvpn::EncodeCookieFrame({.handshake_index = 0xc0ffee,
                                             .nonce = jvpn::Bytes(jvpn::kCookieNonceBytes, 0x11),
                                             .sealed = jvpn::Bytes(jvpn::kSealedCookieBytes, 9)}));
  jvpn::WriteDataFrames(jvpn::Corpus(root + "/data_frame"));
  jvpn::WriteHandshakes(jvpn::Corpus(root + "/handshake"));
  jvpn::WriteAuditLogs(root + "/audit");
  jvpn::WriteOuterHeaders(jvpn::Corpus(root + "/classify"));
  jvpn::WriteRecords(jvpn::Corpus(root + "/record"));
  jvpn::WriteSessionControl(jvpn::Corpus(root + "/session_control"));
  jvpn::WriteSessionRecords(jvpn::Corpus(root + "/session_record"));
  jvpn::WriteLinkFrames(jvpn::Corpus(root + "/link_frame"));
}
