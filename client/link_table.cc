#include "client/link_table.h"

#include <algorithm>

namespace jvpn {
namespace {

constexpr IpFamily kFamilies[] = {IpFamily::kV4, IpFamily::kV6};

}  // namespace

LinkTable::LinkTable(const std::vector<std::string>& devices) {
  for (const std::string& device : devices) {
    uplinks_.emplace_back();
    uplinks_.back().device = device;
  }
}

LinkTable::Uplink* LinkTable::Find(std::uint32_t index) {
  const auto found = std::find_if(uplinks_.begin(), uplinks_.end(),
                                  [&](const Uplink& u) { return u.index == index; });
  return index != 0 && found != uplinks_.end() ? &*found : nullptr;
}

// Starts or restarts the settling of what is usable; what is not usable has nothing to settle.
void LinkTable::Touch(Instant now, Uplink& uplink, IpFamily family, bool changed) {
  Way& way = uplink.way(family);
  if (!Usable(uplink, family)) {
    way.settled_at.reset();
    return;
  }
  if (way.told_up && !changed) return;
  if (!way.settled_at) way.settled_at = now + kSettle;
}

void LinkTable::Reset(Uplink& uplink) {
  uplink.index = 0;
  uplink.running = false;
  for (const IpFamily family : kFamilies) {
    uplink.way(family).addresses.clear();
    uplink.way(family).settled_at.reset();
  }
}

void LinkTable::OnLink(Instant now, std::uint32_t index, const std::string& name, bool running) {
  for (Uplink& uplink : uplinks_) {
    if (uplink.index == index && uplink.device != name) Reset(uplink);  // renamed away
    if (uplink.device != name) continue;
    if (uplink.index != index) Reset(uplink);  // another device of the same name
    uplink.index = index;
    uplink.running = running;
    uplink.seen = true;
    for (const IpFamily family : kFamilies) Touch(now, uplink, family, false);
  }
}

void LinkTable::OnLinkGone(Instant, std::uint32_t index) {
  if (Uplink* uplink = Find(index)) Reset(*uplink);
}

void LinkTable::OnAddress(Instant now, std::uint32_t index, const IpAddress& address,
                          bool present) {
  Uplink* uplink = Find(index);
  if (uplink == nullptr || address.is_none()) return;
  std::set<IpAddress>& addresses = uplink->way(address.family).addresses;
  if (present && syncing_) uplink->listed.insert(address);
  const bool changed = present ? addresses.insert(address).second : addresses.erase(address) > 0;
  if (changed) Touch(now, *uplink, address.family, true);
}

void LinkTable::OnRoute(Instant now, std::uint32_t index, IpFamily family) {
  if (Uplink* uplink = Find(index)) Touch(now, *uplink, family, true);
}

void LinkTable::BeginSync() {
  syncing_ = true;
  for (Uplink& uplink : uplinks_) {
    uplink.seen = false;
    uplink.listed.clear();
  }
}

void LinkTable::EndSync(Instant now) {
  syncing_ = false;
  for (Uplink& uplink : uplinks_) {
    if (!uplink.seen) Reset(uplink);
    for (const IpFamily family : kFamilies) {
      const bool lost = std::erase_if(uplink.way(family).addresses, [&](const IpAddress& a) {
                          return !uplink.listed.contains(a);
                        }) > 0;
      if (lost) Touch(now, uplink, family, true);
    }
  }
}

std::vector<UplinkChange> LinkTable::Take(Instant now) {
  std::vector<UplinkChange> changes;
  for (std::size_t i = 0; i < uplinks_.size(); ++i) {
    for (const IpFamily family : kFamilies) {
      Way& way = uplinks_[i].way(family);
      if (way.told_up && !Usable(uplinks_[i], family)) {
        way.told_up = false;
        changes.push_back({i, family, UplinkEvent::kDown});
      } else if (way.settled_at && *way.settled_at <= now) {
        changes.push_back({i, family, way.told_up ? UplinkEvent::kNewAddress : UplinkEvent::kUp});
        way.told_up = true;
        way.settled_at.reset();
      }
    }
  }
  return changes;
}

Instant LinkTable::NextDeadline() const {
  Instant next = Instant::max();
  for (const Uplink& uplink : uplinks_) {
    for (const IpFamily family : kFamilies) {
      const Way& way = uplink.way(family);
      if (way.settled_at) next = std::min(next, *way.settled_at);
    }
  }
  return next;
}

bool LinkTable::up(std::size_t uplink, IpFamily family) const {
  return uplinks_[uplink].way(family).told_up;
}

}  // namespace jvpn
