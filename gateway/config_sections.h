// The readers of the file's sections, one function a section; config.cc calls them in order.
#pragma once

#include "gateway/config_context.h"
#include "gateway/config_reader.h"

namespace jvpn {

// Where values stand that rules between sections look at.
struct ConfigPositions {
  std::vector<Located<Prefix>> wan_addresses;
  std::vector<Located<Prefix>> core_addresses;
  MaybeLocated<Prefix> ipv4_pool;
  MaybeLocated<Prefix> ipv6_pool;
  // A pool that is named but faulty is no reason to blame what refers to it.
  bool names_ipv4_pool = false;
  bool names_ipv6_pool = false;
  MaybeLocated<std::int64_t> mtu;
  std::vector<Located<Prefix>> routes;
  MaybeLocated<std::int64_t> max_sessions;
  MaybeLocated<std::int64_t> transports;
};

void ReadGatewaySection(SectionReader section, ConfigContext& context);
void ReadCpuSection(SectionReader section, ConfigContext& context);
void ReadMemorySection(SectionReader section, ConfigContext& context);
void ReadStoreSection(SectionReader section, ConfigContext& context);
void ReadDpdkSection(SectionReader section, ConfigContext& context);
// [wan] and [core]; returns the addresses, for the rules between sections.
std::vector<Located<Prefix>> ReadPortSection(SectionReader section, PortSide side,
                                             ConfigContext& context);
void ReadInnerSection(SectionReader section, ConfigContext& context, ConfigPositions& positions);
void ReadSessionsSection(SectionReader section, ConfigContext& context, ConfigPositions& positions);
// The policy of peers that name none; never null.
std::shared_ptr<const Policy> ReadPolicySection(SectionReader section, ConfigContext& context);
void ReadPeers(std::vector<SectionReader> sections, std::shared_ptr<const Policy> policy,
               ConfigContext& context, const ConfigPositions& positions);

// Rules between sections: overlapping networks, MTU against families, table sizes.
void CheckAcrossSections(ConfigContext& context, const ConfigPositions& positions);

}  // namespace jvpn
