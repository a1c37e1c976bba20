#include "wire/path_frame.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

const std::vector<PathFrame> kOneOfEach = {
    Probe{.sequence = 0x01020304,
          .sent_at = 0x1112131415161718,
          .rtt_us = 0x21222324,
          .jitter_us = 0x31323334,
          .p95_us = 0x35363738,
          .received = {.judged = 0x4142434445464748, .arrived = 0x5152535455565758}},
    ProbeReply{.suspect = true,
               .sequence = 0x01020304,
               .sent_at = 0x1112131415161718,
               .token = {.instance = 0x6162636465666768, .time_ms = 0x7172737475767778},
               .received = {.judged = 0x4142434445464748, .arrived = 0x5152535455565758}},
    PathChallenge{0x8182838485868788},
    PathResponse{0x9192939495969798},
    PathReport{.transport = TransportId{3},
               .sent = 0xa1a2a3a4a5a6a7a8,
               .received = {.judged = 0x4142434445464748, .arrived = 0x5152535455565758}},
};

Bytes Encode(const PathFrame& frame) {
  Bytes to(64);
  to.resize(EncodePathFrame(frame, to));
  return to;
}

std::optional<PathFrame> DecodeOne(ByteView plaintext) {
  PathFrameReader reader(plaintext);
  auto frame = reader.Next();
  if (reader.Next() || reader.malformed()) return std::nullopt;
  return frame;
}

TEST(PathFrame, ReadsBackWhatItWrote) {
  for (const PathFrame& frame : kOneOfEach) EXPECT_EQ(DecodeOne(Encode(frame)), frame);
}

TEST(PathFrame, HasTheLayoutOfTheProtocolText) {
  EXPECT_EQ(Encode(kOneOfEach[0]),
            (Bytes{1,    0,    0,    0,    0x01, 0x02, 0x03, 0x04, 0x11, 0x12, 0x13,
                   0x14, 0x15, 0x16, 0x17, 0x18, 0x21, 0x22, 0x23, 0x24, 0x31, 0x32,
                   0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x41, 0x42, 0x43, 0x44, 0x45,
                   0x46, 0x47, 0x48, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58}));
  EXPECT_EQ(Encode(kOneOfEach[0]).size(), kProbeBytes);
  EXPECT_EQ(Encode(kOneOfEach[1]).size(), kProbeReplyBytes);
  EXPECT_EQ(Encode(kOneOfEach[2]), (Bytes{3, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88}));
  EXPECT_EQ(Encode(kOneOfEach[3]).size(), kPathChallengeFrameBytes);
  EXPECT_EQ(
      Encode(kOneOfEach[4]),
      (Bytes{5,    3,    0,    0,    0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0x41, 0x42,
             0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58}));
  EXPECT_EQ(Encode(kOneOfEach[4]).size(), kPathReportBytes);
}

TEST(PathFrame, WritesNothingWhereItDoesNotFit) {
  for (const PathFrame& frame : kOneOfEach) {
    Bytes small(Encode(frame).size() - 1);
    EXPECT_EQ(EncodePathFrame(frame, small), 0U);
  }
}

TEST(PathFrame, IsRefusedWhenCutAnywhere) {
  for (const PathFrame& frame : kOneOfEach) {
    const Bytes whole = Encode(frame);
    for (std::size_t size = 1; size < whole.size(); ++size) {
      PathFrameReader reader(ByteView(whole).first(size));
      EXPECT_FALSE(reader.Next());
      EXPECT_TRUE(reader.malformed()) << "type " << int{whole[0]} << " cut to " << size;
    }
  }
}

TEST(PathFrame, IsRefusedWhenAnyReservedBitIsSet) {
  // Of PROBE_REPLY's second byte bit 0 means something; PATH_REPORT's is a transport.
  for (const auto& [index, first] : {std::pair(0U, 8U), {1U, 9U}, {4U, 16U}}) {
    for (unsigned bit = first; bit < 32; ++bit) {
      Bytes frame = Encode(kOneOfEach[index]);
      frame[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      PathFrameReader reader(frame);
      EXPECT_FALSE(reader.Next());
      EXPECT_TRUE(reader.malformed()) << "bit " << bit;
    }
  }
}

TEST(PathFrame, OfAnUnknownTypeIsRefused) {
  for (unsigned type = 6; type < 256; ++type) {
    Bytes frame(64);
    frame[0] = static_cast<std::uint8_t>(type);
    PathFrameReader reader(frame);
    EXPECT_FALSE(reader.Next());
    EXPECT_TRUE(reader.malformed()) << type;
  }
}

TEST(PathFrameReader, WalksSeveralFramesAndThePaddingBehindThem) {
  Bytes plaintext;
  for (const PathFrame& frame : kOneOfEach) {
    const Bytes encoded = Encode(frame);
    plaintext.insert(plaintext.end(), encoded.begin(), encoded.end());
  }
  plaintext.resize(1168);
  PathFrameReader reader(plaintext);
  for (const PathFrame& frame : kOneOfEach) EXPECT_EQ(reader.Next(), frame);
  EXPECT_FALSE(reader.Next());
  EXPECT_FALSE(reader.malformed());
}

TEST(PathFrameReader, RefusesPaddingThatIsNotZero) {
  for (std::size_t at = 1; at < 16; ++at) {
    Bytes plaintext(16);
    plaintext[at] = 1;
    PathFrameReader reader(plaintext);
    EXPECT_FALSE(reader.Next());
    EXPECT_TRUE(reader.malformed());
  }
}

TEST(PathFrameReader, FindsNothingInAnEmptyPlaintext) {
  PathFrameReader reader({});
  EXPECT_FALSE(reader.Next());
  EXPECT_FALSE(reader.malformed());
}

TEST(PathFrameReader, StaysAtTheEndOnceItIsMalformed) {
  Bytes plaintext = {9};
  const Bytes good = Encode(kOneOfEach[2]);
  plaintext.insert(plaintext.end(), good.begin(), good.end());
  PathFrameReader reader(plaintext);
  EXPECT_FALSE(reader.Next());
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(reader.malformed());
}

TEST(InnerPacket, IsToldByItsFirstNibble) {
  for (unsigned first = 0; first < 256; ++first) {
    const std::uint8_t plaintext[] = {static_cast<std::uint8_t>(first)};
    EXPECT_EQ(IsInnerPacket(plaintext), first >> 4 == 4 || first >> 4 == 6) << first;
  }
  EXPECT_FALSE(IsInnerPacket({}));
}

}  // namespace
}  // namespace jvpn
