#include "gateway/config_sections.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"

namespace jvpn {
namespace {

constexpr char kNodeIdForm[] = "1 to 64 letters, digits, '.', '_' and '-'";
constexpr char kSuiteWords[] = "\"aes128gcm\", \"aes256gcm\", \"chacha20poly1305\"";
// sun_path holds 108 bytes with its terminator.
constexpr std::size_t kMaxSocketPath = 107;
constexpr std::int64_t kMaxAuditMib = 1 << 20;
constexpr std::int64_t kMaxSessionsPerWorker = 1 << 20;

bool IsNodeId(const std::string& text) {
  return text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

void ReadSuites(SectionReader& section, ConfigContext& context) {
  std::vector<Suite> suites;
  for (const Located<std::string>& name : section.Texts("suites")) {
    const auto suite = SuiteFromName(name.value);
    if (!suite.has_value()) {
      context.faults.Add(name,
                         absl::StrCat("\"", name.value, "\" is not known; allowed: ", kSuiteWords));
    } else if (std::find(suites.begin(), suites.end(), *suite) != suites.end()) {
      context.faults.Add(name, absl::StrCat("\"", name.value, "\" stands twice; allowed: once"));
    } else {
      suites.push_back(*suite);
    }
  }
  if (!suites.empty()) {
    context.config.control.suites = std::move(suites);
  } else if (section.Has("suites")) {
    section.Fault("suites", absl::StrCat("names no suite; allowed: some of ", kSuiteWords));
  }
}

void ReadUser(SectionReader& section, ConfigContext& context) {
  std::optional<User>& user = context.config.daemon.user;
  const auto name = section.Text("user");
  if (!name.has_value()) {
    if (!section.Has("user")) user = FindUser(kDefaultUser);
    return;
  }
  user = FindUser(name->value);
  if (!user.has_value()) {
    context.faults.Add(*name, absl::StrCat("\"", name->value,
                                           "\" is no user of this machine; allowed: a user, made "
                                           "by \"useradd --system ",
                                           name->value, "\" for one"));
  }
}

}  // namespace

void ReadGatewaySection(SectionReader section, ConfigContext& context) {
  ControlConfig& control = context.config.control;
  DaemonConfig& daemon = context.config.daemon;
  if (const auto node_id = section.Text("node_id"); node_id.has_value()) {
    control.node_id = node_id->value;
    if (!IsNodeId(node_id->value)) {
      context.faults.Add(*node_id, absl::StrCat("\"", node_id->value,
                                                "\" is not a node name; allowed: ", kNodeIdForm));
    }
  } else if (!section.Has("node_id")) {
    section.Missing("node_id", kNodeIdForm);
  }
  if (const auto path = section.Text("private_key_file"); path.has_value()) {
    if (const auto key = context.ReadKey(*path)) control.identity = KeyPair::FromSecret(*key);
  } else if (!section.Has("private_key_file")) {
    section.Missing("private_key_file", "a file made by \"jvpnctl genkey\"");
  }
  if (const auto port = section.Integer("listen_port", 1, 65535); port.has_value()) {
    control.listen_port = static_cast<std::uint16_t>(port->value);
  }
  context.config.dataplane.listen_port = control.listen_port;
  if (const auto path = section.Text("control_socket"); path.has_value()) {
    daemon.control_socket = context.Resolve(path->value);
    if (daemon.control_socket.size() > kMaxSocketPath) {
      context.faults.Add(*path, absl::StrCat("is ", daemon.control_socket.size(),
                                             " bytes long; allowed: 1 .. ", kMaxSocketPath));
    }
  }
  if (const auto path = section.Text("audit_log"); path.has_value()) {
    daemon.audit_log = context.Resolve(path->value);
  }
  if (const auto mib = section.Integer("audit_log_max_mib", 0, kMaxAuditMib); mib.has_value()) {
    daemon.audit_log_max_bytes = static_cast<std::uint64_t>(mib->value) << 20;
  }
  ReadUser(section, context);
  ReadSuites(section, context);
  section.Finish();
}

void ReadCpuSection(SectionReader section, ConfigContext& context) {
  DataplaneConfig& dataplane = context.config.dataplane;
  if (const auto workers = section.Integer("workers", 1, kMaxWorkers); workers.has_value()) {
    dataplane.workers = static_cast<std::uint32_t>(workers->value);
  }
  for (const Located<std::int64_t>& core : section.Integers("worker_cores", 0, 1023)) {
    const auto cpu = static_cast<std::uint32_t>(core.value);
    auto& cores = dataplane.worker_cores;
    if (std::find(cores.begin(), cores.end(), cpu) != cores.end()) {
      context.faults.Add(core, absl::StrCat(cpu, " stands twice; allowed: one worker a core"));
    } else {
      cores.push_back(cpu);
    }
  }
  if (!dataplane.worker_cores.empty() && dataplane.worker_cores.size() != dataplane.workers) {
    section.Fault("worker_cores",
                  absl::StrCat("names ", dataplane.worker_cores.size(), " cores for ",
                               dataplane.workers, " workers; allowed: one a worker, or none"));
  }
  if (const auto idle = section.Choice("idle", {"busy", "adaptive"}); idle.has_value()) {
    dataplane.idle = idle->value == "busy" ? IdlePolicy::kBusy : IdlePolicy::kAdaptive;
  }
  section.Finish();
}

void ReadMemorySection(SectionReader section, ConfigContext& context) {
  DataplaneConfig& dataplane = context.config.dataplane;
  if (const auto pages = section.Choice("hugepages", {"auto", "on", "off"}); pages.has_value()) {
    dataplane.hugepages = pages->value == "auto" ? Hugepages::kAuto
                          : pages->value == "on" ? Hugepages::kOn
                                                 : Hugepages::kOff;
  }
  if (const auto mib = section.Integer("megabytes", 16, 1 << 20); mib.has_value()) {
    dataplane.memory_mib = static_cast<std::uint32_t>(mib->value);
  }
  section.Finish();
}

void ReadDpdkSection(SectionReader section, ConfigContext& context) {
  for (const Located<std::string>& argument : section.Texts("extra_eal")) {
    context.config.dataplane.extra_eal.push_back(argument.value);
  }
  if (const auto prefix = section.Text("file_prefix"); prefix.has_value()) {
    context.config.dataplane.file_prefix = prefix->value;
    if (!IsNodeId(prefix->value)) {
      context.faults.Add(
          *prefix,
          absl::StrCat("\"", prefix->value, "\" cannot be in a file name; allowed: ", kNodeIdForm));
    }
  }
  section.Finish();
}

void ReadStoreSection(SectionReader section, ConfigContext& context) {
  DaemonConfig& daemon = context.config.daemon;
  if (const auto kind = section.Choice("kind", {"sqlite", "none"}); kind.has_value()) {
    daemon.keep_sessions = kind->value == "sqlite";
  }
  if (const auto path = section.Text("path"); path.has_value()) {
    daemon.store_path = context.Resolve(path->value);
  }
  if (const auto path = section.Text("node_key_file"); path.has_value()) {
    daemon.node_key_file = context.Resolve(path->value);
  }
  for (const char* key : {"path", "node_key_file"}) {
    if (daemon.keep_sessions || !section.Has(key)) continue;
    section.Fault(key, "stands beside store.kind = \"none\"; allowed: only with \"sqlite\"");
  }
  section.Finish();
}

void ReadSessionsSection(SectionReader section, ConfigContext& context,
                         ConfigPositions& positions) {
  positions.max_sessions = section.Integer("max", 1, kMaxSessionsPerWorker);
  if (const auto& max = positions.max_sessions; max.has_value()) {
    const auto sessions = static_cast<std::uint32_t>(max->value);
    if (!std::has_single_bit(sessions)) {
      context.faults.Add(*max,
                         absl::StrCat(sessions, " is not a power of two; allowed: ",
                                      std::bit_floor(sessions), " or ", std::bit_ceil(sessions)));
    }
    context.config.control.max_sessions = sessions;
    context.config.dataplane.max_sessions = sessions;
  }
  positions.transports = section.Integer("transports_per_session", 1, kMaxTransports);
  if (const auto& transports = positions.transports; transports.has_value()) {
    const auto count = static_cast<std::uint32_t>(transports->value);
    context.config.control.transports_per_session = count;
    context.config.dataplane.transports_per_session = count;
  }
  section.Finish();
}

std::shared_ptr<const Policy> ReadPolicySection(SectionReader section, ConfigContext& context) {
  const auto profile = section.Choice("profile", {"reference", "default", "fast"});
  const auto file = section.Text("file");
  section.Finish();
  std::shared_ptr<const Policy> policy;
  if (section.Has("profile") && section.Has("file")) {
    section.Fault("file", "stands beside policy.profile; allowed: one of the two");
  } else if (file.has_value()) {
    policy = context.ReadPolicy(*file);
  } else if (profile.has_value()) {
    policy = context.ProfilePolicy(profile->value);
  }
  return policy != nullptr ? policy : context.ProfilePolicy("default");
}

}  // namespace jvpn
