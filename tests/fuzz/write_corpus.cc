// write_corpus: writes the seed corpus, one real frame a file. Run it by hand when the wire format
// changes, and commit what it wrote:
//
//   build/dev/tests/fuzz/write_corpus tests/fuzz/corpus
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "wire/data_header.h"
#include "wire/handshake_frame.h"
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
const ReceiveSums kSums{.next = 1000, .count = 990};

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
      {"deny", ReattachDeny{.counter = 9}},
      {"solicit", Solicit{.cause = ReattachCause::kQuality,
                          .transport = TransportId{2},
                          .binding_epoch = 3,
                          .token = kToken}},
      {"close",
       Close{.reason = CloseReason::kOperatorTerminated, .counter = 10, .session_id = id}}};
  for (const auto& [name, message] : messages) {
    const Bytes plaintext = EncodeSessionMessage(message);
    Bytes frame(kControlOverheadBytes + plaintext.size());
    EncodeControlHeader({FlowIndex{0x01abcdef}}, frame.data());
    std::ranges::copy(plaintext, frame.begin() + kControlHeaderBytes + kControlNonceBytes);
    corpus.Add(name, frame);
  }
}

}  // namespace
}  // namespace jvpn

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
    return 2;
  }
  const std::string root = argv[1];
  jvpn::WriteDataFrames(jvpn::Corpus(root + "/data_frame"));
  jvpn::WriteHandshakes(jvpn::Corpus(root + "/handshake"));
  jvpn::WriteSessionControl(jvpn::Corpus(root + "/session_control"));
}
