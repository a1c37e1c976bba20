#include "gateway/gateway.h"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "control/audit_events.h"
#include "control/audit_file.h"
#include "gateway/privileges.h"
#include "gateway/syscall_filter.h"
#include "gateway/time_base.h"
#include "store/node_key.h"

namespace jvpn {
namespace {

// How long an idle control loop sleeps at most: lanes do not wake it, and this is the delay that
// they may add to a switch.
constexpr std::chrono::microseconds kIdleWait{200};
constexpr std::chrono::seconds kDrainWait{1};

// What is stored is for nobody else; a folder that is there already stays as it is.
absl::Status MakeFolderOf(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (folder.empty() || !std::filesystem::create_directories(folder, error)) {
    if (!error) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat("store: cannot make the folder ", folder.string(), ": ", error.message()));
  }
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  return absl::OkStatus();
}

std::string Join(const std::vector<Prefix>& prefixes) {
  return absl::StrJoin(prefixes, " ", [](std::string* out, const Prefix& prefix) {
    out->append(prefix.ToString());
  });
}

void TellPort(const char* name, const PortDevice& device, const PortConfig& port) {
  spdlog::info("{}: {} {}, {}{}", name, device.pci.empty() ? device.vdev : device.pci,
               port.mac.ToString(), Join(port.addresses),
               device.vlan == 0 ? std::string() : absl::StrCat(", vlan ", device.vlan));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Start(GatewayConfig config) {
  std::unique_ptr<Gateway> gateway(new Gateway(std::move(config)));
  if (absl::Status status = gateway->OpenDoors(); !status.ok()) return status;
  if (absl::Status status = gateway->OpenStore(); !status.ok()) return status;
  if (absl::Status status = gateway->StartPlanes(); !status.ok()) return status;
  gateway->TellFacts();
  return gateway;
}

Gateway::Gateway(GatewayConfig config) : config_(std::move(config)) {}

Gateway::~Gateway() = default;

absl::Status Gateway::OpenDoors() {
  auto socket = AdminSocket::Listen(config_.daemon.control_socket);
  if (!socket.ok()) return socket.status();
  socket_ = *std::move(socket);
  auto file = AuditFile::Open(
      config_.daemon.audit_log, [](const std::string& sentence) { spdlog::warn("{}", sentence); },
      config_.daemon.audit_log_max_bytes);
  if (!file.ok()) return file.status();
  const AuditHead head = (*file)->head();
  persistence_.ended = (*file)->ended();
  audit_ = std::make_unique<AuditLog>(config_.control.node_id, *std::move(file), head);
  return absl::OkStatus();
}

absl::Status Gateway::OpenStore() {
  const DaemonConfig& daemon = config_.daemon;
  if (!daemon.keep_sessions) return absl::OkStatus();
  for (const std::string& path : {daemon.store_path, daemon.node_key_file}) {
    if (absl::Status status = MakeFolderOf(path); !status.ok()) return status;
  }
  auto key = ReadOrMakeNodeKey(daemon.node_key_file, random_);
  if (!key.ok()) return key.status();
  auto base = ReadTimeBase(clock_.Now());
  if (!base.ok()) return base.status();
  auto store = SqliteStore::Open(daemon.store_path);
  if (!store.ok()) return store.status();
  store_ = *std::move(store);
  persistence_.store = store_.get();
  persistence_.node_key = *key;
  persistence_.time_base = *base;
  return absl::OkStatus();
}

absl::Status Gateway::StartPlanes() {
  std::vector<Lane*> lanes;
  for (std::uint32_t w = 0; w < config_.dataplane.workers; ++w) {
    lanes_.push_back(std::make_unique<Lane>());
    lanes.push_back(lanes_.back().get());
  }
  config_.control.token_instance = random_.U64();
  config_.dataplane.token_instance = config_.control.token_instance;
  auto dataplane = Dataplane::Create(config_.dataplane, lanes);
  if (!dataplane.ok()) return dataplane.status();
  dataplane_ = *std::move(dataplane);
  config_.control.wan.mac = dataplane_->mac(PortSide::kWan);
  config_.control.core.mac = dataplane_->mac(PortSide::kCore);

  const Instant now = clock_.Now();
  OpenLog(now);
  core_ = std::make_unique<ControlCore>(config_.control, lanes, random_, *audit_, now,
                                        store_ == nullptr ? nullptr : &persistence_);
  backend_ = std::make_unique<CoreBackend>(
      *core_, *dataplane_, config_.dataplane.workers,
      AdminFacts{.version = JVPN_VERSION,
                 .node_id = config_.control.node_id,
                 .without_hugepages = dataplane_->without_hugepages()},
      now);
  methods_ = std::make_unique<AdminMethods>(
      *backend_, *audit_, [](const std::string& sentence) { spdlog::info("{}", sentence); });
  admin_ = std::make_unique<AdminServer>(std::move(socket_), *methods_, *audit_);
  if (absl::Status status = Confine(); !status.ok()) return status;
  return dataplane_->Launch([] {
    GiveUpCapabilities();
    FilterWorker();
  });
}

absl::Status Gateway::Confine() {
  const DaemonConfig& daemon = config_.daemon;
  if (daemon.user.has_value()) {
    HandOver(daemon.audit_log, *daemon.user);
    if (absl::Status status = GiveUpPrivileges(*daemon.user); !status.ok()) return status;
  }
  if (geteuid() == 0) {
    spdlog::warn("runs on as root: make a user \"{}\", or name one with gateway.user",
                 kDefaultUser);
  }
  GiveUpCapabilities();
  const std::string folder = std::filesystem::path(daemon.audit_log).parent_path().string();
  if (!folder.empty() && access(folder.c_str(), W_OK | X_OK) != 0) {
    const std::string sentence =
        absl::StrCat("the audit log's folder \"", folder,
                     "\" takes no new file of the gateway's user: the log cannot be rotated; give "
                     "the folder to that user");
    if (daemon.audit_log_max_bytes > 0) return absl::FailedPreconditionError(sentence);
    spdlog::warn("{}", sentence);
  }
  return FilterGateway();
}

void Gateway::OpenLog(Instant now) {
  audit_->Append(LogBoundary(EventType::kLogOpened, now));
  std::set<std::string> known;
  for (const PeerConfig& peer : config_.control.peers) {
    Event event = PolicyLoaded(*peer.policy, now);
    if (known.insert(event.policy_id).second) audit_->Append(event);
  }
}

void Gateway::TellFacts() const {
  const DataplaneConfig& dataplane = config_.dataplane;
  spdlog::info("jvpn-gateway {}, node {}, port {}, {} peers", JVPN_VERSION, config_.control.node_id,
               config_.control.listen_port, config_.control.peers.size());
  TellPort("wan", dataplane.wan, config_.control.wan);
  TellPort("core", dataplane.core, config_.control.core);
  if (dataplane_->without_hugepages()) {
    spdlog::info("memory: {} MiB without hugepages: right for a lab, slow in the field",
                 dataplane.memory_mib);
  } else {
    spdlog::info("memory: {} MiB of hugepages", dataplane.memory_mib);
  }
  spdlog::info("workers: {}{}, {}, {} sessions of {} transports each", dataplane.workers,
               dataplane.worker_cores.empty()
                   ? std::string()
                   : absl::StrCat(" on cores ", absl::StrJoin(dataplane.worker_cores, " ")),
               dataplane.idle == IdlePolicy::kBusy ? "busy" : "adaptive", dataplane.max_sessions,
               dataplane.transports_per_session);
  spdlog::info("control socket: {}", config_.daemon.control_socket);
  spdlog::info("audit log: {}, next line {}", config_.daemon.audit_log, audit_->next_seq());
  spdlog::info("sessions: {}", store_ == nullptr
                                   ? std::string("not kept, they end with this process")
                                   : "kept in " + config_.daemon.store_path);
  spdlog::info("ready");
}

void Gateway::Run() {
  while (!stopping_) {
    const Instant now = clock_.Now();
    bool busy = core_->Turn(now);
    audit_->Tick(FloorMs(now));
    if (core_->StoreLost() && !std::exchange(store_loss_told_, true)) {
      spdlog::error(
          "store {}: another gateway has taken it over; no switch is granted here any more",
          config_.daemon.store_path);
    }
    busy = admin_->Turn(now) || busy;
    Wait(now, busy);
    HandleSignals();
  }
  ShutDown();
}

void Gateway::Wait(Instant now, bool busy) {
  if (busy || config_.dataplane.idle == IdlePolicy::kBusy) return;
  const Duration until_due = core_->NextDeadline() - now;
  const Duration wait = std::clamp<Duration>(until_due, Duration::zero(), kIdleWait);
  const timespec timeout{.tv_sec = 0, .tv_nsec = wait.count()};
  std::array<pollfd, 2> doors{{{.fd = admin_->fd(), .events = POLLIN, .revents = 0},
                               {.fd = signals_.fd(), .events = POLLIN, .revents = 0}}};
  ppoll(doors.data(), doors.size(), &timeout, nullptr);
}

void Gateway::HandleSignals() {
  switch (signals_.Take()) {
    case StopSignals::What::kNothing:
      break;
    case StopSignals::What::kReopen:
      spdlog::info("SIGHUP: the audit log begins a new file");
      audit_->Reopen();
      break;
    case StopSignals::What::kStop:
      stopping_ = true;
      break;
  }
}

void Gateway::ShutDown() {
  const Instant begin = clock_.Now();
  if (store_ == nullptr) {
    spdlog::info("stopping: every session ends, its client is told");
    core_->TerminateAll(begin);
  } else {
    spdlog::info("stopping: sessions stay in the store");
    core_->CloseDoors();
  }
  Instant now = begin;
  for (bool busy = true;
       (busy || !LanesDrained() || !core_->Stored()) && now - begin < kDrainWait;) {
    now = clock_.Now();
    busy = core_->Turn(now);
  }
  if (!core_->Stored())
    spdlog::error("the store did not take everything; the last changes are lost");
  dataplane_->Stop();
  audit_->Tick(FloorMs(now));
  audit_->Append(LogBoundary(EventType::kLogClosed, now));
  if (const std::uint64_t left = audit_->Stop(); left > 0) {
    spdlog::error("{} audit lines could not be written", left);
  }
  spdlog::info("stopped");
}

bool Gateway::LanesDrained() const {
  return std::all_of(lanes_.begin(), lanes_.end(),
                     [](const auto& lane) { return lane->commands.Empty(); });
}

}  // namespace jvpn
