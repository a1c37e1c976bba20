// Rules between sections.
#include "absl/strings/str_cat.h"
#include "channel/worker_command.h"
#include "gateway/address_rules.h"
#include "gateway/config_sections.h"

namespace jvpn {
namespace {

// Slots of a flow index (base/ids.h).
constexpr std::uint64_t kFlowIndexSlots = 1 << 24;
// RFC 8200 5: no IPv6 link may carry less.
constexpr std::uint16_t kLeastMtuIpv6 = 1280;
// 1500 less the 80 bytes of a frame over IPv6.
constexpr std::uint16_t kGreatestMtuOverIpv6 = 1420;

std::string Quoted(const Prefix& prefix) { return absl::StrCat("\"", prefix.ToString(), "\""); }

void CheckNoOverlap(ConfigContext& context, const std::vector<Located<Prefix>>& these,
                    const std::vector<Located<Prefix>>& those) {
  for (const Located<Prefix>& a : these) {
    for (const Located<Prefix>& b : those) {
      if (!Overlap(a.value, b.value)) continue;
      context.faults.Add(a, absl::StrCat(Quoted(a.value), " overlaps ", Quoted(b.value), " of ",
                                         b.key, "; allowed: networks of their own"));
    }
  }
}

void CheckMtu(ConfigContext& context, const ConfigPositions& positions) {
  if (!positions.mtu.has_value()) return;
  if (positions.ipv6_pool.has_value() && positions.mtu->value < kLeastMtuIpv6) {
    context.faults.Add(*positions.mtu, absl::StrCat(positions.mtu->value,
                                                    " is too small for inner.ipv6_pool; allowed: ",
                                                    kLeastMtuIpv6, " and above"));
  }
  for (const Located<Prefix>& address : positions.wan_addresses) {
    if (!address.value.address.is_v6() || positions.mtu->value <= kGreatestMtuOverIpv6) continue;
    context.faults.Add(*positions.mtu,
                       absl::StrCat(positions.mtu->value, " does not fit the IPv6 address of ",
                                    address.key, "; allowed: up to ", kGreatestMtuOverIpv6));
    return;
  }
}

void CheckRouteFamilies(ConfigContext& context, const ConfigPositions& positions) {
  for (const Located<Prefix>& route : positions.routes) {
    const bool v4 = route.value.address.is_v4();
    if ((v4 ? positions.ipv4_pool : positions.ipv6_pool).has_value()) continue;
    context.faults.Add(route, absl::StrCat(Quoted(route.value),
                                           " is of a family without a pool; allowed: families of "
                                           "inner.ipv4_pool and inner.ipv6_pool"));
  }
}

void CheckTableSizes(ConfigContext& context, const ConfigPositions& positions) {
  const ControlConfig& control = context.config.control;
  const std::uint64_t flows =
      std::uint64_t{control.max_sessions} * control.transports_per_session * 2;
  if (std::bit_ceil(flows) <= kFlowIndexSlots) return;
  const auto& blamed =
      positions.max_sessions.has_value() ? positions.max_sessions : positions.transports;
  if (!blamed.has_value()) return;
  context.faults.Add(
      *blamed, absl::StrCat(control.max_sessions, " sessions of ", control.transports_per_session,
                            " transports need more flow indices than there are; allowed: "
                            "max x transports_per_session up to ",
                            kFlowIndexSlots / 2));
}

}  // namespace

void CheckAcrossSections(ConfigContext& context, const ConfigPositions& positions) {
  CheckNoOverlap(context, positions.core_addresses, positions.wan_addresses);
  for (const auto& pool : {positions.ipv4_pool, positions.ipv6_pool}) {
    if (!pool.has_value()) continue;
    CheckNoOverlap(context, {*pool}, positions.wan_addresses);
    CheckNoOverlap(context, {*pool}, positions.core_addresses);
  }
  CheckMtu(context, positions);
  CheckRouteFamilies(context, positions);
  CheckTableSizes(context, positions);
}

}  // namespace jvpn
