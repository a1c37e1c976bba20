#include "tests/sim/attacker.h"

#include <algorithm>

#include "wire/data_header.h"

namespace jvpn::sim {
namespace {

constexpr Duration kAtOnce{0};

}  // namespace

Endpoint Attacker::Nowhere() {
  const std::uint8_t address[] = {203, 0, 113, static_cast<std::uint8_t>(1 + dice_.Below(250))};
  return {IpAddress::V4(address), static_cast<std::uint16_t>(1024 + dice_.Below(60'000))};
}

Bytes Attacker::Noise(std::size_t size) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(dice_.Next());
  return bytes;
}

void Attacker::Replay(bool elsewhere) {
  const auto& seen = network_.recorded();
  if (seen.empty()) return;
  Network::Datagram copy = seen[dice_.Below(static_cast<std::uint32_t>(seen.size()))];
  if (elsewhere && copy.way == Way::kUp) copy.remote = Nowhere();
  if (copy.way == Way::kDown) copy.remote = network_.external(copy.client, copy.link);
  network_.Forge(std::move(copy), kAtOnce);
}

void Attacker::Inject(std::uint32_t client, std::uint32_t link) {
  const auto& seen = network_.recorded();
  if (seen.empty()) return;
  Network::Datagram forged = seen[dice_.Below(static_cast<std::uint32_t>(seen.size()))];
  if (forged.client != client || forged.link != link || forged.bytes.empty()) return;
  forged.remote = network_.external(client, link);
  const auto size = static_cast<std::uint32_t>(forged.bytes.size());
  switch (dice_.Below(4)) {
    case 0:
      forged.bytes[dice_.Below(size)] ^= static_cast<std::uint8_t>(1 + dice_.Below(255));
      break;
    case 1:
      forged.bytes.resize(dice_.Below(size));
      break;
    case 2:  // a header that fits, the rest noise
      for (std::size_t i = std::min<std::size_t>(size, 8); i < size; ++i) {
        forged.bytes[i] = static_cast<std::uint8_t>(dice_.Next());
      }
      break;
    case 3:  // a counter far ahead must not move the window
      if (size >= kDataHeaderBytes) StoreBe64(forged.bytes.data() + 8, dice_.Next());
      break;
  }
  network_.Forge(std::move(forged), kAtOnce);
}

void Attacker::Spoof(std::uint32_t client, std::uint32_t link) {
  const Way way = dice_.Chance(700) ? Way::kUp : Way::kDown;
  const Endpoint external = network_.external(client, link);
  Bytes bytes = Noise(dice_.OneOf<std::size_t>({1, 16, 32, 64, 80, 96, 148, 400, 1200}));
  bytes[0] = dice_.OneOf<std::uint8_t>({1, 2, 3, 4, 4, 5, 5, 9});
  if (bytes.size() >= 4) {
    bytes[1] = bytes[0] == 4 ? static_cast<std::uint8_t>(dice_.Below(4)) : 1;
    bytes[2] = bytes[3] = 0;
  }
  const bool known_source = way == Way::kDown || dice_.Chance(300);
  network_.Forge({way, client, link, known_source ? external : Nowhere(), std::move(bytes)},
                 kAtOnce);
}

}  // namespace jvpn::sim
