// Target: the header of a data frame and, as if its tag had verified, the path frames in it.
#include <algorithm>

#include "base/check.h"
#include "tests/fuzz/fuzz_target.h"
#include "wire/data_header.h"
#include "wire/path_frame.h"

namespace jvpn {
namespace {

void CheckHeader(const DataHeader& header, ByteView frame) {
  std::uint8_t again[kDataHeaderBytes];
  EncodeDataHeader(header, again);
  CHECK(std::ranges::equal(again, frame.first(kDataHeaderBytes)));
}

bool ReadPathFrames(ByteView plaintext) {
  Bytes again;
  PathFrameReader reader(plaintext);
  while (const auto frame = reader.Next()) {
    std::uint8_t encoded[64];
    const std::size_t size = EncodePathFrame(*frame, encoded);
    CHECK(size != 0);
    again.insert(again.end(), encoded, encoded + size);
    CHECK(again.size() <= plaintext.size());
  }
  if (reader.malformed()) return false;
  again.resize(plaintext.size());  // padding
  CHECK(std::ranges::equal(again, plaintext));
  return true;
}

}  // namespace

bool FuzzTarget(ByteView input) {
  const auto header = DecodeDataHeader(input);
  if (!header) return false;
  CheckHeader(*header, input);
  const ByteView plaintext = input.subspan(kDataHeaderBytes, input.size() - kDataOverheadBytes);
  return IsInnerPacket(plaintext) || ReadPathFrames(plaintext);
}

}  // namespace jvpn
