// LinkTable: from the kernel's messages about links and addresses to the events of uplinks. Pure:
// the monitor feeds it, tests too.
//
// What goes away counts at once, because a session must leave it at once; what comes counts after
// kSettle, because a link that has just come up flaps and a new address is rarely alone.
//
// Ownership  The client loop. Bounds: the uplinks of the configuration; other links are not
// remembered.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "wire/ip_address.h"

namespace jvpn {

enum class UplinkEvent : std::uint8_t {
  kUp,
  kDown,
  kNewAddress,  // up as before, but its addresses or its way out changed
};

struct UplinkChange {
  std::size_t uplink = 0;  // position in the configuration
  IpFamily family = IpFamily::kNone;
  UplinkEvent event{};
  friend bool operator==(const UplinkChange&, const UplinkChange&) = default;
};

class LinkTable {
 public:
  static constexpr Duration kSettle = std::chrono::milliseconds(50);

  explicit LinkTable(const std::vector<std::string>& devices);

  // `running`: administratively up and with carrier.
  void OnLink(Instant now, std::uint32_t index, const std::string& name, bool running);
  void OnLinkGone(Instant now, std::uint32_t index);
  void OnAddress(Instant now, std::uint32_t index, const IpAddress& address, bool present);
  // Its default route of one family appeared or went.
  void OnRoute(Instant now, std::uint32_t index, IpFamily family);

  // A full listing follows: what it does not name is gone.
  void BeginSync();
  void EndSync(Instant now);

  // The changes that count by now, in order of uplink and family.
  std::vector<UplinkChange> Take(Instant now);
  Instant NextDeadline() const;

  // The device's present index, 0 when there is none: a socket bound to an older one is dead.
  std::uint32_t index(std::size_t uplink) const { return uplinks_[uplink].index; }
  bool up(std::size_t uplink, IpFamily family) const;

 private:
  struct Way {  // one family of one uplink
    std::set<IpAddress> addresses;
    bool told_up = false;
    std::optional<Instant> settled_at;
  };
  struct Uplink {
    std::string device;
    std::uint32_t index = 0;
    bool running = false;
    bool seen = false;  // in the present listing
    std::set<IpAddress> listed;
    Way v4;
    Way v6;
    Way& way(IpFamily family) { return family == IpFamily::kV4 ? v4 : v6; }
    const Way& way(IpFamily family) const { return family == IpFamily::kV4 ? v4 : v6; }
  };
  Uplink* Find(std::uint32_t index);
  static bool Usable(const Uplink& uplink, IpFamily family) {
    return uplink.running && !uplink.way(family).addresses.empty();
  }
  static void Touch(Instant now, Uplink& uplink, IpFamily family, bool changed);
  static void Reset(Uplink& uplink);

  std::vector<Uplink> uplinks_;
  bool syncing_ = false;
};

}  // namespace jvpn
