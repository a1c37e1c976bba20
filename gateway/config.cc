#include "gateway/config.h"

#include <toml++/toml.h>

#include "absl/strings/str_cat.h"
#include "base/text_file.h"
#include "gateway/config_sections.h"

namespace jvpn {
namespace {

void ReadSections(SectionReader& root, ConfigContext& context) {
  ConfigPositions positions;
  ReadGatewaySection(root.Section("gateway"), context);
  ReadCpuSection(root.Section("cpu"), context);
  ReadMemorySection(root.Section("memory"), context);
  ReadDpdkSection(root.Section("dpdk"), context);
  ReadStoreSection(root.Section("store"), context);
  positions.wan_addresses = ReadPortSection(root.Section("wan"), PortSide::kWan, context);
  positions.core_addresses = ReadPortSection(root.Section("core"), PortSide::kCore, context);
  ReadInnerSection(root.Section("inner"), context, positions);
  ReadSessionsSection(root.Section("sessions"), context, positions);
  auto policy = ReadPolicySection(root.Section("policy"), context);
  ReadPeers(root.Sections("peer"), std::move(policy), context, positions);
  root.Finish();
  CheckAcrossSections(context, positions);
}

}  // namespace

std::variant<GatewayConfig, GatewayConfigFaults> ParseGatewayConfig(
    const std::string& text, const std::string& source_name) {
  toml::table table;
  try {
    table = toml::parse(std::string_view(text), std::string_view(source_name));
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    return GatewayConfigFaults{absl::StrCat(source_name, ":", begin.line, ":", begin.column,
                                            ": syntax: ", std::string(error.description()))};
  }
  FaultList faults(source_name);
  ConfigContext context(source_name, faults);
  SectionReader root(table, faults);
  ReadSections(root, context);
  if (!faults.empty()) return faults.Lines();
  return std::move(context.config);
}

std::variant<GatewayConfig, GatewayConfigFaults> ReadGatewayConfig(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadTrustedFile(path);
  if (!text.ok()) return GatewayConfigFaults{std::string(text.status().message())};
  return ParseGatewayConfig(*text, path);
}

}  // namespace jvpn
