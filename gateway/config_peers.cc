// [[peer]]: who may open a session, with which addresses and under which policy.
#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "crypto/key_file.h"
#include "gateway/address_rules.h"
#include "gateway/config_sections.h"

namespace jvpn {
namespace {

constexpr std::size_t kMaxPeerName = 64;

// What peers before this one have taken, and who has it.
struct Taken {
  std::map<std::string, std::string> names;
  std::map<PublicKey, std::string> keys;
  std::vector<std::pair<Prefix, std::string>> sources;
};

// Takes `prefix` for `owner`; a fault when somebody has a part of it.
void TakeSource(const Located<Prefix>& prefix, const std::string& owner, Taken& taken,
                ConfigContext& context) {
  for (const auto& [other, name] : taken.sources) {
    if (!Overlap(prefix.value, other)) continue;
    context.faults.Add(
        prefix, absl::StrCat("\"", prefix.value.ToString(), "\" overlaps \"", other.ToString(),
                             "\" of peer \"", name, "\"; allowed: addresses of one peer only"));
    return;
  }
  taken.sources.emplace_back(prefix.value, owner);
}

void ReadName(SectionReader& section, ConfigContext& context, Taken& taken, PeerConfig& peer) {
  const auto name = section.Text("name");
  if (!name.has_value()) {
    if (!section.Has("name")) section.Missing("name", "a name of up to 64 bytes");
    return;
  }
  peer.name = name->value;
  if (name->value.size() > kMaxPeerName) {
    context.faults.Add(*name, absl::StrCat("is ", name->value.size(), " bytes long; allowed: 1 .. ",
                                           kMaxPeerName));
  }
  if (!taken.names.emplace(name->value, name->value).second) {
    context.faults.Add(
        *name, absl::StrCat("\"", name->value, "\" names two peers; allowed: a name of its own"));
  }
}

void ReadKeys(SectionReader& section, ConfigContext& context, Taken& taken, PeerConfig& peer) {
  constexpr char kKeyForm[] = "32 bytes in base64, as \"jvpnctl pubkey\" prints them";
  if (const auto text = section.Text("public_key"); text.has_value()) {
    const absl::StatusOr<PublicKey> key = DecodePublicKey(text->value);
    if (!key.ok()) {
      context.faults.Add(
          *text, absl::StrCat("\"", text->value, "\" is not a public key; allowed: ", kKeyForm));
    } else if (*key == context.config.control.identity.public_key) {
      context.faults.Add(*text, "is this gateway's own key; allowed: the peer's");
    } else if (const auto [other, fresh] = taken.keys.emplace(*key, peer.name); !fresh) {
      context.faults.Add(*text, absl::StrCat("is the key of peer \"", other->second,
                                             "\" too; allowed: a key of its own"));
    } else {
      peer.public_key = *key;
    }
  } else if (!section.Has("public_key")) {
    section.Missing("public_key", kKeyForm);
  }
  if (const auto path = section.Text("preshared_key_file"); path.has_value()) {
    if (const auto key = context.ReadKey(*path)) peer.preshared_key = *key;
  }
}

IpAddress ReadInnerAddress(SectionReader& section, IpFamily family,
                           const ConfigPositions& positions, Taken& taken, ConfigContext& context,
                           const std::string& owner) {
  const bool v4 = family == IpFamily::kV4;
  const MaybeLocated<Prefix>& pool = v4 ? positions.ipv4_pool : positions.ipv6_pool;
  const auto address = section.Address(v4 ? "ipv4" : "ipv6");
  if (!address.has_value()) return {};
  const std::string name = absl::StrCat("\"", address->value.ToString(), "\"");
  if (address->value.family != family) {
    context.faults.Add(*address, absl::StrCat(name, " is of the other family; allowed: an IPv",
                                              v4 ? 4 : 6, " address"));
    return {};
  }
  if (!pool.has_value()) {
    if (v4 ? positions.names_ipv4_pool : positions.names_ipv6_pool) return {};
    context.faults.Add(*address, absl::StrCat(name,
                                              " belongs to no pool; allowed: an address of "
                                              "inner.ipv",
                                              v4 ? 4 : 6, "_pool, once the file has one"));
    return {};
  }
  if (!pool->value.Contains(address->value) || IsKeptByPool(address->value, pool->value)) {
    context.faults.Add(
        *address, absl::StrCat(name, " is not a host of ", pool->key, "; allowed: a host of ",
                               pool->value.ToString(), " but the first, which is the gateway's"));
    return {};
  }
  const auto bits = static_cast<std::uint8_t>(address->value.size() * 8);
  TakeSource({Prefix{address->value, bits}, address->at, address->key}, owner, taken, context);
  return address->value;
}

void ReadAllowedSources(SectionReader& section, const ConfigPositions& positions, Taken& taken,
                        ConfigContext& context, PeerConfig& peer) {
  std::vector<Located<Prefix>> ours = positions.wan_addresses;
  ours.insert(ours.end(), positions.core_addresses.begin(), positions.core_addresses.end());
  if (positions.ipv4_pool.has_value()) ours.push_back(*positions.ipv4_pool);
  if (positions.ipv6_pool.has_value()) ours.push_back(*positions.ipv6_pool);
  for (const Located<Prefix>& source : section.Networks("allowed_sources")) {
    const auto clash = std::find_if(ours.begin(), ours.end(), [&](const Located<Prefix>& own) {
      return Overlap(own.value, source.value);
    });
    if (clash != ours.end()) {
      context.faults.Add(source, absl::StrCat("\"", source.value.ToString(), "\" overlaps \"",
                                              clash->value.ToString(), "\" of ", clash->key,
                                              "; allowed: networks behind this peer"));
      continue;
    }
    TakeSource(source, peer.name, taken, context);
    peer.allowed_sources.push_back(source.value);
  }
  if (peer.allowed_sources.size() > kMaxAllowedPrefixes) {
    section.Fault("allowed_sources",
                  absl::StrCat("names ", peer.allowed_sources.size(), " networks; allowed: 0 .. ",
                               kMaxAllowedPrefixes));
  }
}

void ReadPeerPolicy(SectionReader& section, ConfigContext& context, PeerConfig& peer) {
  const auto policy = section.Text("policy");
  if (!policy.has_value()) return;
  auto chosen = context.ProfilePolicy(policy->value);
  if (chosen == nullptr) chosen = context.ReadPolicy(*policy);
  if (chosen == nullptr) return;
  peer.policy = std::move(chosen);
  peer.policy_group = policy->value;
}

void WarnOfCandidates(const PeerConfig& peer, ConfigContext& context) {
  const std::uint32_t granted = context.config.control.transports_per_session;
  if (peer.policy->max_candidate_count + 1 <= granted) return;
  context.config.warnings.push_back(absl::StrCat(
      "peer \"", peer.name, "\": its policy allows ", peer.policy->max_candidate_count,
      " candidates, but sessions.transports_per_session = ", granted, " leaves ", granted - 1));
}

}  // namespace

void ReadPeers(std::vector<SectionReader> sections, std::shared_ptr<const Policy> policy,
               ConfigContext& context, const ConfigPositions& positions) {
  Taken taken;
  for (SectionReader& section : sections) {
    PeerConfig peer;
    peer.policy = policy;
    ReadName(section, context, taken, peer);
    ReadKeys(section, context, taken, peer);
    peer.inner_v4 = ReadInnerAddress(section, IpFamily::kV4, positions, taken, context, peer.name);
    peer.inner_v6 = ReadInnerAddress(section, IpFamily::kV6, positions, taken, context, peer.name);
    ReadAllowedSources(section, positions, taken, context, peer);
    ReadPeerPolicy(section, context, peer);
    section.Finish();
    WarnOfCandidates(peer, context);
    context.config.control.peers.push_back(std::move(peer));
  }
}

}  // namespace jvpn
