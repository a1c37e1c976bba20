#include "wire/session_control.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace jvpn {
namespace {

constexpr SessionId kSession{{0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa,
                              0xab, 0xac, 0xad, 0xae, 0xaf}};
constexpr Token kToken{.instance = 0x6162636465666768, .time_ms = 0x7172737475767778};

constexpr EpochRandom kRandom{0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88,
                              0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98};

const std::vector<SessionMessage> kOneOfEach = {
    ReattachRequest{.cause = ReattachCause::kQuality,
                    .transport = TransportId{16},
                    .binding_epoch = 0x01020304,
                    .counter = 0x1112131415161718,
                    .session_id = kSession,
                    .token = kToken,
                    .random = kRandom},
    ReattachAck{.transport = TransportId{1},
                .binding_epoch = 0x01020304,
                .counter = 0x1112131415161718,
                .key_epoch = KeyEpoch{0x21222324},
                .boot_epoch = 0x3132333435363738,
                .random = kRandom},
    ReattachDeny{.counter = 0x1112131415161718, .token = kToken},
    Solicit{.cause = ReattachCause::kDead,
            .transport = TransportId{2},
            .binding_epoch = 0x01020304,
            .token = kToken},
    Close{.reason = CloseReason::kHandshakeRejected,
          .counter = 0x1112131415161718,
          .session_id = kSession},
    Knock{.value = 0x1112131415161718},
    Check{.value = 0x1112131415161718},
};
constexpr std::size_t kSizes[] = {64, 44, 28, 24, 28, 12, 12};

TEST(SessionMessage, ReadsBackWhatItWrote) {
  for (std::size_t i = 0; i < kOneOfEach.size(); ++i) {
    const Bytes plaintext = EncodeSessionMessage(kOneOfEach[i]);
    EXPECT_EQ(plaintext.size(), kSizes[i]);
    EXPECT_EQ(DecodeSessionMessage(plaintext), kOneOfEach[i]);
  }
}

TEST(SessionMessage, HasTheLayoutOfTheProtocolText) {
  EXPECT_EQ(EncodeSessionMessage(kOneOfEach[0]),
            (Bytes{1,    2,    16,   0,    0x01, 0x02, 0x03, 0x04, 0x11, 0x12, 0x13, 0x14, 0x15,
                   0x16, 0x17, 0x18, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9,
                   0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67,
                   0x68, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x81, 0x82, 0x83, 0x84,
                   0x85, 0x86, 0x87, 0x88, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98}));
  EXPECT_EQ(EncodeSessionMessage(kOneOfEach[1]),
            (Bytes{2,    0,    1,    0,    1,    2,    3,    4,    0x11, 0x12, 0x13,
                   0x14, 0x15, 0x16, 0x17, 0x18, 0x21, 0x22, 0x23, 0x24, 0x31, 0x32,
                   0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x81, 0x82, 0x83, 0x84, 0x85,
                   0x86, 0x87, 0x88, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98}));
  EXPECT_EQ(
      EncodeSessionMessage(kOneOfEach[2]),
      (Bytes{3,    0,    0,    0,    0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x61, 0x62,
             0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78}));
  EXPECT_EQ(EncodeSessionMessage(kOneOfEach[6]),
            (Bytes{7, 0, 0, 0, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18}));
}

TEST(SessionMessage, IsRefusedAtAnyOtherLength) {
  for (const SessionMessage& message : kOneOfEach) {
    Bytes plaintext = EncodeSessionMessage(message);
    for (std::size_t size = 0; size < plaintext.size(); ++size) {
      EXPECT_FALSE(DecodeSessionMessage(ByteView(plaintext).first(size))) << size;
    }
    plaintext.push_back(0);
    EXPECT_FALSE(DecodeSessionMessage(plaintext));
  }
}

TEST(SessionMessage, IsRefusedWhenAnyReservedBitIsSet) {
  const std::vector<std::vector<std::size_t>> reserved = {{3},    {1, 3},    {1, 2, 3}, {3},
                                                          {2, 3}, {1, 2, 3}, {1, 2, 3}};
  for (std::size_t i = 0; i < kOneOfEach.size(); ++i) {
    for (const std::size_t byte : reserved[i]) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        Bytes plaintext = EncodeSessionMessage(kOneOfEach[i]);
        plaintext[byte] ^= static_cast<std::uint8_t>(1U << bit);
        EXPECT_FALSE(DecodeSessionMessage(plaintext)) << "message " << i << " byte " << byte;
      }
    }
  }
}

// Every value of one byte: exactly the first..last are taken.
void ExpectRange(Bytes plaintext, std::size_t byte, unsigned first, unsigned last) {
  for (unsigned value = 0; value < 256; ++value) {
    plaintext[byte] = static_cast<std::uint8_t>(value);
    EXPECT_EQ(DecodeSessionMessage(plaintext).has_value(), value >= first && value <= last)
        << "byte " << byte << " value " << value;
  }
}

TEST(SessionMessage, IsRefusedWhenAFieldIsOutOfItsRange) {
  ExpectRange(EncodeSessionMessage(kOneOfEach[0]), 1, 1, 2);                   // cause
  ExpectRange(EncodeSessionMessage(kOneOfEach[0]), 2, 0, kMaxTransports - 1);  // transport
  ExpectRange(EncodeSessionMessage(kOneOfEach[1]), 2, 0, kMaxTransports - 1);
  ExpectRange(EncodeSessionMessage(kOneOfEach[3]), 1, 1, 3);  // SOLICIT: restart, too
  ExpectRange(EncodeSessionMessage(kOneOfEach[3]), 2, 0, kMaxTransports - 1);
  ExpectRange(EncodeSessionMessage(kOneOfEach[4]), 1, 1, 8);  // reason
}

TEST(SessionMessage, OfAnUnknownTypeIsRefused) {
  for (const std::size_t size : kSizes) {
    for (const unsigned type : {0U, 8U, 255U}) {
      Bytes plaintext(size);
      plaintext[0] = static_cast<std::uint8_t>(type);
      EXPECT_FALSE(DecodeSessionMessage(plaintext));
    }
  }
}

Bytes Frame(std::size_t message_bytes) {
  Bytes frame(kControlOverheadBytes + message_bytes);
  EncodeControlHeader({FlowIndex{0xa1a2a3a4}}, frame.data());
  return frame;
}

TEST(ControlHeader, ReadsBackWhatItWrote) {
  const Bytes frame = Frame(48);
  EXPECT_EQ(Bytes(frame.begin(), frame.begin() + 8), (Bytes{5, 1, 0, 0, 0xa1, 0xa2, 0xa3, 0xa4}));
  ASSERT_TRUE(DecodeControlHeader(frame));
  EXPECT_EQ(DecodeControlHeader(frame)->flow, FlowIndex{0xa1a2a3a4});
}

TEST(ControlHeader, IsRefusedWhenNoMessageHasThatLength) {
  for (std::size_t bytes = 0; bytes < 80; ++bytes) {
    EXPECT_EQ(DecodeControlHeader(Frame(bytes)).has_value(), bytes >= 12 && bytes <= 64) << bytes;
  }
  const Bytes frame = Frame(48);
  for (std::size_t size = 0; size < kControlOverheadBytes + 12; ++size) {
    EXPECT_FALSE(DecodeControlHeader(ByteView(frame).first(size)));
  }
}

TEST(ControlHeader, IsRefusedWhenTypeVersionOrReservedBitsDiffer) {
  for (unsigned bit = 0; bit < 32; ++bit) {
    Bytes frame = Frame(48);
    frame[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    EXPECT_FALSE(DecodeControlHeader(frame)) << bit;
  }
}

}  // namespace
}  // namespace jvpn
