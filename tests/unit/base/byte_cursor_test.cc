#include "base/byte_cursor.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

TEST(ByteReader, ReadsBigEndian) {
  const Bytes bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.U8(), 1);
  EXPECT_EQ(reader.U16(), 0x0203);
  EXPECT_EQ(reader.U32(), 0x04050607U);
  EXPECT_EQ(reader.U64(), 0x08090a0b0c0d0e0fU);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.rest().size(), 1U);
}

TEST(ByteReader, YieldsZerosForGoodOnceItRanOut) {
  const Bytes bytes = {1, 2, 3};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.U32(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.U8(), 0);  // although a byte was there
  EXPECT_EQ(reader.Array<2>(), (std::array<std::uint8_t, 2>{}));
  EXPECT_TRUE(reader.Take(1).empty());
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, TakesExactlyWhatIsLeft) {
  const Bytes bytes = {1, 2, 3};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.Take(3).size(), 3U);
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.Take(0).empty());
  EXPECT_TRUE(reader.ok());
}

TEST(ByteWriter, WritesWhatAReaderReads) {
  Bytes bytes(24, 0xff);
  ByteWriter writer(bytes);
  writer.U8(1);
  writer.U16(0x0203);
  writer.U32(0x04050607);
  writer.U64(0x08090a0b0c0d0e0f);
  writer.Zeros(4);
  writer.Copy(Bytes{16, 17});
  EXPECT_TRUE(writer.ok());
  EXPECT_EQ(writer.written(), 21U);
  EXPECT_EQ(bytes, (Bytes{1,  2,  3,  4, 5, 6, 7, 8,  9,  10,   11,   12,
                          13, 14, 15, 0, 0, 0, 0, 16, 17, 0xff, 0xff, 0xff}));
}

TEST(ByteWriter, WritesNothingMoreOnceItRanOut) {
  Bytes bytes(3, 0xff);
  ByteWriter writer(bytes);
  writer.U8(1);
  writer.U32(2);
  EXPECT_FALSE(writer.ok());
  writer.U8(3);
  EXPECT_EQ(writer.written(), 1U);
  EXPECT_EQ(bytes, (Bytes{1, 0xff, 0xff}));
}

TEST(ByteWriter, FillsItsBufferToTheLastByte) {
  Bytes bytes(8);
  ByteWriter writer(bytes);
  writer.U64(1);
  EXPECT_TRUE(writer.ok());
  writer.Zeros(0);
  EXPECT_TRUE(writer.ok());
}

}  // namespace
}  // namespace jvpn
