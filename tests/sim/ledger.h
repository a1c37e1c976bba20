// Ledger: every inner packet of a run: made once, delivered at most once, to the right side, whole.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "tests/sim/findings.h"
#include "tests/sim/network.h"
#include "wire/ip_address.h"

namespace jvpn::sim {

inline const IpAddress kHost = *IpAddress::Parse("10.0.0.9");

class Ledger {
 public:
  explicit Ledger(Findings& findings) : findings_(findings) {}

  // A new packet between a client's inner address and the host.
  Bytes Make(std::uint32_t client, Way way, const IpAddress& inner, std::size_t payload);
  void Delivered(std::uint32_t client, Way way, ByteView packet);

  // Which packet this is; nullopt when it is none of ours.
  static std::optional<std::uint32_t> NumberOf(ByteView packet);

  std::uint32_t made() const { return static_cast<std::uint32_t>(entries_.size()); }
  std::uint32_t client(std::uint32_t number) const { return entries_[number].client; }
  bool delivered(std::uint32_t number) const { return entries_[number].delivered; }

 private:
  struct Entry {
    std::uint32_t client = 0;
    Way way{};
    std::uint32_t bytes = 0;
    bool delivered = false;
  };
  Findings& findings_;
  std::vector<Entry> entries_;
};

}  // namespace jvpn::sim
