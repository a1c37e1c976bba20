// Network: the links between clients and gateway: what is sent arrives later, changed, twice or not
// at all, and every datagram is accounted for.
//
// Each link ends in a NAT at the client's side: the gateway sees its external endpoint only.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "tests/sim/dice.h"
#include "tests/sim/findings.h"
#include "tests/sim/schedule.h"
#include "tests/sim/trace.h"
#include "wire/ip_address.h"

namespace jvpn::sim {

enum class Way : std::uint8_t { kUp, kDown };  // to the gateway, to the client

// What one way of a link does to datagrams. The steps in force are added up into one of these.
struct Conditions {
  Duration delay{};
  Duration jitter{};
  std::uint32_t loss = 0;         // permille
  std::uint32_t burst_loss = 0;   // permille of datagrams that begin a burst
  std::uint32_t largest = 65535;  // bytes; longer ones are lost
  Duration reorder{};             // a tenth of the datagrams comes this much later
  std::uint32_t duplicate = 0;    // permille
  std::uint32_t corrupt = 0;      // permille: one bit
  std::uint32_t truncate = 0;     // permille
  bool black = false;
  bool no_control = false;
  bool no_handshake = false;
  std::optional<Duration> held_until;          // everything
  std::optional<Duration> control_held_until;  // session control frames only
};

enum class NetFate : std::uint8_t {
  kDelivered,
  kLost,
  kBurst,
  kTooLarge,
  kBlack,
  kFiltered,
  kUnmapped,  // no NAT mapping leads there any more
  kLinkDown,
  kCount,
};

class Network {
 public:
  struct Datagram {
    Way way{};
    std::uint32_t client = 0;
    std::uint32_t link = 0;
    Endpoint remote;  // up: where the gateway sees it come from; down: where it was sent to
    Bytes bytes;
  };

  Network(const Schedule& schedule, Trace& trace);

  void FromClient(std::uint32_t client, std::uint32_t link, Bytes bytes);
  void FromGateway(const Endpoint& to, Bytes bytes);
  // An attacker's datagram: arrives as it is, after `delay`.
  void Forge(Datagram datagram, Duration delay);

  std::optional<Duration> NextArrival() const;
  // The next datagram that is due now.
  std::optional<Datagram> Take();

  Conditions& conditions(std::uint32_t client, std::uint32_t link, Way way) {
    return at(client, link).ways[static_cast<std::size_t>(way)];
  }
  void SetUp(std::uint32_t client, std::uint32_t link, bool up) { at(client, link).up = up; }
  bool up(std::uint32_t client, std::uint32_t link) { return at(client, link).up; }
  // The NAT forgets its mapping and makes another: a new port, or a new address as well.
  void Rebind(std::uint32_t client, std::uint32_t link, bool new_address);
  const Endpoint& external(std::uint32_t client, std::uint32_t link) {
    return at(client, link).external;
  }

  // The last datagrams that an attacker on the path has seen; kept only if asked for.
  void Record() { recording_ = true; }
  const std::vector<Datagram>& recorded() const { return recorded_; }

  // Sent, forged and copied = delivered, dropped and under way.
  void CheckConservation(Findings& findings) const;
  std::uint64_t sent() const { return sent_; }

 private:
  struct Link {
    std::array<Conditions, 2> ways;
    std::array<bool, 2> in_burst{};
    bool up = true;
    Endpoint external;
  };
  struct Flight {
    Duration at{};
    std::uint64_t number = 0;  // of equal times the one sent first
    Datagram datagram;
  };
  struct Later {
    bool operator()(const Flight& a, const Flight& b) const {
      return a.at != b.at ? a.at > b.at : a.number > b.number;
    }
  };

  Link& at(std::uint32_t client, std::uint32_t link) { return links_[client][link]; }
  void Carry(Datagram datagram);
  NetFate Judge(Link& link, const Datagram& datagram);
  Duration Travel(const Conditions& conditions, const Datagram& datagram);
  void Spoil(const Conditions& conditions, Bytes& bytes);
  void Launch(Datagram datagram, Duration at);
  void Drop(const Datagram& datagram, NetFate fate);
  void Keep(const Datagram& datagram);

  Trace& trace_;
  Dice dice_;
  std::vector<std::vector<Link>> links_;
  std::vector<Flight> flights_;  // a heap
  std::uint64_t launched_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t forged_ = 0;
  std::uint64_t copied_ = 0;
  std::array<std::uint64_t, static_cast<std::size_t>(NetFate::kCount)> fates_{};
  std::uint8_t rebinds_ = 0;
  bool recording_ = false;
  std::vector<Datagram> recorded_;
  std::size_t next_record_ = 0;
};

}  // namespace jvpn::sim
